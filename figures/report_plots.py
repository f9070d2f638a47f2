"""The aggregate picture of a domain: scores, performance profile and probability of improvement.

Interquartile means with stratified bootstrap intervals, performance profiles and probabilities of
improvement follow Agarwal et al., "Deep Reinforcement Learning at the Edge of the Statistical
Precipice", NeurIPS 2021; their numbers come from ``figures.estimates``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import style
from figures.estimates import Estimate
from figures.files import whole_file
from figures.layout import CAPTION_LINE, CAPTION_SIZE, elide, wrap
from figures.statistics import Floats

DPI = 110
WIDTH = 10.4
ROW = 0.27
SIDE = 0.14
NAME_WIDTH = 0.9
"""Inches that the name of a method may take, left of its row."""


@dataclass(frozen=True)
class Score:
    """An estimate of one method, and the values of its runs that it was made from."""

    label: str
    estimate: Estimate
    values: tuple[float, ...] = ()


@dataclass(frozen=True)
class ProfileCurve:
    """Performance profile of one method; thresholds, share, low, high: (T,)."""

    label: str
    thresholds: Floats
    share: Floats
    low: Floats
    high: Floats


def draw_aggregates(
    scores: Mapping[str, Sequence[Score]],
    profiles: Sequence[ProfileCurve],
    improvements: Mapping[str, Sequence[Score]],
    *,
    title: str,
    measure: str,
    caption: str,
) -> Figure:
    """Draw one domain.

    Args:
        scores: name of a scalar -> one score a method, the same methods in the same order.
        profiles: of the final score, one a method; none where nothing can be drawn.
        improvements: name of a scalar -> probabilities that AWAC is better than each other method;
            may be empty.
        title: heading.
        measure: name of the score's axis, with the unit if there is one.
        caption: text beneath.

    Raises:
        ValueError: there is no score.
    """
    if not any(scores.values()):
        raise ValueError("no score to draw; leave the picture away")
    names = list(scores)
    methods = len(scores[names[0]])
    lines = wrap(caption, WIDTH - 2 * SIDE, CAPTION_SIZE)
    panel = max(1.7, ROW * methods + 0.3)
    below = 0.2 + CAPTION_LINE * len(lines)
    height = 2 * panel + 1.75 + below
    with mpl.rc_context(style.theme()):
        figure = Figure(figsize=(WIDTH, height))
        columns = max(len(names), 3)
        places = figure.add_gridspec(
            2, columns, left=0.095, right=0.985, top=1 - 0.75 / height,
            bottom=(below + 0.5) / height, hspace=0.8 / panel, wspace=0.12,
        )  # fmt: skip
        figure.text(SIDE / WIDTH, 1 - 0.12 / height, title, fontsize=12, weight="bold", va="top")
        for column, name in enumerate(names):
            ax = figure.add_subplot(places[0, column])
            _forest(ax, scores[name], name=name, axis=measure, left=column == 0)
        ax = figure.add_subplot(places[1, : columns - 2])
        _profile(ax, profiles, measure)
        for column, (name, mine) in enumerate(improvements.items()):
            ax = figure.add_subplot(places[1, columns - 2 + column])
            box = ax.get_position()
            if column == 0:  # room for the names of methods
                ax.set_position((box.x0 + 0.055, box.y0, box.width - 0.055, box.height))
            title = f"P(AWAC better), {name}"
            _forest(ax, mine, name=title, axis="probability", left=column == 0, rule=0.5)
            ax.set_xlim(-0.03, 1.03)
        for number, line in enumerate(lines):
            y = (below - 0.08 - CAPTION_LINE * number) / height
            figure.text(
                SIDE / WIDTH, y, line, fontsize=CAPTION_SIZE, color=style.TEXT_GREY, va="top",
                parse_math=False,
            )  # fmt: skip
    return figure


def save_png(figure: Figure, path: Path) -> None:
    """Write a PNG, whole or not at all, the same bytes for the same figure. OSError passes."""
    with whole_file(path) as file, mpl.rc_context(style.theme()):
        figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None})


def _forest(
    ax: Axes,
    scores: Sequence[Score],
    *,
    name: str,
    axis: str,
    left: bool,
    rule: float | None = None,
) -> None:
    """One row a method: its runs as small points, its estimate, and the interval if known."""
    if rule is not None:
        ax.axvline(rule, color=style.RULE, lw=0.9, zorder=1)
    for row, score in enumerate(scores):
        look = style.method_style(score.label.partition(" [")[0])
        estimate = score.estimate
        ax.plot(
            score.values, np.full(len(score.values), row), linestyle="none", marker="|",
            markersize=6, color=look.colour, alpha=0.55, zorder=2,
        )  # fmt: skip
        if estimate.known:
            ax.plot([estimate.low, estimate.high], [row, row], color=look.colour, lw=2.4, zorder=3)
        filled = look.colour if estimate.known else "white"
        ax.plot(
            [estimate.value], [row], marker="o", markersize=5.5, color=look.colour,
            markerfacecolor=filled, linestyle="none", zorder=4,
        )  # fmt: skip
    ax.set_ylim(len(scores) - 0.5, -0.5)
    names = [elide(score.label, NAME_WIDTH, style.theme()["ytick.labelsize"]) for score in scores]
    ax.set_yticks(range(len(scores)), names)
    ax.tick_params(labelleft=left, left=left)
    ax.grid(axis="x", color="#E4E4E4", lw=0.6, zorder=0)
    ax.set_axisbelow(True)
    ax.set_title(name, loc="left", weight="bold", fontsize=9.5)
    ax.set_xlabel(axis)


def _profile(ax: Axes, profiles: Sequence[ProfileCurve], measure: str) -> None:
    ax.set_title("Performance profile", loc="left", weight="bold", fontsize=9.5)
    for curve in profiles:
        look = style.method_style(curve.label.partition(" [")[0])
        ax.plot(
            curve.thresholds, curve.share, color=look.colour, linestyle=look.line,
            lw=look.width * 0.8, zorder=look.zorder, drawstyle="steps-post",
        )  # fmt: skip
        if not np.isnan(curve.low).any():
            ax.fill_between(
                curve.thresholds, curve.low, curve.high, color=look.colour, lw=0, step="post",
                alpha=style.BAND_ALPHA * style.fade(len(profiles)),
            )  # fmt: skip
    ax.set_ylim(-0.03, 1.03)
    ax.set_xlabel(f"{measure}: threshold")
    ax.set_ylabel("share of runs above it")
    ax.grid(axis="y", color="#E4E4E4", lw=0.6)
    ax.set_axisbelow(True)
