"""Values across a panel that a reader compares with, and their names where no curve is hidden."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from figures import style
from figures.forest import THRESHOLD, THRESHOLD_DASHES
from figures.layout import inches, size_of
from figures.metrics import Metric, is_asked
from figures.statistics.across_seeds import Floats

SIZE = 6.5
NAME_HEIGHT = 0.12
"""Inches above or below its rule that a name takes."""
MARKER = 0.05
"""Inches around a point of a curve that its marker takes."""
EDGE = 0.04
PLACES = 40
"""Places along a rule of which the emptiest has its name."""
_BENEATH_CURVES = 2.2
"""Above single seeds, below every thick line: a name hides no marker."""


def draw_rules(ax: Axes, metric: Metric) -> None:
    """A thin line a rule; one that a claim asks for is red and dashed, as in every picture."""
    names = [*metric.rule_names, *[""] * len(metric.rules)]
    for value, name in zip(metric.rules, names, strict=False):
        if is_asked(name):
            ax.axhline(value, color=THRESHOLD, lw=1.1, linestyle=THRESHOLD_DASHES, zorder=1)
        else:
            ax.axhline(value, color=style.RULE, lw=0.9, zorder=1)


def name_rules(ax: Axes, metric: Metric) -> None:
    """Write what the rules are, each where the fewest points of curves lie, above it if it can be.

    To be called when the limits of the axes are final and the curves are drawn.
    """
    wide, tall = size_of(ax)
    ax.get_ylim()  # decides limits that are still to follow the curves
    points = [_points(ax, line) * (wide, tall) for line in ax.lines if is_curve(ax, line)]
    taken: list[tuple[float, float]] = []
    for value, name in zip(metric.rules, metric.rule_names, strict=False):
        rule = float(_to_axes(ax, np.array([[0.0, value]]))[0, 1]) * tall
        width = inches(name, SIZE)
        lefts = np.linspace(EDGE, max(EDGE, wide - width - EDGE), PLACES)
        bottoms = [rule] + [rule - NAME_HEIGHT] * bool(rule > NAME_HEIGHT)
        places = [(float(left), bottom) for bottom in bottoms for left in lefts]
        hidden = [_hidden(points, taken, left, width, bottom) for left, bottom in places]
        left, bottom = places[int(np.argmin(hidden))]
        taken += [(left + part * width, bottom + NAME_HEIGHT / 2) for part in (0, 0.25, 0.5, 0.75)]
        ax.text(
            left / wide,
            bottom / tall,
            name,
            transform=ax.transAxes,
            fontsize=SIZE,
            color=THRESHOLD if is_asked(name) else style.TEXT_GREY,
            va="bottom",
            zorder=_BENEATH_CURVES,
            path_effects=[withStroke(linewidth=1.8, foreground="white")],
        )


def _hidden(
    points: list[Floats],
    taken: list[tuple[float, float]],
    left: float,
    width: float,
    bottom: float,
) -> int:
    """How many points lie where a name would stand: those whose marker would reach it count once,
    those behind it ten times, other names more than all curves."""

    def inside(places: Floats, around: float) -> int:
        x, y = places[:, 0], places[:, 1]
        across = (x > left - around) & (x < left + width + around)
        return int((across & (y > bottom - around) & (y < bottom + NAME_HEIGHT + around)).sum())

    names = np.array(taken, dtype=np.float64).reshape(-1, 2)
    curves = sum(10 * inside(each, 0.0) + inside(each, MARKER) for each in points)
    return curves + 1_000_000 * inside(names, MARKER)


def _points(ax: Axes, line: Line2D) -> Floats:
    """A curve's points and ten between any two, in units of the axes: (n, 2)."""
    places = _to_axes(ax, np.column_stack([line.get_xdata(), line.get_ydata()]).astype(float))
    places = places[np.isfinite(places).all(axis=1)]
    if len(places) < 2:
        return places
    steps = np.linspace(0, len(places) - 1, 10 * (len(places) - 1) + 1)
    at = np.arange(len(places))
    return np.column_stack([np.interp(steps, at, places[:, axis]) for axis in (0, 1)])


def is_curve(ax: Axes, line: Line2D) -> bool:
    """Whether a line is of values; rules and the line at step 0 span the panel instead."""
    return bool(line.get_transform() == ax.transData)


def _to_axes(ax: Axes, places: Floats) -> Floats:
    found = (ax.transData + ax.transAxes.inverted()).transform(places)
    return np.asarray(found, dtype=np.float64)
