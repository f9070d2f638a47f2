"""Figure 2 of the paper: learning curves of pushing, starting from a random controller's data."""

from __future__ import annotations

from pathlib import Path

from figures.learning_curves import draw
from figures.metrics import Metric, columns
from figures.output import save
from figures.partial import without_rows
from figures.table import read_results

PANELS: tuple[str, ...] = ("SawyerPush-v0",)
TITLE = "Figure 2. Robot pushing: fine-tuning from random data"
METRICS: tuple[Metric, ...] = (
    Metric("final_distance", "Final puck distance (m)", rules=(0.0,)),
    # Not success at any step: the puck may start at its goal.
    Metric("success_final", "Success"),
)
CAPTION = (
    "Success is a puck less than 6 cm from its goal. "
    "Random data: trajectories of an Ornstein-Uhlenbeck process."
)


def make(csv: Path, out_stem: Path) -> list[Path]:
    """Draw ``results/<preset>/figure2.csv`` into ``<out_stem>.png`` and ``<out_stem>.pdf``.

    Runs without prior data have a column of their own beside those with; the caption names every
    incomplete run.

    Returns:
        The two paths.

    Raises:
        ResultsError: the CSV is missing or malformed, has no row for the task, no column
            ``final_distance``, or a method without any value to draw.
        ValueError: a method has no style in ``figures/style.py``.
    """
    frame = read_results(csv, drawn=columns(METRICS))
    absent = without_rows(csv, frame)
    figure = draw(
        frame, panels=PANELS, metrics=METRICS, title=TITLE, caption=CAPTION, absent=absent
    )
    return save(figure, out_stem)
