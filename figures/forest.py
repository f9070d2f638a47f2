"""Estimates beneath each other, one row each: how aggregates and single claims are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from figures import style
from figures.labels import method_of
from figures.layout import elide
from figures.statistics.estimates import Estimate

ROW = 0.27
"""Inches from one row to the next."""
SHADE = "#E3ECF7"
THRESHOLD = "#A03010"
THRESHOLD_DASHES = (0.0, (4.0, 2.0))
PADDING = 0.06
"""Of the span of the values, on either side."""
OTHER_COLOUR = "#555555"
INSTEAD_SIZE = 7.5


@dataclass(frozen=True)
class Score:
    """One row: an estimate, and the values of the runs that it was made from.

    Attributes:
        label: name of the row.
        estimate: its value with its interval, if that is known.
        values: (seeds,) single runs; none of a comparison.
        method: whose colour the row has; None for the one that ``label`` names, "" for nobody's.
        task: what the row is of, for a reader who filters; "" for several.
        single: a single seed where other methods have more: grey, as its curve is.
        decides: ends of the wider interval that decides among several effects; None without one.
        instead: written where there is no value, such as ``not run``.
        colour: ``#RRGGBB`` of a variant; "" for the colour of its method.
    """

    label: str
    estimate: Estimate
    values: tuple[float, ...] = ()
    method: str | None = None
    task: str = ""
    single: bool = False
    decides: tuple[float, float] | None = None
    instead: str = ""
    colour: str = ""

    @property
    def base(self) -> str:
        """The row of METHODS whose look it has, "" for none."""
        return method_of(self.label if self.method is None else self.method)


@dataclass(frozen=True)
class Forest:
    """Rows on one axis.

    Attributes:
        name: heading.
        axis: name of the axis, with the unit if there is one.
        scores: the rows, from above.
        shade: interval of the axis that is shaded: a margin, or what a claim asks for. An end may
            be infinite.
        thresholds: values that are asked for, each a dashed line.
        zero: where there is no effect, a thin line; None where that means nothing.
    """

    name: str
    axis: str
    scores: tuple[Score, ...]
    shade: tuple[float, float] | None = None
    thresholds: tuple[float, ...] = ()
    zero: float | None = None

    @property
    def places(self) -> list[float]:
        """Every finite value that must be on the axis."""
        found = [value for score in self.scores for value in (*score.values, score.estimate.value)]
        ends = [end for score in self.scores for end in (score.estimate.low, score.estimate.high)]
        ends += [end for score in self.scores for end in score.decides or ()]
        found += [*ends, *self.thresholds, *(self.shade or ())]
        found += [] if self.zero is None else [self.zero]
        return [float(value) for value in found if np.isfinite(value)]


def span_of(forests: Sequence[Forest]) -> tuple[float, float]:
    """One axis for all of ``forests``, so that their panels can be compared."""
    places = [place for forest in forests for place in forest.places] or [0.0]
    low, high = min(places), max(places)
    room = PADDING * (high - low) or 0.5
    return low - room, high + room


def colour_of(score: Score) -> str:
    """``#RRGGBB``; grey of a single seed, and a neutral one where a row is of no single method."""
    if score.single:
        return style.SINGLE_SEED
    if score.colour:
        return score.colour
    return style.method_style(score.base).colour if score.base else OTHER_COLOUR


def draw_forest(
    ax: Axes, forest: Forest, limits: tuple[float, float], *, names: bool, width: float
) -> None:
    """Draw one panel.

    Args:
        ax: where.
        forest: what.
        limits: of the axis, from ``span_of`` all panels that are compared.
        names: write the names of the rows.
        width: inches that a name may take.
    """
    if forest.shade is not None:
        low, high = (float(np.clip(end, *limits)) for end in forest.shade)
        ax.axvspan(low, high, color=SHADE, lw=0, zorder=0)
    if forest.zero is not None:
        ax.axvline(forest.zero, color=style.RULE, lw=0.9, zorder=1)
    for threshold in forest.thresholds:
        ax.axvline(threshold, color=THRESHOLD, lw=1.1, linestyle=THRESHOLD_DASHES, zorder=1)
    for row, score in enumerate(forest.scores):
        _draw_row(ax, row, score)
    ax.set_xlim(limits)
    ax.set_ylim(len(forest.scores) - 0.5, -0.5)
    size = style.theme()["ytick.labelsize"]
    written = [elide(score.label, width, size) for score in forest.scores]
    ax.set_yticks(range(len(forest.scores)), written)
    ax.tick_params(labelleft=names, left=names)
    ax.grid(axis="x", color="#E4E4E4", lw=0.6, zorder=0)
    ax.set_axisbelow(True)
    ax.set_title(forest.name, loc="left", weight="bold", fontsize=9.5)
    ax.set_xlabel(forest.axis)


def _draw_row(ax: Axes, row: int, score: Score) -> None:
    """Runs as small ticks, the interval as a bar with whiskers to the one that decides, the
    estimate as a disc, hollow without one; or words where there is no value."""
    colour, found = colour_of(score), score.estimate
    if score.instead:
        ax.annotate(
            score.instead,
            (0.0, row),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=INSTEAD_SIZE,
            style="italic",
            color=style.TEXT_GREY,
            path_effects=[withStroke(linewidth=3.0, foreground="white")],
        )
        return
    ax.plot(
        score.values,
        np.full(len(score.values), row),
        linestyle="none",
        marker="|",
        markersize=6,
        color=colour,
        alpha=0.55,
        zorder=2,
    )
    if score.decides is not None:
        ends = list(score.decides)
        ax.plot(ends, [row, row], color=colour, lw=0.9, marker="|", markersize=6, zorder=2.5)
    if found.known:
        ax.plot([found.low, found.high], [row, row], color=colour, lw=3.2, zorder=3)
    ax.plot(
        [found.value],
        [row],
        marker="o",
        markersize=5.5,
        color=colour,
        markerfacecolor=colour if found.known else "white",
        linestyle="none",
        zorder=4,
    )
