"""Read one results CSV and refuse what could be drawn wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

TEXT_COLUMNS: tuple[str, ...] = (
    "experiment", "preset", "profile", "env", "method", "variant", "data", "data_checksum",
    "labels", "phase", "status", "commit", "version",
)  # fmt: skip
# What every task has. Success, distances and scores are columns of some tasks only.
NUMERIC_COLUMNS: tuple[str, ...] = ("seed", "env_step", "grad_step", "return_mean")
NEVER_EMPTY: tuple[str, ...] = ("preset", "env", "method", "seed", "phase", "env_step", "status")
PHASES: tuple[str, ...] = ("init", "offline", "online")
PRESETS: tuple[str, ...] = ("quick", "small", "paper")
STATUSES: tuple[str, ...] = ("done", "running", "failed")

# What two rows must share to belong to the same panel, and to the same run.
CONDITION: tuple[str, ...] = ("env", "data", "labels", "profile")
RUN: tuple[str, ...] = (*CONDITION, "label", "seed")


class ResultsError(ValueError):
    """A results file that cannot be drawn; the message names the file, the place and the fix."""


def label(method: str, variant: str) -> str:
    """Name of a curve: ``AWAC``, or ``AWAC [lam=0.5]`` for a variant."""
    return f"{method} [{variant}]" if variant else method


def read_results(path: Path, drawn: Sequence[str] = ()) -> pd.DataFrame:
    """Read ``results/<preset>/<experiment>.csv``: one row per evaluation of one run.

    Text columns are strings ("" where empty), the columns of ``NUMERIC_COLUMNS`` and ``drawn`` are
    floats (NaN where empty; ``seed`` and ``env_step`` are integers), and further columns become
    numbers where all their cells are. A column ``label`` is added.

    Args:
        path: the file.
        drawn: columns that are to be drawn, which must be there. Success, for one, may be absent
            or empty on tasks that know none, but not where it is drawn.

    Raises:
        ResultsError: the file is missing, empty or not CSV, lacks a column, holds a cell that is
            not a number where one is due, an unknown phase or status, two presets, or the same
            evaluation of a run twice.
    """
    frame = _read_text(path)
    numeric = tuple(dict.fromkeys((*NUMERIC_COLUMNS, *drawn)))
    missing = [name for name in (*TEXT_COLUMNS, *numeric) if name not in frame.columns]
    if missing:
        raise ResultsError(
            f"{path}: missing column{'s' * (len(missing) > 1)} {', '.join(missing)}; "
            f"write it again with `{command_for(path)}`"
        )
    if frame.empty:
        raise ResultsError(
            f"{path}: there is a header but no row, so no run has been evaluated yet; "
            f"run `{command_for(path)}`"
        )
    for name in NEVER_EMPTY:
        _refuse(path, frame, name, frame[name].str.strip() == "", "is empty")
    _refuse(path, frame, "phase", ~frame["phase"].isin(PHASES), f"is none of {', '.join(PHASES)}")
    _refuse(
        path, frame, "status", ~frame["status"].isin(STATUSES), f"is none of {', '.join(STATUSES)}"
    )
    _to_numbers(path, frame, numeric)
    frame["label"] = [
        label(method, variant)
        for method, variant in zip(frame["method"], frame["variant"], strict=True)
    ]
    _check_meaning(path, frame)
    return frame


def command_for(path: Path) -> str:
    """The command that makes ``results/<preset>/<experiment>.csv``."""
    preset = path.parent.name if path.parent.name in PRESETS else "|".join(PRESETS)
    return f"python reproduce/{path.stem}.py --preset {preset}"


def _read_text(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise ResultsError(
            f"{path}: no such results file; make it with `{command_for(path)}`, "
            "or give the path of an existing one"
        )
    try:
        # A line cut short (an interrupted copy) has NaN for its missing cells: make them empty too.
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8").fillna("")
    except pd.errors.EmptyDataError as error:
        raise ResultsError(
            f"{path}: the file is empty, not even a header; delete it and run `{command_for(path)}`"
        ) from error
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise ResultsError(
            f"{path}: not a readable CSV ({error}); write it again with `{command_for(path)}`"
        ) from error


def _to_numbers(path: Path, frame: pd.DataFrame, numeric: Sequence[str]) -> None:
    """Turn columns into numbers, in place: those named ``numeric``, and others that can be."""
    for name in frame.columns:
        if name in TEXT_COLUMNS:
            continue
        text = frame[name].str.strip()
        blank = text.str.lower().isin(["", "nan"])
        numbers = pd.to_numeric(text.mask(blank, "nan"), errors="coerce").astype(float)
        if name in numeric:
            _refuse(path, frame, name, numbers.isna() & ~blank, "is not a number")
            _refuse(path, frame, name, numbers.abs() == np.inf, "is infinite")
        elif bool((numbers.isna() & ~blank).any()):
            continue  # a further column of text, such as a device name
        frame[name] = numbers
    for name in ("seed", "env_step"):
        _refuse(path, frame, name, frame[name] != frame[name].round(), "is not a whole number")
        frame[name] = frame[name].astype(int)


def _check_meaning(path: Path, frame: pd.DataFrame) -> None:
    """Refuse rows whose combination would make a wrong picture."""
    late = (frame["phase"] != "online") & (frame["env_step"] > 0)
    _refuse(path, frame, "env_step", late, "is positive in a phase before the online one")
    early = (frame["phase"] == "online") & (frame["env_step"] < 0)
    _refuse(path, frame, "env_step", early, "is negative in the online phase")
    presets = sorted(frame["preset"].unique())
    if len(presets) > 1:
        raise ResultsError(
            f"{path}: rows of presets {', '.join(presets)} in one file; presets differ in networks "
            "and budgets and are never averaged: keep one file per preset"
        )
    again = frame.duplicated([*RUN, "phase", "env_step"], keep="first")
    _refuse(path, frame, "env_step", again, "repeats an evaluation of the same run")


def _refuse(
    path: Path, frame: pd.DataFrame, column: str, wrong: pd.Series[bool], complaint: str
) -> None:
    """Raise on the first row marked in ``wrong``, naming its line in the file and its run."""
    if not bool(wrong.any()):
        return
    row = int(np.flatnonzero(wrong.to_numpy())[0])
    found = frame[column].iloc[row]
    run = f"{frame['env'].iloc[row]}, {frame['method'].iloc[row]}, seed {frame['seed'].iloc[row]}"
    raise ResultsError(
        f"{path}, line {row + 2}: {column} '{found}' {complaint} ({run}; {int(wrong.sum())} such "
        f"rows); correct that row or write the file again with `{command_for(path)}`"
    )
