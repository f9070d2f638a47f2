"""Figure 3 of the paper: learning curves on the three MuJoCo benchmark tasks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from figures.compare import beside
from figures.learning_curves import draw
from figures.metrics import Metric, columns
from figures.output import save
from figures.panels import panels_of
from figures.partial import without_rows
from figures.table import read_results
from figures.tasks import LOCOMOTION

PANELS = LOCOMOTION
TITLE = "Figure 3. MuJoCo benchmarks: offline pre-training, then online fine-tuning"
METRICS: tuple[Metric, ...] = (
    # A score is a line of the return: a second row would show the same curves again.
    Metric(
        "normalised_score", "Normalised score", rules=(0.0, 1.0),
        rule_names=("random policy", "demonstrations"),
    ),
)  # fmt: skip
CAPTION = (
    "The tasks are simulated by Gymnasium's -v4 environments, Ant observed in 27 dimensions "
    "(without contact forces)."
)


def scale_note(frame: pd.DataFrame) -> str:
    """Which returns the scores 0 and 1 are: the line through the rows of each panel."""
    known = frame[frame["normalised_score"].notna() & frame["return_mean"].notna()]
    words = []
    for panel in panels_of(frame, PANELS):
        rows = panel.rows(known)
        if rows["normalised_score"].nunique() > 1:
            slope, offset = np.polyfit(rows["normalised_score"], rows["return_mean"], 1)
            ends = " and ".join(f"{end:,.0f}".replace("-", "−") for end in (offset, offset + slope))
            words.append(f"{ends} on {panel.name}")
    return f"Scores 0 and 1 are returns of {'; '.join(words)}." if words else ""


def make(csv: Path, out_stem: Path, compare: Sequence[Path] = ()) -> list[Path]:
    """Draw ``results/<preset>/figure3.csv`` into ``<out_stem>.png`` and ``<out_stem>.pdf``.

    Tasks without results yet have no column; the caption names them, and every incomplete run.

    Args:
        csv: the results.
        out_stem: path of the pictures without their ending.
        compare: files of rows of other methods (``figures.compare``), drawn beside ours.

    Returns:
        The two paths.

    Raises:
        ResultsError: the CSV is missing or malformed, has no row for any of the three tasks, no
            column ``normalised_score``, or a method without any value to draw.
    """
    frame = read_results(csv, drawn=columns(METRICS))
    absent = without_rows(csv, frame)
    shown, notes = beside(frame, compare, PANELS)
    figure = draw(
        shown, panels=PANELS, metrics=METRICS, title=TITLE,
        caption=f"{CAPTION} {scale_note(frame)}".strip(), absent=absent, notes=notes,
    )  # fmt: skip
    return save(figure, out_stem)
