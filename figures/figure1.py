"""Figure 1 of the paper: learning curves on the three dexterous manipulation tasks."""

from __future__ import annotations

from pathlib import Path

from figures.learning_curves import METRICS, draw
from figures.metrics import columns
from figures.output import save
from figures.partial import without_rows
from figures.table import read_results

PANELS: tuple[str, ...] = ("pen-binary-v0", "door-binary-v0", "relocate-binary-v0")
TITLE = "Figure 1. Dexterous manipulation: offline pre-training, then online fine-tuning"


def make(csv: Path, out_stem: Path) -> list[Path]:
    """Draw ``results/<preset>/figure1.csv`` into ``<out_stem>.png`` and ``<out_stem>.pdf``.

    Tasks without results yet have no column; the caption names them, and every incomplete run.

    Returns:
        The two paths.

    Raises:
        ResultsError: the CSV is missing or malformed, or has no row for any of the three tasks.
        ValueError: a method has no style in ``figures/style.py``.
    """
    frame = read_results(csv, drawn=columns(METRICS))
    absent = without_rows(csv, frame)
    figure = draw(frame, panels=PANELS, metrics=METRICS, title=TITLE, absent=absent)
    return save(figure, out_stem)
