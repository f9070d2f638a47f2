"""Figure 1 of the paper: learning curves on the three dexterous manipulation tasks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from figures.compare import beside
from figures.learning_curves import METRICS, draw
from figures.metrics import columns
from figures.output import save
from figures.partial import without_rows
from figures.table import read_results
from figures.tasks import HAND

PANELS = HAND
TITLE = "Figure 1. Dexterous manipulation: offline pre-training, then online fine-tuning"


def make(csv: Path, out_stem: Path, compare: Sequence[Path] = ()) -> list[Path]:
    """Draw ``results/<preset>/figure1.csv`` into ``<out_stem>.png`` and ``<out_stem>.pdf``.

    Tasks without results yet have no column; the caption names them, and every incomplete run.

    Args:
        csv: the results.
        out_stem: path of the pictures without their ending.
        compare: files of rows of other methods (``figures.compare``), drawn beside ours.

    Returns:
        The two paths.

    Raises:
        ResultsError: the CSV is missing or malformed, or has no row for any of the three tasks.
    """
    frame = read_results(csv, drawn=columns(METRICS))
    absent = without_rows(csv, frame)
    shown, notes = beside(frame, compare, PANELS)
    figure = draw(shown, panels=PANELS, metrics=METRICS, title=TITLE, absent=absent, notes=notes)
    return save(figure, out_stem)
