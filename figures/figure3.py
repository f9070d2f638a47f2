"""Figure 3 of the paper: learning curves on the three MuJoCo benchmark tasks."""

from __future__ import annotations

from pathlib import Path

from figures.learning_curves import draw
from figures.metrics import Metric, columns
from figures.output import save
from figures.partial import without_rows
from figures.table import read_results

PANELS: tuple[str, ...] = ("HalfCheetah-v2", "Ant-v2", "Walker2d-v2")
TITLE = "Figure 3. MuJoCo benchmarks: offline pre-training, then online fine-tuning"
METRICS: tuple[Metric, ...] = (
    Metric("return_mean", "Return", share_y=False),
    Metric("normalised_score", "Normalised score", rules=(0.0, 1.0)),
)
CAPTION = (
    "The tasks are simulated by Gymnasium's -v4 environments, Ant observed in 27 dimensions "
    "(without contact forces). Returns have an axis for each task, scores a common one."
)


def make(csv: Path, out_stem: Path) -> list[Path]:
    """Draw ``results/<preset>/figure3.csv`` into ``<out_stem>.png`` and ``<out_stem>.pdf``.

    Tasks without results yet have no column; the caption names them, and every incomplete run.

    Returns:
        The two paths.

    Raises:
        ResultsError: the CSV is missing or malformed, has no row for any of the three tasks, no
            column ``normalised_score``, or a method without any value to draw.
        ValueError: a method has no style in ``figures/style.py``.
    """
    frame = read_results(csv, drawn=columns(METRICS))
    absent = without_rows(csv, frame)
    figure = draw(
        frame, panels=PANELS, metrics=METRICS, title=TITLE, caption=CAPTION, absent=absent
    )
    return save(figure, out_stem)
