"""Check every file of rows under results/, and the manifest beside it, against the schema.

    python reproduce/check_results.py            # all of results/
    python reproduce/check_results.py results/small/figure1.csv

Each problem is told with file, line, column, value and the way out, up to 20 a file. Exit status: 0
nothing is wrong, 1 something is, 2 there is nothing to check. What the columns are stands in
figures/results.schema.json.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from figures.cells import ResultsError, read_cells
from figures.schema import RESULTS
from figures.validation import RUN_KEY, Problem, problems_of
from reproduce.manifest import manifest_problems

SHOWN = 20
TABLES = ("figure4.csv", "table1.csv")
"""Tables that are made from the code: not rows of runs."""
ROWS = ("figure1.csv", "figure2.csv", "figure3.csv", "ablations.csv")
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
        if path.is_file():
            found.append(path)
            continue
        if not path.is_dir():
            raise ResultsError(f"{path}: there is no such file or folder; give one that is there")
        for file in sorted(path.rglob("*.csv")):
            if set(file.relative_to(path).parts[:-1]) & set(_NOT_RESULTS):
                continue
            if file.name in TABLES:
                skipped[file] = "a table, not rows of runs"
            elif file.name in ROWS or not (lacking := _lacks(file)):
                found.append(file)
            else:
                skipped[file] = f"not rows of runs: no column {', '.join(lacking)}"
    return list(dict.fromkeys(found)), skipped


def _lacks(file: Path) -> list[str]:
    """Columns of the key that a file's first line does not name."""
    with file.open(newline="", encoding="utf-8-sig", errors="replace") as opened:
        header = next(csv.reader(opened), [])
    return [name for name in RESULTS.primary_key if name not in header]


def check(path: Path) -> tuple[list[Problem], str]:
    """The problems of one file of rows, and what it holds.

    The manifest is only compared with rows that are themselves in order.

    Raises:
        ResultsError: it cannot be read as CSV at all.
    """
    cells = read_cells(path)
    found = problems_of(cells)
    if not found:
        found = [*_of_its_place(path, cells.frame.iloc[0].to_dict()), *manifest_problems(cells)]
    runs = 0 if found else len(cells.frame[list(RUN_KEY)].drop_duplicates())
    return found, f"{len(cells.frame)} rows, {runs} runs"


def _of_its_place(path: Path, first: Mapping[Hashable, object]) -> list[Problem]:
    """Rows say which experiment and preset they belong to, and so does the file's place."""
    place = {"experiment": path.stem}
    if path.parent.name in RESULTS["preset"].enum:
        place["preset"] = path.parent.name
    fix = "the place of rows is results/<preset>/<experiment>.csv"
    return [
        Problem(path, 2, name, str(first[name]), f"stands in a file of {expected}", fix)
        for name, expected in place.items()
        if first[name] != expected
    ]


def main(arguments: list[str] | None = None) -> int:
    options = tyro.cli(CheckOptions, args=arguments, description=__doc__)
    try:
        files, skipped = row_files(options.paths)
    except ResultsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for file, reason in skipped.items():
        print(f"{file}: skipped, {reason}")
    if not files:
        print(f"error: no rows under {', '.join(map(str, options.paths))}", file=sys.stderr)
        return 2
    wrong = 0
    for file in files:
        try:
            found, holds = check(file)
        except ResultsError as error:
            print(error, file=sys.stderr)
            wrong += 1
            continue
        for problem in found[:SHOWN]:
            print(problem, file=sys.stderr)
        if len(found) > SHOWN:
            print(f"{file}: and {len(found) - SHOWN} further problems", file=sys.stderr)
        wrong += bool(found)
        print(f"{file}: {f'{len(found)} problems' if found else f'in order, {holds}'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
