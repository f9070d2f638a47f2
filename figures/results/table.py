"""Read one results CSV and refuse what could be drawn wrongly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from figures.labels import label
from figures.results.cells import Cells, ResultsError, command_for, read_cells, restore
from figures.results.schema import RESULTS, RUN_KEY

__all__ = ["CONDITION", "RUN", "ResultsError", "contradictions", "read_results"]

TEXT_COLUMNS: tuple[str, ...] = tuple(
    f.name for f in RESULTS.fields if f.kind == "string" and not f.optional
)
_OPTIONAL_TEXT = {f.name for f in RESULTS.fields if f.kind == "string" and f.optional}
# Columns that every task has and every curve needs. Only some tasks have columns of success,
# distances and scores.
NUMERIC_COLUMNS: tuple[str, ...] = ("seed", "env_step", "grad_step", "return_mean")
NEVER_EMPTY: tuple[str, ...] = tuple(
    name for name in (*TEXT_COLUMNS, *NUMERIC_COLUMNS) if RESULTS[name].required
)

# Columns that two rows of the same panel share (``CONDITION``), and of the same run (``RUN``): as
# ``RUN_KEY``, but a file has one preset, and a label stands for method and variant.
CONDITION: tuple[str, ...] = ("env", "data", "labels", "profile")
_REPLACED = ("preset", "method", "variant")
RUN: tuple[str, ...] = (
    *CONDITION,
    "label",
    *(name for name in RUN_KEY if name not in (*CONDITION, *_REPLACED)),
)


def read_results(path: Path, drawn: Sequence[str] = ()) -> pd.DataFrame:
    """Read ``results/<preset>/<experiment>.csv``: one row per evaluation of one run.

    Text columns are strings; empty cells are "". The columns of ``NUMERIC_COLUMNS`` and ``drawn``
    are floats; empty cells are NaN. ``seed`` and ``env_step`` are integers. Another column becomes
    numbers if all its cells are numbers. A column ``label`` is added. This function refuses only
    what would make a wrong picture. ``validation.problems`` checks a file against all of the
    schema.

    Args:
        path: the file.
        drawn: columns that will be drawn. They must exist. Success, for example, may be absent or
            empty on tasks that do not have it, but not if it is drawn.

    Raises:
        ResultsError: the file is missing, empty or not CSV, lacks a column or cells of a row, holds
            text in a column of numbers, an unknown phase or status, two presets, or the same
            evaluation of a run twice.
    """
    cells = read_cells(path)
    frame = cells.frame
    numeric = tuple(dict.fromkeys((*NUMERIC_COLUMNS, *drawn)))
    missing = [name for name in (*TEXT_COLUMNS, *numeric) if name not in frame.columns]
    if missing:
        raise ResultsError(
            f"{path}: missing column{'s' * (len(missing) > 1)} {', '.join(missing)}; "
            f"{restore(path)}"
        )
    if frame.empty:
        raise ResultsError(
            f"{path}: there is a header but no row, so no run has been evaluated yet; "
            f"delete it and run `{command_for(path)}`"
        )
    _refuse_ragged(cells)
    for name in NEVER_EMPTY:
        _refuse(cells, name, frame[name].str.strip() == "", "is empty")
    for name in ("phase", "status"):
        known = RESULTS[name].enum
        _refuse(cells, name, ~frame[name].isin(known), f"is none of {', '.join(known)}")
    _to_numbers(cells, numeric)
    frame["label"] = [
        label(method, variant)
        for method, variant in zip(frame["method"], frame["variant"], strict=True)
    ]
    for name, wrong, complaint in contradictions(frame):
        _refuse(cells, name, wrong, complaint)
    _check_meaning(cells)
    return frame


def contradictions(frame: pd.DataFrame) -> Iterator[tuple[str, pd.Series[bool], str]]:
    """Contradictions between columns, as (column, rows that are wrong, complaint).

    Args:
        frame: with the text column ``phase`` and a numeric ``env_step``.
    """
    online = frame["phase"] == "online"
    late = ~online & (frame["env_step"] > 0)
    yield "env_step", late, "is positive in a phase before the online one"
    yield "env_step", online & (frame["env_step"] < 0), "is negative in the online phase"


def _to_numbers(cells: Cells, numeric: Sequence[str]) -> None:
    """Turn columns into numbers, in place: those named ``numeric``, and others if possible."""
    frame = cells.frame
    for name in frame.columns:
        if name in TEXT_COLUMNS or name in _OPTIONAL_TEXT:
            continue
        text = frame[name].str.strip()
        blank = text.str.lower().isin(["", "nan"])
        numbers = pd.to_numeric(text.mask(blank, "nan"), errors="coerce").astype(float)
        if name in numeric:
            _refuse(cells, name, numbers.isna() & ~blank, "is not a number")
            _refuse(cells, name, numbers.abs() == np.inf, "is infinite")
        elif bool((numbers.isna() & ~blank).any()):
            continue  # another column of text, such as a device name
        frame[name] = numbers
    for name in ("seed", "env_step"):
        _refuse(cells, name, frame[name] != frame[name].round(), "is not a whole number")
        frame[name] = frame[name].astype(int)


def _check_meaning(cells: Cells) -> None:
    """Refuse rows whose combination would make a wrong picture."""
    presets = sorted(cells.frame["preset"].unique())
    if len(presets) > 1:
        raise ResultsError(
            f"{cells.path}: rows of presets {', '.join(presets)} in one file; presets differ in "
            "networks and budgets and are never averaged: keep one file per preset"
        )
    again = cells.frame.duplicated([*RUN, "phase", "env_step"], keep="first")
    _refuse(cells, "env_step", again, "repeats an evaluation of the same run")


def _refuse_ragged(cells: Cells) -> None:
    wrong = np.flatnonzero(cells.widths != len(cells.frame.columns))
    if not wrong.size:
        return
    row = int(wrong[0])
    raise ResultsError(
        f"{cells.path}, line {cells.lines[row]}: {cells.widths[row]} cells where the header has "
        f"{len(cells.frame.columns)} ({wrong.size} such rows); {restore(cells.path)}"
    )


def _refuse(cells: Cells, column: str, wrong: pd.Series[bool], complaint: str) -> None:
    """Raise on the first row marked in ``wrong``, naming its line in the file and its run."""
    if not bool(wrong.any()):
        return
    row = int(np.flatnonzero(wrong.to_numpy())[0])
    frame = cells.frame
    found = frame[column].iloc[row]
    run = f"{frame['env'].iloc[row]}, {frame['method'].iloc[row]}, seed {frame['seed'].iloc[row]}"
    raise ResultsError(
        f"{cells.path}, line {cells.lines[row]}: {column} '{found}' {complaint} ({run}; "
        f"{int(wrong.sum())} such rows); {restore(cells.path)}"
    )
