"""What a figure of ablations shows, read from its CSV: exchanges, swept numbers, what each did."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from figures.ablation.caption import own_value
from figures.ablation.effects import (
    Row,
    Runs,
    ScalarChange,
    SweptScalar,
    effects,
    exchanges,
    levels,
)
from figures.experiments import in_order, measure_of
from figures.panels import Panel, panels_of
from figures.results.manifest import read_manifest
from figures.results.table import ResultsError, read_results


@dataclass(frozen=True)
class Ablation:
    """The runs of a CSV, compared. Sequences of sequences have one entry a panel.

    Attributes:
        frame: the CSV's rows.
        panels: one a task, source of data and profile.
        found: the runs of each panel.
        common: settings that every row has.
        pairs: (changed, unchanged) row of every exchange.
        effects: what each exchange did.
        levels: the scalars at every value of a swept number.
    """

    frame: pd.DataFrame
    panels: list[Panel]
    found: list[Runs]
    common: frozenset[str]
    pairs: list[tuple[Row, Row]]
    effects: list[list[ScalarChange]]
    levels: list[list[SweptScalar]]

    @property
    def swept(self) -> list[str]:
        """The swept numbers."""
        return sorted({level.key for mine in self.levels for level in mine})


def read_ablation(csv: Path) -> Ablation:
    """Read ``results/<preset>/ablations.csv`` and compare what differs in one component or number.

    A manifest that lies beside the CSV says which value of a swept number the unchanged row has.

    Raises:
        ResultsError: the CSV is missing or malformed, or holds nothing to compare.
    """
    frame = read_results(csv)
    wanted = {measure.column for env in set(frame["env"]) if (measure := measure_of(env))}
    frame = read_results(csv, drawn=sorted(wanted & set(frame.columns)))
    panels = panels_of(_with_prior_data(frame), in_order(frame["env"]))
    found = [Runs(panel, frame) for panel in panels]
    rows = list(dict.fromkeys(row for runs in found for row in runs.rows))
    pairs = exchanges(rows)
    manifest = read_manifest(csv)
    ablation = Ablation(
        frame,
        panels,
        found,
        frozenset.intersection(*(row.settings for row in rows)),
        pairs,
        [list(effects(runs, pairs)) for runs in found],
        [
            [_placed(level, panel, manifest) for level in levels(runs)]
            for runs, panel in zip(found, panels, strict=True)
        ],
    )
    if not pairs and not ablation.swept:
        raise ResultsError(
            f"{csv}: no two rows that differ in one component or setting, so there is nothing to "
            "compare; run `python reproduce/ablations.py`"
        )
    return ablation


def _with_prior_data(frame: pd.DataFrame) -> pd.DataFrame:
    """Without runs that had no data, where the task has others to compare them with."""
    has_data = frame["data"] != "none"
    compared = has_data.groupby([frame["env"], frame["profile"]]).transform("any")
    return frame[has_data | ~compared]


def _placed(level: SweptScalar, panel: Panel, manifest: list[dict[str, Any]]) -> SweptScalar:
    """``level``; at its row's own value where the CSV does not tell it and the manifest does."""
    if not math.isnan(level.value):
        return level
    return replace(level, value=own_value(manifest, panel, level.row, level.key))
