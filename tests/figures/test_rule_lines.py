"""Rules across a panel: what a claim asks for stands out, and no name hides a curve."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from figures.experiments import CHEETAH
from figures.forest import THRESHOLD
from figures.learning_curves import draw
from figures.metrics import ASKED, Metric

ASKS = Metric(
    "return_mean",
    "Score",
    rules=(0.0, 1.0, 0.25),
    rule_names=("random policy", "expert", f"{ASKED}0.25"),
)
STEPS = np.linspace(-100, 100, 21).astype(int)


def panel(rows: list[dict[str, Any]], make_frame: Any) -> Axes:
    (ax,) = draw(make_frame(rows), panels=[CHEETAH], metrics=[ASKS]).axes
    return ax


def test_what_a_claim_asks_for_is_red_and_dashed_as_on_the_page(make_run, make_frame) -> None:
    ax = panel(make_run({0: 0.0, 9: 0.5}, env=CHEETAH), make_frame)
    rules = {
        float(line.get_ydata()[0]): line
        for line in ax.lines
        if np.array_equal(line.get_xdata(), [0, 1])
    }
    looks = {value: (to_hex(line.get_color()), line.is_dashed()) for value, line in rules.items()}
    red = THRESHOLD.lower()
    assert looks[0.25] == (red, True)
    assert all(colour != red and not dashed for v, (colour, dashed) in looks.items() if v != 0.25)
    (name,) = (text for text in ax.texts if text.get_text() == "asked: 0.25")
    assert to_hex(name.get_color()) == red


@pytest.mark.parametrize("level", [0.02, 0.27, 1.02])
def test_a_name_hides_no_marker(level: float, make_run, make_frame) -> None:
    """Every curve begins upon a rule, where names used to stand, and leaves it."""
    values = {int(step): level if step < 0 else 0.6 for step in STEPS}
    ax = panel(make_run(values, env=CHEETAH), make_frame)
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text() in ASKS.rule_names]
    assert len(boxes) == 3
    for line in ax.lines:
        for x, y in ax.transData.transform(np.column_stack([line.get_xdata(), line.get_ydata()])):
            assert len(line.get_xdata()) == 2 or not any(box.contains(x, y) for box in boxes)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert not boxes[one].overlaps(boxes[other])


def test_a_name_that_cannot_avoid_a_curve_lies_beneath_it(make_run, make_frame) -> None:
    rows = [
        row
        for number in range(60)
        for row in make_run(
            {int(step): -0.3 + number / 40 for step in STEPS}, env=CHEETAH, variant=f"k={number}"
        )
    ]
    ax = panel(rows, make_frame)
    thick = [line for line in ax.lines if line.get_marker() not in ("None", "", None)]
    names = [text for text in ax.texts if text.get_text() in ASKS.rule_names]
    assert max(text.get_zorder() for text in names) < min(line.get_zorder() for line in thick)
    assert all(text.get_bbox_patch() is None for text in names)
