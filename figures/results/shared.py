"""Runs that two results files share: the same run folder was collected into both."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from figures.results.cells import ResultsError
from figures.results.schema import RUN_KEY
from figures.results.validation import named

_PLACE = ("phase", "env_step")
_OF_THE_FILE = ("experiment", "also_in")
_MAY_GO_ON = ("status",)
"""One file may have been written while the run went on; rows that both have are the same then."""


def each_run_once(
    parts: Mapping[Path, pd.DataFrame],
) -> tuple[dict[Path, pd.DataFrame], list[str]]:
    """Rows by file, every run in the first file that holds it, with a column ``also_in``; and a
    note for every two files that share runs.

    Raises:
        ResultsError: two files hold the same run with other values.
    """
    kept: dict[Path, pd.DataFrame] = {}
    notes = []
    for path, part in parts.items():
        frame = part.assign(also_in=part.get("also_in", ""))
        for before, earlier in kept.items():
            mine, theirs = (_runs(each) for each in (frame, earlier))
            shared = mine.keys() & theirs.keys()
            for run in shared:
                _refuse_other(path, before, frame.loc[mine[run]], earlier.loc[theirs[run]])
            if not shared:
                continue
            again = [row for run in shared for row in mine[run]]
            for run in shared:
                names = earlier.loc[theirs[run], "also_in"].iloc[0].split(",")
                names.append(str(frame.loc[mine[run][0], "experiment"]))
                earlier.loc[theirs[run], "also_in"] = ",".join(filter(None, dict.fromkeys(names)))
            frame = frame.drop(index=again)
            notes.append(
                f"{len(shared)} runs ({len(again)} rows) of {path} are also in {before}: exported "
                "once, under the latter, with the former in the column also_in"
            )
        kept[path] = frame
    return kept, sorted(notes)


def _runs(frame: pd.DataFrame) -> dict[tuple[str, ...], list[int]]:
    """Run -> its rows' index."""
    return {tuple(map(str, key)): list(mine.index) for key, mine in frame.groupby(list(RUN_KEY))}


def _refuse_other(one: Path, other: Path, mine: pd.DataFrame, theirs: pd.DataFrame) -> None:
    found = difference(mine, theirs) or difference(theirs, mine)  # either may lack rows
    if found is not None:
        raise ResultsError(
            f"{one} and {other}: both hold {named(dict(mine.iloc[0]))}, with other values of "
            f"{found[1]}; export them one at a time"
        )


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
