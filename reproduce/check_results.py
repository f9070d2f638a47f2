"""Check every file of rows under results/: schema, meaning, manifest, schedules and checksums.

    python reproduce/check_results.py            # all of results/
    python reproduce/check_results.py results/small/figure1.csv

Each problem is told with file, line, run, column, value and the way out, up to 20 a file. Exit
status: 0 nothing is wrong, 1 something is, 2 there is nothing to check. What the columns are stands
in figures/results/results.schema.json, and what is checked in docs/results.md.
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from figures.experiments import grids
from figures.results.cells import ResultsError, one_line
from figures.results.schema import RESULTS
from figures.results.validation import Problem
from reproduce.checking.reader import Examined, examine
from reproduce.checking.shared_runs import disagreements
from reproduce.commandline.script import command

SHOWN = 20

TABLES = ("figure4.csv", "table1.csv")
"""Tables that are made from the code: not rows of runs."""

ROWS = tuple(f"{name}.csv" for name in grids())
"""Files that must be rows of runs, however damaged. Any other is one if its header says so."""

_NOT_RESULTS = ("runs", "launches")


@dataclass(frozen=True)
class CheckOptions:
    """Options of the check."""

    paths: Annotated[tuple[Path, ...], tyro.conf.Positional] = (Path("results"),)
    """Folders, or CSV files."""


def row_files(paths: Sequence[Path]) -> tuple[list[Path], dict[Path, str]]:
    """The files of rows in these folders, and why the other CSV files there are none.

    A file that is named itself counts as rows whatever it is called. Run folders, whose
    `progress.csv` has other columns, are not entered.

    Raises:
        ResultsError: one of the paths does not exist.
    """
    found: list[Path] = []
    skipped: dict[Path, str] = {}
    for path in paths:
        for file in [path] if path.is_file() else _tables_in(path):
            if path == file:
                found.append(file)
            elif file.name in TABLES:
                skipped[file] = "a table, not rows of runs"
            elif file.name in ROWS or not (lacking := _lacks(file)):
                found.append(file)
            else:
                skipped[file] = f"not rows of runs: no column {', '.join(lacking)}"
    return list(dict.fromkeys(found)), skipped


def _tables_in(folder: Path) -> list[Path]:
    """All CSV files in a folder, run folders left out."""
    if not folder.is_dir():
        raise ResultsError(f"{folder}: there is no such file or folder; give one that is there")

    def refuse(error: OSError) -> None:
        raise ResultsError(
            f"{error.filename}: cannot be searched ({one_line(error)}); change its permissions"
        ) from error

    found = []
    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if name not in _NOT_RESULTS]
        found += [Path(place, name) for name in names if name.endswith(".csv")]
    return sorted(found)


def _lacks(file: Path) -> list[str]:
    """Columns of the key that a file's first line does not name; none if it cannot be told."""
    try:
        with file.open(newline="", encoding="utf-8-sig", errors="replace") as opened:
            header = next(csv.reader(opened), [])
    except (OSError, csv.Error):
        return []
    return [name for name in RESULTS.primary_key if name not in header]


def _tell(found: Sequence[Problem], path: Path) -> None:
    for problem in found[:SHOWN]:
        print(problem, file=sys.stderr)
    if len(found) > SHOWN:
        print(f"{path}: and {len(found) - SHOWN} further problems", file=sys.stderr)


def _check(path: Path) -> Examined | None:
    """Tell what is wrong with one file; None if anything is."""
    try:
        examined = examine(path)
    except ResultsError as error:
        print(error, file=sys.stderr)
        return None
    _tell(examined.problems, path)
    if examined.problems:
        count = len(examined.problems)
        print(f"{path}: {count} problem{'s' * (count > 1)}")
        return None
    print(f"{path}: in order, {len(examined.cells.frame)} rows, {examined.runs} runs")
    return examined


@command(CheckOptions, __doc__)
def main(options: CheckOptions) -> int:
    """Check each file of rows, and the runs that files share.

    Returns the exit status: 0 nothing is wrong, 1 something is, 2 there is nothing to check.
    """
    files, skipped = row_files(options.paths)
    for file, reason in skipped.items():
        print(f"{file}: skipped, {reason}")
    if not files:
        raise ResultsError(f"{', '.join(map(str, options.paths))}: no rows there")
    examined = [_check(file) for file in files]
    in_order = [each.cells for each in examined if each is not None]
    shared = list(disagreements(in_order))
    _tell(shared, Path("files that share runs"))
    return 0 if len(in_order) == len(files) and not shared else 1


if __name__ == "__main__":
    sys.exit(main())
