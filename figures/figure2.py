"""Figure 2 of the paper: learning curves of pushing, starting from a random controller's data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from figures.compare import beside
from figures.learning_curves import draw
from figures.metrics import Metric, columns
from figures.output import save
from figures.partial import without_rows
from figures.table import read_results
from figures.tasks import PUSH

PANELS = PUSH
TITLE = "Figure 2. Robot pushing: fine-tuning from random data"
METRICS: tuple[Metric, ...] = (
    Metric(
        "final_distance", "Final puck distance (m)", rules=(0.06,), rule_names=("success: 6 cm",)
    ),
    # Not success at any step: the puck may start at its goal.
    Metric("success_final", "Success", whole_range=False),
)
CAPTION = (
    "Success is a puck less than 6 cm from its goal. "
    "Random data: trajectories of an Ornstein-Uhlenbeck process."
)


def make(csv: Path, out_stem: Path, compare: Sequence[Path] = ()) -> list[Path]:
    """Draw ``results/<preset>/figure2.csv`` into ``<out_stem>.png`` and ``<out_stem>.pdf``.

    Runs without prior data have a column of their own beside those with; the caption names every
    incomplete run.

    Args:
        csv: the results.
        out_stem: path of the pictures without their ending.
        compare: files of rows of other methods (``figures.compare``), drawn beside ours.

    Returns:
        The two paths.

    Raises:
        ResultsError: the CSV is missing or malformed, has no row for the task, no column
            ``final_distance``, or a method without any value to draw.
    """
    frame = read_results(csv, drawn=columns(METRICS))
    absent = without_rows(csv, frame)
    shown, notes = beside(frame, compare, PANELS)
    figure = draw(
        shown, panels=PANELS, metrics=METRICS, title=TITLE, caption=CAPTION, absent=absent,
        notes=notes,
    )  # fmt: skip
    return save(figure, out_stem)
