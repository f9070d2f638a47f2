"""From run folders to one tidy CSV, and the manifest that says what made it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from figures.experiments import grids
from figures.results.cells import ResultsError, read_cells
from figures.results.manifest import manifest_of
from figures.results.schema import RUN_KEY
from reproduce.checking.reader import Examined, checked
from reproduce.checking.seals import run_of, sealed
from reproduce.commandline.files import write_pair
from reproduce.runs.folder import RunFolder, differences
from reproduce.runs.resolved import resolved
from reproduce.specs.grid import RunSpec

IDENTITY = ("experiment", *RUN_KEY, "status", "data_checksum", "commit", "version")


def collect(experiment: str, specs: Sequence[RunSpec], out: Path) -> tuple[Path, list[str]]:
    """Bring `<out>/<experiment>.csv` and `<experiment>.manifest.json` up to date with the runs.

    Unfinished and failed runs are in the CSV too. The column `status` gives their state. Rows of
    runs outside `specs` stay, so a figure can be made piece by piece. A run that is made again
    keeps its finished rows until it is finished again, so nothing is lost. Every entry of the
    manifest is sealed (`checking.seals`). Returns the path of the CSV, and the runs that have no
    row yet.

    Raises:
        ResultsError: the present files are not in order. Nothing is changed then.
    """
    out.mkdir(parents=True, exist_ok=True)
    with FileLock(out / f".{experiment}.lock"):
        return _collect(experiment, specs, out)


def _collect(experiment: str, specs: Sequence[RunSpec], out: Path) -> tuple[Path, list[str]]:
    path = out / f"{experiment}.csv"
    old_rows, old_manifest = standing(path)
    finished_before = {run_of(row) for row in old_rows if row["status"] == "done"}
    rows: list[dict[str, Any]] = []
    manifest: list[dict[str, Any]] = []
    missing: list[str] = []
    for spec in specs:
        folder = RunFolder(spec.folder(out))
        progress, state = folder.rows(), folder.state()
        if not progress:
            missing.append(f"{spec} ({state})")
        if not (folder.path / "config.json").exists():
            continue
        if state != "done" and _key_of(spec) in finished_before:
            continue
        same = _identity(experiment, spec, state, folder.config())
        rows += [same | row for row in progress]
        reason = {"reason": folder.failure()} if state == "failed" else {}
        manifest.append({name: same[name] for name in RUN_KEY} | reason | folder.config())
    fresh = {run_of(entry) for entry in manifest}
    rows = [row for row in old_rows if run_of(row) not in fresh] + rows
    manifest = [entry for entry in old_manifest if run_of(entry) not in fresh] + manifest
    if rows:
        _write(path, rows, manifest)
    return path, missing


def _write(
    path: Path, rows: Sequence[Mapping[str, Any]], manifest: Sequence[Mapping[str, Any]]
) -> None:
    entries = sealed(sorted(manifest, key=run_of), rows)
    write_pair(path, sorted(rows, key=_order), IDENTITY, manifest_of(path), entries)


def standing(path: Path) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    """Return the rows of a results file and the entries of its manifest; none without a file.

    Raises:
        ResultsError: they are not in order, or one of the two is missing.
    """
    if path.exists():
        examined = _checked(path, _stamp(path), _stamp(manifest_of(path)))
        return list(examined.cells.rows), list(examined.entries)
    if (manifest := manifest_of(path)).exists():
        raise ResultsError(
            f"{manifest}: lies there without {path.name}; put that file back (git, a copy), or "
            "move the manifest away"
        )
    return [], []


@lru_cache(maxsize=8)
def _checked(path: Path, *_: object) -> Examined:
    """`checked`, once for each state of the files: a plan asks for the same tables often."""
    return checked(path)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes whenever a file is written anew; None without a file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def refuse_other_preset(out: Path, preset: str) -> None:
    """Refuse a results folder that holds another preset.

    Presets differ in networks and budgets, but share the names of folders and files. Each preset
    therefore needs a results folder of its own.

    Raises:
        ResultsError: rows or runs of another preset are in `out`.
    """
    for path in sorted(out.glob("*.csv")):
        if path.stem not in (*grids(), "experts"):
            continue
        found = set(read_cells(path).frame.get("preset", ())) - {preset}
        if found:
            raise ResultsError(_mixed(path, found.pop(), preset, out))
    for config in sorted(out.glob("runs/*/*/*/*/config.json")):
        try:
            found_in_run = json.loads(config.read_text())["identity"]["spec"]["preset"]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # whoever reads a damaged run refuses or skips it
        if found_in_run != preset:
            raise ResultsError(_mixed(config, found_in_run, preset, out))


def _mixed(path: Path, found: str, preset: str, out: Path) -> str:
    return (
        f"{path}: is of preset {found}, and a folder holds one preset; "
        f"give --preset {found}, or another --out than {out} for {preset}"
    )


def recorded(experiment: str, specs: Sequence[RunSpec], out: Path) -> set[RunSpec]:
    """Find runs that have finished rows in the table but no folder, e.g. from the repository.

    They count as done if the manifest shows the same configuration. The prior data is not compared:
    its last bits may differ on another kind of processor, such as ARM. The column `data_checksum`
    shows such a difference.

    Raises:
        ResultsError: the table or its manifest is not in order.
    """
    return _recorded_in(out / f"{experiment}.csv", specs, out)


def recorded_beside(experiment: str, specs: Sequence[RunSpec], out: Path) -> dict[RunSpec, Path]:
    """Find runs that have finished rows in another experiment's table of the folder alone.

    Such a run is that of this experiment too: experiments of one folder share the folders of runs.
    It counts as done under the conditions of `recorded`. Returns the table that has each. A table
    of others that is not in order is passed over, and a line on stderr says so.

    Raises:
        ResultsError: the experiment's own table or its manifest is not in order.
    """
    own = recorded(experiment, specs, out)
    found: dict[RunSpec, Path] = {}
    for name in grids():
        left = [spec for spec in specs if spec not in own and spec not in found]
        if name != experiment and left:
            path = out / f"{name}.csv"
            try:
                found |= dict.fromkeys(_recorded_in(path, left, out), path)
            except ResultsError as error:
                told = f"note: no run of {experiment} is taken from {path}"
                print(f"{told}, which is not in order: {error}", file=sys.stderr)
    return found


def adopt(experiment: str, found: Mapping[RunSpec, Path], out: Path) -> None:
    """Copy the runs that `recorded_beside` found into the experiment's own table and manifest.

    Rows stay as they are but for the column `experiment`, so that both tables tell the run alike.

    Raises:
        ResultsError: a table or its manifest is not in order. Nothing is changed then.
    """
    if not found:
        return
    path = out / f"{experiment}.csv"
    with FileLock(out / f".{experiment}.lock"):
        rows: list[Mapping[str, Any]] = []
        manifest: list[Mapping[str, Any]] = []
        for other in dict.fromkeys(found.values()):
            keys = {_key_of(spec) for spec, where in found.items() if where == other}
            theirs, entries = standing(other)
            rows += [row | {"experiment": experiment} for row in theirs if run_of(row) in keys]
            manifest += [entry for entry in entries if run_of(entry) in keys]
        fresh = {run_of(entry) for entry in manifest}
        own_rows, own_manifest = standing(path)
        rows += [row for row in own_rows if run_of(row) not in fresh]
        manifest += [entry for entry in own_manifest if run_of(entry) not in fresh]
        _write(path, rows, manifest)


def _recorded_in(path: Path, specs: Sequence[RunSpec], out: Path) -> set[RunSpec]:
    """The specs that have finished rows of their configuration in a table, but no folder."""
    rows, entries = standing(path)
    done = {run_of(row) for row in rows if row["status"] == "done"}
    made = {run_of(entry): entry["identity"] for entry in entries}
    found = set()
    for spec in specs:
        key = _key_of(spec)
        if key not in done or key not in made or (spec.folder(out) / "config.json").exists():
            continue
        before = {name: value for name, value in made[key].items() if name != "data"}
        if not differences(before, resolved(spec).identity):
            found.add(spec)
    return found


def _key_of(spec: RunSpec) -> tuple[str, ...]:
    return tuple(str(getattr(spec, name)) for name in RUN_KEY)


def _order(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return (*(str(row[name]) for name in RUN_KEY[:-1]), int(row["seed"]), int(row["env_step"]))


def _identity(experiment: str, spec: RunSpec, state: str, config: dict[str, Any]) -> dict[str, Any]:
    environment = config["environment"]
    return {
        "experiment": experiment,
        "preset": spec.preset,
        "profile": spec.profile,
        "env": spec.env,
        "method": spec.method,
        "variant": spec.variant,
        "data": spec.data,
        "data_checksum": config["identity"]["data"]["checksum"][:16],
        "labels": spec.labels,
        "seed": spec.seed,
        "status": state if state in ("done", "failed") else "running",
        "commit": environment["commit"],
        "version": environment["versions"]["awac-reproduction"],
        "numbers_version": environment.get("numbers_version"),
        "observations": _observations(config),
    }


def _observations(config: dict[str, Any]) -> str:
    """How the demonstrations' observations were made; empty for a run without demonstrations.

    Runs from before demonstrations were replayed have no entry either.
    """
    demonstrations = config["identity"]["data"].get("demonstrations", {})
    found = demonstrations.get("observations", "") if demonstrations.get("trajectories") else ""
    return str(found)
