"""Runs that two files of one folder share: the same run folder was collected into both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from figures.results.cells import Cells, command_for
from figures.results.schema import RUN_KEY
from figures.results.shared import difference
from figures.results.validation import Problem, named


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
