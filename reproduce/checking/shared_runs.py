"""Runs that two files of one folder share: the same run folder was collected into both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import pandas as pd

from figures.results.cells import Cells, command_for
from figures.results.schema import RUN_KEY
from figures.results.validation import Problem, named

_PLACE = ("phase", "env_step")
_OF_THE_FILE = ("experiment", "also_in")
_MAY_GO_ON = ("status",)
"""One file may have been written while the run went on; rows that both have are the same then."""


def disagreements(files: Sequence[Cells]) -> Iterator[Problem]:
    """The first difference of every run that two of the files, of one folder, tell differently."""
    for one, other in combinations(files, 2):
        if one.path.parent == other.path.parent:
            yield from _between(one, other)


def _between(one: Cells, other: Cells) -> Iterator[Problem]:
    runs = [dict(iter(each.frame.groupby(list(RUN_KEY), sort=False))) for each in (one, other)]
    for key in (key for key in runs[0] if key in runs[1]):
        mine, theirs = runs[0][key], runs[1][key]
        place, beside, found = one, other, difference(mine, theirs)
        if found is None and len(theirs) > len(mine):  # the first file may lack rows
            place, beside, found = other, one, difference(theirs, mine)
        if found is None:
            continue
        row, column, value = found
        complaint = f"is '{value}' in {beside.path.name}, which has the same run"
        fix = f"collect both again: `{command_for(place.path)}`, `{command_for(beside.path)}`"
        text = None if column == "" else str(place.frame[column].iloc[row])
        run = named(place.rows[row])
        yield Problem(place.path, int(place.lines[row]), column, text, complaint, fix, run)


def difference(mine: pd.DataFrame, theirs: pd.DataFrame) -> tuple[int, str, str] | None:
    """(row, column, the other's value) of the first cell of ``mine`` that differs.

    A column that one file does not have is empty there. A row that a finished run lacks in
    ``theirs`` differs too. Rows that ``mine`` lacks are not looked for.
    """
    finished = mine["status"].iloc[0] == theirs["status"].iloc[0] == "done"
    left_out = {*RUN_KEY, *_PLACE, *_OF_THE_FILE, *(() if finished else _MAY_GO_ON)}
    every = dict.fromkeys([*mine.columns, *theirs.columns])
    columns = [name for name in every if name not in left_out]
    others = theirs.set_index(list(_PLACE))
    for row, cells in mine.iterrows():
        place = tuple(cells[name] for name in _PLACE)
        if place not in others.index:
            if finished:
                return int(row), "env_step", "missing"  # type: ignore[call-overload]
            continue
        beside = others.loc[place]
        for column in columns:
            value = str(beside.get(column, ""))
            if str(cells.get(column, "")) != value:
                there = column if column in mine.columns else ""
                return int(row), there, value  # type: ignore[call-overload]
    return None
