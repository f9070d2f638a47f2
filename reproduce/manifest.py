"""The manifest beside a results file, against its rows. Needs neither torch nor a simulator."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from figures.cells import Cells, command_for
from figures.manifest import manifest_of
from figures.validation import RUN_KEY, Problem

_PARTS = ("identity.spec", "identity.method", "identity.hyperparameters", "identity.schedule",
          "identity.data.checksum", "environment.commit", "environment.versions")  # fmt: skip
_VERSION_OF = "awac-reproduction"


def manifest_problems(cells: Cells) -> list[Problem]:
    """What is wrong with the manifest of a file of rows that itself agrees with the schema.

    Every run with rows has one entry, which is whole and says of the run what the rows say: commit,
    version, checksum of the data, state, and where a finished run ends.
    """
    path = manifest_of(cells.path)
    again = f"write both files again with `{command_for(cells.path)}`"
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise ValueError("not a list of objects")
    except FileNotFoundError:
        return [Problem(path, 0, "", None, "is missing, so that nothing says what made it", again)]
    except ValueError as error:  # JSON's and UTF-8's errors are such
        return [Problem(path, 0, "", None, f"is not a manifest ({error})", again)]
    return list(_against(cells, path, entries, again))


def _against(
    cells: Cells, path: Path, entries: list[dict[str, Any]], again: str
) -> Iterator[Problem]:
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for number, entry in enumerate(entries, 1):
        key = tuple(str(entry.get(name, "?")) for name in RUN_KEY)
        where = f"entry {number} ({_named(key)})"
        lacking = [name for name in (*RUN_KEY, *_PARTS) if _at(entry, name) is None]
        if lacking:
            yield Problem(path, 0, where, None, f"lacks {', '.join(lacking)}", again)
        elif key in found:
            yield Problem(path, 0, where, None, "is there twice", again)
        else:
            yield from _inside(path, where, entry, again)
        found[key] = entry
    for key, rows in cells.frame.groupby(list(RUN_KEY), sort=False):
        line = int(cells.lines[int(rows.index[0])])
        entry = found.get(tuple(map(str, key)))
        if entry is None:
            complaint = f"has rows, but no entry in {path.name}"
            yield Problem(cells.path, line, "", None, f"{_named(key)} {complaint}", again)
        else:
            yield from _run(cells, rows, entry, path, again)


def _inside(path: Path, where: str, entry: Mapping[str, Any], again: str) -> Iterator[Problem]:
    """An entry says twice what its run is, and must say the same."""
    spec = entry["identity"]["spec"]
    for name in RUN_KEY:
        if name != "variant" and str(spec.get(name)) != str(entry[name]):  # made of others in spec
            complaint = f"has {name} '{entry[name]}', but identity.spec '{spec.get(name)}'"
            yield Problem(path, 0, where, None, complaint, again)


def _run(
    cells: Cells, rows: pd.DataFrame, entry: Mapping[str, Any], path: Path, again: str
) -> Iterator[Problem]:
    first = rows.iloc[0]
    line = int(cells.lines[int(rows.index[0])])
    expected = {
        "commit": _at(entry, "environment.commit"),
        "version": (_at(entry, "environment.versions") or {}).get(_VERSION_OF, ""),
        "data_checksum": str(_at(entry, "identity.data.checksum"))[:16],
    }
    for name, value in expected.items():
        if value is not None and str(first[name]) != str(value):
            complaint = f"is '{value}' in {path.name}"
            yield Problem(cells.path, line, name, str(first[name]), complaint, again)
    if (first["status"] == "failed") != ("reason" in entry):
        says = "a reason of failure" if "reason" in entry else "no reason of failure"
        complaint = f"goes with {says} in {path.name}"
        yield Problem(cells.path, line, "status", str(first["status"]), complaint, again)
    end, last = _at(entry, "identity.schedule.online_steps"), rows["env_step"].astype(int).max()
    if first["status"] == "done" and end is not None and last != end:
        row = int(rows["env_step"].astype(int).idxmax())
        complaint = f"is where a finished run ends, whose schedule ends at {end}"
        yield Problem(cells.path, int(cells.lines[row]), "env_step", str(last), complaint, again)


def _at(entry: Mapping[str, Any], dotted: str) -> Any:
    """What stands at a path such as `identity.data.checksum`; None if nothing does."""
    value: Any = entry
    for name in dotted.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _named(key: Any) -> str:
    """The run as people call it; `key` has the order of RUN_KEY."""
    run = dict(zip(RUN_KEY, key, strict=True))
    method = f"{run['method']} [{run['variant']}]" if run["variant"] else run["method"]
    return f"{run['env']} {method} seed {run['seed']}, {run['data']} data"
