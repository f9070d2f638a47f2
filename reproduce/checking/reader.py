"""The one reader of results: for checking, drawing and exporting them, and for going on with them.

Whatever it lets through is in order by the schema, by what values mean, by the manifest, its seals
and its schedules. It reads and refuses; it never changes a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figures.results.cells import Cells, ResultsError, read_cells, restore
from figures.results.manifest import manifest_of, read_manifest
from figures.results.schema import RESULTS, RUN_KEY
from figures.results.validation import Problem, problems_of
from reproduce.checking.manifest import manifest_problems

_TRIES = 3


@dataclass(frozen=True)
class Examined:
    """A file of rows, its manifest, and all that is wrong with them.

    Attributes:
        cells: the rows as text.
        entries: of the manifest; none if there is no such file.
        problems: in the order of the lines; empty if the file is in order.
    """

    cells: Cells
    entries: Sequence[dict[str, Any]]
    problems: Sequence[Problem]

    @property
    def runs(self) -> int:
        """How many runs have rows."""
        return len(self.cells.frame[list(RUN_KEY)].drop_duplicates())


def examine(path: Path, *, manifest_needed: bool = True) -> Examined:
    """Read a file of rows and what lies beside it.

    The manifest is only compared with rows that are themselves in order.

    Args:
        path: the CSV.
        manifest_needed: a file without manifest, or in a place that is not that of its rows, is not
            in order. False for what is only to be drawn or exported.

    Raises:
        ResultsError: rows or manifest cannot be read at all.
    """
    for _ in range(_TRIES):
        before = _stamps(path)
        examined = _examined(path, manifest_needed)
        # another process may have written both between the reading of one and of the other
        if not examined.problems or _stamps(path) == before:
            break
    return examined


def _stamps(path: Path) -> list[tuple[int, int]]:
    """What changes when another process writes rows or manifest."""
    found = [each.stat() for each in (path, manifest_of(path)) if each.exists()]
    return [(each.st_mtime_ns, each.st_ino) for each in found]


def _examined(path: Path, manifest_needed: bool) -> Examined:
    cells, entries = read_cells(path), read_manifest(path)
    found = problems_of(cells)
    if not found:
        found = _of_its_place(cells) if manifest_needed else []
        if manifest_of(path).exists():
            found += manifest_problems(cells, entries)
        elif manifest_needed:
            missing = "is missing, so that nothing says what made the rows"
            beside = manifest_of(path)
            found.append(Problem(beside, 0, "", None, missing, restore(beside)))
    return Examined(cells, entries, found)


def checked(path: Path, *, manifest_needed: bool = True) -> Examined:
    """`examine` a file that must be in order.

    Raises:
        ResultsError: it is not; the message has one line, with the first problem.
    """
    examined = examine(path, manifest_needed=manifest_needed)
    if examined.problems:
        first, more = examined.problems[0], len(examined.problems) - 1
        rest = f" ({more} more: `python reproduce/check_results.py {path}`)" if more else ""
        raise ResultsError(f"{first}{rest}")
    return examined


def _of_its_place(cells: Cells) -> list[Problem]:
    """Rows say which experiment and preset they belong to, and so does the file's place."""
    path, first = cells.path, cells.frame.iloc[0]
    place = {"experiment": path.stem}
    if path.parent.name in RESULTS["preset"].enum:
        place["preset"] = path.parent.name
    fix = "the place of rows is results/<preset>/<experiment>.csv"
    return [
        Problem(path, 2, name, str(first[name]), f"stands in a file of {expected}", fix)
        for name, expected in place.items()
        if first[name] != expected
    ]
