"""Runs that were asked for but have no row. The CSV cannot name them; a file beside it does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from figures.results.cells import ResultsError, one_line

NAMED = 12


def partial_of(csv: Path) -> Path:
    """``<csv stem>.partial.json``: it lists the runs of the grid that are not done, if any.

    ``{"runs": 4, "not_done": [{"env": ..., "label": ..., "seed": 0, "state": "failed"}]}``
    """
    return csv.with_name(f"{csv.stem}.partial.json")


@dataclass(frozen=True)
class Absent:
    """A run that was asked for and has no row."""

    env: str
    label: str
    seed: int

    def __str__(self) -> str:
        return f"{self.label} on {self.env}, seed {self.seed}"


def without_rows(csv: Path, frame: pd.DataFrame) -> list[Absent]:
    """The runs that ``partial_of(csv)`` lists and ``frame`` does not hold.

    ``frame`` is ``table.read_results`` of ``csv``. The list is empty if there is no such file:
    every run is done, or the CSV came alone.

    Raises:
        ResultsError: the file is damaged.
    """
    present = set(zip(frame["env"], frame["label"], frame["seed"], strict=True))
    return [Absent(*run) for run in not_done(csv) if run not in present]


def not_done(csv: Path) -> dict[tuple[str, str, int], dict[str, Any]]:
    """Task, label and seed of every run that ``partial_of(csv)`` lists -> its entry, in order.

    Raises:
        ResultsError: the file is damaged.
    """
    path = partial_of(csv)
    if not path.is_file():
        return {}
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["not_done"]
        return {(str(e["env"]), str(e["label"]), int(e["seed"])): dict(e) for e in listed}
    except (ValueError, TypeError, LookupError) as error:
        raise ResultsError(
            f"{path}: not a list of unfinished runs ({one_line(error)}); delete it, or run the "
            "figure's script, which writes it anew"
        ) from None


def warning(absent: Sequence[Absent]) -> str:
    """One sentence for the caption; "" if nothing is absent."""
    if not absent:
        return ""
    named = "; ".join(map(str, absent[:NAMED]))
    more = f"; and {len(absent) - NAMED} more" if len(absent) > NAMED else ""
    return f"Asked for, but without any evaluation yet: {named}{more}."
