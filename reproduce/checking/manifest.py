"""The manifest beside a results file, against its rows. Needs neither torch nor a simulator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from figures.results.cells import Cells, restore
from figures.results.manifest import manifest_of
from figures.results.schema import RUN_KEY
from figures.results.validation import Problem, named
from reproduce.checking.evaluations import departures
from reproduce.checking.seals import breaches, run_of

_PARTS: Mapping[str, type] = {
    "identity.spec": dict,
    "identity.method": dict,
    "identity.hyperparameters": dict,
    "identity.schedule": dict,
    "identity.data.checksum": str,
    "environment.commit": str,
    "environment.versions": dict,
}

_VERSION_OF = "awac-reproduction"


def manifest_problems(cells: Cells, entries: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """What is wrong with the manifest of a file of rows that itself agrees with the schema.

    Every run with rows has one entry, which is whole, is as it was sealed, and says of the run what
    the rows say: commit, version, checksum of the data, state, and when it is evaluated.
    """
    path = manifest_of(cells.path)
    if wrong := list(_entries(path, entries)):
        return wrong
    wrong = list(_runs(cells, path, entries))
    told = {problem.run for problem in wrong}  # a broken seal says less
    return wrong + [each for each in _seals(cells, path, entries) if each.run not in told]


def _entries(path: Path, entries: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Each entry for itself."""
    seen: set[tuple[str, ...]] = set()
    for number, entry in enumerate(entries):
        lacking = [name for name in RUN_KEY if not isinstance(entry.get(name), str | int)]
        lacking += [name for name, kind in _PARTS.items() if not isinstance(_at(entry, name), kind)]
        if lacking:
            yield _about(path, number, entry, f"lacks {', '.join(lacking)}")
            continue
        if run_of(entry) in seen:
            yield _about(path, number, entry, "is there twice")
        seen.add(run_of(entry))
        spec = entry["identity"]["spec"]
        for name in RUN_KEY:  # `variant` is made of others in spec
            if name != "variant" and str(spec.get(name)) != str(entry[name]):
                complaint = f"has {name} '{entry[name]}', but identity.spec '{spec.get(name)}'"
                yield _about(path, number, entry, complaint)


def _seals(cells: Cells, path: Path, entries: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    rows = {run: [cells.rows[n] for n in numbers] for run, numbers in _by_run(cells).items()}
    for number, complaint in breaches(entries, rows):
        yield _about(path, number, entries[number], complaint)


def _runs(cells: Cells, path: Path, entries: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Each run with rows against its entry."""
    found = {run_of(entry): number for number, entry in enumerate(entries)}
    for run, numbers in _by_run(cells).items():
        rows = {number: cells.rows[number] for number in numbers}
        if run not in found:
            yield _in_row(cells, numbers[0], "", f"has rows, but no entry in {path.name}")
            continue
        entry = entries[found[run]]
        yield from _state(cells, numbers[0], entry, path)
        try:
            for number, column, complaint in departures(rows, entry["identity"]):
                yield _in_row(cells, number, column, complaint)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            complaint = f"has a configuration that says no schedule ({error})"
            yield _about(path, found[run], entry, complaint)


def _by_run(cells: Cells) -> dict[tuple[str, ...], list[int]]:
    """Numbers of the rows of each run, in the order of the file."""
    numbers: dict[tuple[str, ...], list[int]] = {}
    for number, row in enumerate(cells.rows):
        numbers.setdefault(run_of(row), []).append(number)
    return numbers


def _state(cells: Cells, number: int, entry: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    row = cells.rows[number]
    expected = {
        "commit": entry["environment"]["commit"],
        "version": str(entry["environment"]["versions"].get(_VERSION_OF, "")),
        "data_checksum": entry["identity"]["data"]["checksum"][:16],
    }
    numbers = entry["environment"].get("numbers_version")
    if "numbers_version" in row:
        expected["numbers_version"] = "" if numbers is None else str(numbers)
    for name, value in expected.items():
        if row[name] != value:
            yield _in_row(cells, number, name, f"is '{value}' in {path.name}")
    if (row["status"] == "failed") != ("reason" in entry):
        says = "a reason of failure" if "reason" in entry else "no reason of failure"
        yield _in_row(cells, number, "status", f"goes with {says} in {path.name}")


def _in_row(cells: Cells, number: int, column: str, complaint: str) -> Problem:
    row = cells.rows[number]
    line, fix = int(cells.lines[number]), restore(cells.path)
    value = row[column] if column else None
    return Problem(cells.path, line, column, value, complaint, fix, named(row))


def _about(path: Path, number: int, entry: Mapping[str, Any], complaint: str) -> Problem:
    run = named({name: entry.get(name, "?") for name in RUN_KEY})
    return Problem(path, 0, f"entry {number + 1}", None, complaint, restore(path), run)


def _at(entry: Mapping[str, Any], dotted: str) -> Any:
    """What stands at a path such as `identity.data.checksum`; None if nothing does."""
    value: Any = entry
    for name in dotted.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
