"""Pictures of the report: the aggregates of a domain, and the effects that decide one claim.

Interquartile means with stratified bootstrap intervals, performance profiles and probabilities of
improvement follow Agarwal et al., "Deep Reinforcement Learning at the Edge of the Statistical
Precipice", NeurIPS 2021; their numbers come from ``figures.statistics.estimates``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import style
from figures.files import whole_file
from figures.forest import ROW, Forest, draw_forest, span_of
from figures.labels import method_of
from figures.layout import CAPTION_LINE, CAPTION_SIZE, elide, inches, wrap
from figures.statistics.across_seeds import Floats

DPI = 110
WIDTH = 10.4
SIDE = 0.14
NAME_WIDTH = 0.9
"""Inches that the name of a method may take, left of its row."""
LEAST_PANEL = 1.0
BETWEEN = 0.95
"""Inches from a row of panels to the next: the axis of one, the heading of the other."""
BELOW = 0.5
"""Inches from a panel to what stands beneath the name of its axis."""
KEY_SIZE, KEY_LINE, KEY_NAME = 7.5, 0.165, 1.0
CLAIM_WIDTH = 8.0
CLAIM_NAME_WIDTH = 2.9


@dataclass(frozen=True)
class ProfileCurve:
    """Performance profile of one method; thresholds, share, low, high: (T,). ``single``: of a
    single seed where other methods have more; ``variant``: the look of a variant."""

    label: str
    thresholds: Floats
    share: Floats
    low: Floats
    high: Floats
    single: bool = False
    variant: style.MethodStyle | None = None

    @property
    def look(self) -> style.MethodStyle:
        """As its curve of learning looks."""
        look = self.variant or style.method_style(method_of(self.label))
        return style.single_seed(look) if self.single else look


def draw_aggregates(
    scores: Sequence[Forest],
    differences: Sequence[Forest],
    profiles: Sequence[ProfileCurve],
    improvements: Sequence[Forest],
    *,
    title: str,
    measure: str,
    caption: str,
    no_improvement: str = "",
) -> Figure:
    """Draw one domain; the panels of a row have one axis.

    Args:
        scores: a panel a scalar, the same methods in the same order.
        differences: AWAC less each other method, a panel a scalar; may be empty.
        profiles: of the final score, one a method; none where nothing can be drawn.
        improvements: probabilities that AWAC is better than each other method; may be empty.
        title: heading.
        measure: name of the score's axis, with the unit if there is one.
        caption: text beneath.
        no_improvement: why comparisons have no probability, written in its place.

    Raises:
        ValueError: there is no score.
    """
    if not any(forest.scores for forest in scores):
        raise ValueError("no score to draw; leave the picture away")
    rows = [scores, differences, improvements]
    tall = [_panel_height(forests) for forests in rows if forests]
    tall[1:1] = [] if differences else [_panel_height(scores)]  # the profile's row is always there
    lines = wrap(caption, WIDTH - 2 * SIDE, CAPTION_SIZE)
    why = wrap(no_improvement, 2.9, CAPTION_SIZE) if no_improvement and improvements else []
    if no_improvement and not improvements:
        lines = [*wrap(no_improvement, WIDTH - 2 * SIDE, CAPTION_SIZE), *lines]
    key = BELOW + KEY_LINE * -(-len(profiles) // 2) + 0.1 if profiles else 0.0
    hanging = max(0.0, key - (BETWEEN if improvements else BELOW))  # beyond the row of the profile
    if improvements:
        tall[2] = max(tall[2], hanging + CAPTION_LINE * len(why))
    below = 0.2 + CAPTION_LINE * len(lines) + (0.0 if improvements else hanging)
    height = 0.75 + sum(tall) + BETWEEN * (len(tall) - 1) + BELOW + below
    with mpl.rc_context(style.theme()):
        figure = Figure(figsize=(WIDTH, height))
        _write(figure, title, SIDE, 0.12, size=12, weight="bold")
        top = 0.75
        _panels(figure, scores, top, tall[0], first=0)
        top += tall[0] + BETWEEN
        _profile(_axes(figure, 0, top, tall[1]), profiles, measure, tall[1])
        _panels(figure, differences, top, tall[1], first=1)
        if improvements:
            top += tall[1] + BETWEEN
            _panels(figure, improvements, top, tall[2], first=1)
            _paragraph(figure, why, SIDE, top + hanging)
        _paragraph(figure, lines, SIDE, height - 0.12 - CAPTION_LINE * len(lines))
    return figure


def draw_claim(forests: Sequence[Forest], *, title: str, words: str, caption: str) -> Figure:
    """Draw the effects that decide a claim, beneath the claim in words.

    Panels whose axis has the same name have the same axis.

    Raises:
        ValueError: there is no effect.
    """
    if not any(forest.scores for forest in forests):
        raise ValueError("no effect to draw; leave the picture away")
    heading = wrap(words, CLAIM_WIDTH - 2 * SIDE, 9.5)
    lines = wrap(caption, CLAIM_WIDTH - 2 * SIDE, CAPTION_SIZE)
    names = [score.label for forest in forests for score in forest.scores]
    left = SIDE + 0.1 + min(CLAIM_NAME_WIDTH, max(inches(name, 8.0) for name in names))
    tall = [max(0.35, ROW * len(forest.scores)) for forest in forests]
    first = 0.42 + 0.17 * len(heading) + 0.34
    below = 0.2 + CAPTION_LINE * len(lines)
    height = first + sum(tall) + BETWEEN * (len(tall) - 1) + 0.5 + below
    axes_of: dict[str, list[Forest]] = defaultdict(list)
    for forest in forests:
        axes_of[forest.axis].append(forest)
    with mpl.rc_context(style.theme()):
        figure = Figure(figsize=(CLAIM_WIDTH, height))
        _write(figure, title, SIDE, 0.12, size=11, weight="bold")
        for number, line in enumerate(heading):
            _write(figure, line, SIDE, 0.42 + 0.17 * number, size=9.5)
        top = first
        for forest, tallness in zip(forests, tall, strict=True):
            ax = figure.add_axes(
                (
                    left / CLAIM_WIDTH,
                    1 - (top + tallness) / height,
                    (CLAIM_WIDTH - left - SIDE) / CLAIM_WIDTH,
                    tallness / height,
                )
            )
            limits = span_of(axes_of[forest.axis])
            draw_forest(ax, forest, limits, names=True, width=CLAIM_NAME_WIDTH)
            top += tallness + BETWEEN
        _paragraph(figure, lines, SIDE, height - below + 0.08)
    return figure


def save_png(figure: Figure, path: Path) -> None:
    """Write a PNG, whole or not at all, the same bytes for the same figure. OSError passes."""
    with whole_file(path) as file, mpl.rc_context(style.theme()):
        figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None})


def _panel_height(forests: Sequence[Forest]) -> float:
    return max(LEAST_PANEL, ROW * max(len(forest.scores) for forest in forests))


def _panels(
    figure: Figure, forests: Sequence[Forest], top: float, tall: float, *, first: int
) -> None:
    """A row of panels from column ``first`` of three; names of rows are left of the first."""
    for column, forest in enumerate(forests, first):
        ax = _axes(figure, column, top, tall, first=first)
        draw_forest(ax, forest, span_of(forests), names=column == first, width=NAME_WIDTH)


def _axes(figure: Figure, column: int, top: float, tall: float, *, first: int = 0) -> Axes:
    """A panel in one of three columns, ``top`` inches from above.

    The columns from ``first`` on are equally wide, with room for names of rows left of them.
    """
    width, height = figure.get_size_inches()
    left, gap = 0.99, 0.3
    wide = (width - left - SIDE - 2 * gap) / 3
    left += first * (wide + gap)
    if first:
        left += NAME_WIDTH - gap + 0.1
        wide = (width - SIDE - left - (2 - first) * gap) / (3 - first)
    place = left + (column - first) * (wide + gap)
    box = (place / width, 1 - (top + tall) / height, wide / width, tall / height)
    return figure.add_axes(box)


def _write(figure: Figure, text: str, x: float, y: float, *, size: float, **look: Any) -> None:
    """A line, ``y`` inches from above."""
    width, height = figure.get_size_inches()
    place = x / width, 1 - y / height
    figure.text(*place, text, fontsize=size, va="top", parse_math=False, **look)


def _paragraph(figure: Figure, lines: Sequence[str], x: float, y: float) -> None:
    """Small grey lines, the first ``y`` inches from above."""
    for number, line in enumerate(lines):
        at = y + CAPTION_LINE * number
        _write(figure, line, x, at, size=CAPTION_SIZE, color=style.TEXT_GREY)


def _profile(ax: Axes, profiles: Sequence[ProfileCurve], measure: str, tall: float) -> None:
    """Stairways in a panel of ``tall`` inches, and beneath them which is whose: all end at 0, where
    names would coincide."""
    ax.set_title("Performance profile of final J", loc="left", weight="bold", fontsize=9.5)
    for curve in profiles:
        look = curve.look
        ax.plot(
            curve.thresholds,
            curve.share,
            label=elide(curve.label, KEY_NAME, KEY_SIZE),
            color=look.colour,
            linestyle=look.line,
            lw=look.width * 0.8,
            zorder=look.zorder,
            drawstyle="steps-post",
        )
        if not np.isnan(curve.low).any():
            ax.fill_between(
                curve.thresholds,
                curve.low,
                curve.high,
                color=look.colour,
                lw=0,
                step="post",
                alpha=style.BAND_ALPHA * style.fade(len(profiles)),
            )
    ax.set_ylim(-0.03, 1.03)
    ax.set_xlabel(f"{measure}: threshold")
    ax.set_ylabel("share of runs above it")
    if profiles:
        key = ax.legend(
            loc="upper left",
            bbox_to_anchor=(0.0, -BELOW / tall),
            ncols=2,
            frameon=False,
            fontsize=KEY_SIZE,
            handlelength=3.2,
            borderpad=0.0,
            borderaxespad=0.0,
        )
        for text in key.get_texts():
            text.set_parse_math(False)
    ax.grid(axis="y", color="#E4E4E4", lw=0.6)
    ax.set_axisbelow(True)
