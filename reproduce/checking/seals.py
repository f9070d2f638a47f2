"""Checksums in the manifest show which rows were changed after they were written.

The entry of each run carries

    "seal": {"version": 1, "runs": 21, "rows": 27, "rows_sha256": ..., "entry_sha256": ...}

`rows_sha256` covers the run's rows in the CSV, cell by cell as written. It leaves out empty cells,
because columns of other runs may come and go. It leaves out the column `experiment`, because files
share runs. `entry_sha256` covers the rest of the entry: configuration, data, versions. `runs`
counts the entries of the manifest, so that a missing one is noticed. Seals guard against accidents
and edits. They do not stop a person who seals changed rows again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from figures.results.schema import RUN_KEY

SEAL = "seal"
VERSION = 1
_LEFT_OUT = ("experiment",)
Row = Mapping[str, Any]


def run_of(row: Row) -> tuple[str, ...]:
    """Which run a row, or an entry, is of: the text of the columns `RUN_KEY`."""
    return tuple(str(row[name]) for name in RUN_KEY)


def sealed(entries: Sequence[Mapping[str, Any]], rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The entries, each with the seal of its run's rows, whatever seals they had."""
    mine: dict[tuple[str, ...], list[Row]] = {run_of(entry): [] for entry in entries}
    for row in rows:
        mine[run_of(row)].append(row)
    return [
        _bare(entry) | {SEAL: _seal(entry, mine[run_of(entry)], len(entries))} for entry in entries
    ]


def breaches(
    entries: Sequence[Mapping[str, Any]], rows: Mapping[tuple[str, ...], Sequence[Row]]
) -> Iterator[tuple[int, str]]:
    """(index of an entry, what of it is not as it was sealed).

    Args:
        entries: of a manifest, each with the columns of the key.
        rows: of the CSV beside it, by run.
    """
    counted = False
    for number, entry in enumerate(entries):
        seal = entry.get(SEAL)
        if seal is None:
            yield number, "has no seal, which collecting writes"
            continue
        now = _seal(entry, rows.get(run_of(entry), ()), len(entries))
        if not isinstance(seal, dict) or seal.keys() != now.keys():
            yield number, "has a seal of another kind than this version of the code writes"
            continue
        if seal["runs"] != now["runs"] and not counted:
            counted = True
            yield number, f"was sealed as one of {seal['runs']} runs, but {now['runs']} are there"
        if seal["entry_sha256"] != now["entry_sha256"]:
            yield number, "is not as it was sealed: configuration, data or versions were changed"
        elif seal["rows"] != now["rows"]:
            yield number, f"was sealed with {seal['rows']} rows, but the CSV has {now['rows']}"
        elif seal["rows_sha256"] != now["rows_sha256"]:
            yield number, "was sealed with other rows: the CSV was changed"


def _bare(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != SEAL}


def _seal(entry: Mapping[str, Any], rows: Sequence[Row], runs: int) -> dict[str, Any]:
    return {
        "version": VERSION,
        "runs": runs,
        "rows": len(rows),
        "rows_sha256": _sha256("\n".join(sorted(_line(row) for row in rows))),
        "entry_sha256": _sha256(json.dumps(_bare(entry), sort_keys=True)),
    }


def _line(row: Row) -> str:
    cells = {name: "" if value is None else str(value) for name, value in row.items()}
    kept = {name: text for name, text in cells.items() if text and name not in _LEFT_OUT}
    return json.dumps(kept, sort_keys=True)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
