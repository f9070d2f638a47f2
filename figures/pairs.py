"""A figure as small multiples: AWAC beside one other method, a row a method, a column a task.

Where many methods end close together, their curves hide each other in one panel. Here each panel
has two.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import style
from figures.layout import (
    CAPTION_LINE,
    CAPTION_SIZE,
    TITLE_LINE,
    TITLE_SIZE,
    inches,
    wrap,
    write_caption,
    write_title,
)
from figures.learning_curves import Look, draw_aggregate, looks_of, span_of
from figures.metrics import Metric
from figures.panels import Panel, panels_of, rows_of
from figures.phase_axis import name_phases, set_phase_axis
from figures.rule_lines import draw_rules
from figures.statistics.across_seeds import curve

REFERENCE = "AWAC"
WIDTHS, TALL = (4.2, 3.0, 2.35), 0.95
"""Of one panel in a figure of one, two, and more columns; height of a panel; inches."""
GAP, ROW_GAP = 0.3, 0.16
LEFT_OF_TICKS, TICKS, RIGHT = 0.12, 0.5, 0.15
HEADS, NAMES = 0.3, 0.6
NAME_SIZE = 8.5
CAPTION = (
    f"Blue, in every panel: {REFERENCE}. The other curve is the method that names the row. "
    "Lines: interquartile mean over seeds (mean below four). Bands: 95 % percentile bootstrap over "
    "seeds, from five seeds on. Shaded background left of 0: offline phase, on its own scale."
)


def draw_pairs(
    frame: pd.DataFrame,
    *,
    panels: Sequence[str],
    metric: Metric,
    title: str,
    caption: str = "",
) -> Figure | None:
    """Draw the reference beside each other method.

    Args:
        frame: as ``table.read_results`` returns it.
        panels: task ids, in the order of the columns. A task with several data sources or profiles
            has a column for each in which the reference was run.
        metric: what is drawn.
        title: heading of the figure.
        caption: closing sentences.

    Returns:
        The figure, or None where the reference has no rows or nothing beside it.
    """
    every = [p for p in panels_of(frame, panels) if REFERENCE in set(p.rows(frame)["label"])]
    drawn = rows_of(every, frame) if every else frame.iloc[:0]
    looks = looks_of(drawn) if every else []
    ours = next((look for look in looks if look.label == REFERENCE), None)
    others = [look for look in looks if look.label != REFERENCE]
    if ours is None or not others:
        return None
    aggregates = curve(drawn, metric.column)
    values = aggregates[["centre", "low", "high"]].to_numpy(dtype=float)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = 0.05 * max(high - low, 1e-9)
    names = max(inches(look.label, NAME_SIZE, "bold") for look in others) + 0.12
    left = LEFT_OF_TICKS + names + TICKS
    wide = WIDTHS[min(len(every), len(WIDTHS)) - 1]
    width = left + len(every) * wide + (len(every) - 1) * GAP + RIGHT
    text = wrap(f"{CAPTION} {caption}".strip(), width - 2 * RIGHT, CAPTION_SIZE)
    heading = wrap(title, width - 2 * RIGHT, TITLE_SIZE, weight="bold")
    above = 0.15 + len(heading) * TITLE_LINE + HEADS
    below = NAMES + len(text) * CAPTION_LINE + 0.15
    height = above + len(others) * (TALL + ROW_GAP) - ROW_GAP + below

    with mpl.rc_context(style.theme()):
        figure = Figure(figsize=(width, height))
        for row, look in enumerate(others):
            bottom = height - above - row * (TALL + ROW_GAP) - TALL
            figure.text(
                (LEFT_OF_TICKS + names - 0.06) / width,
                (bottom + TALL / 2) / height,
                look.label,
                color=look.style.colour,
                size=NAME_SIZE,
                weight="bold",
                ha="right",
                va="center",
                parse_math=False,
            )
            for column, panel in enumerate(every):
                place = left + column * (wide + GAP)
                box = (place / width, bottom / height, wide / width, TALL / height)
                ax = figure.add_axes(box, label=f"{look.label} on {panel.name}")
                _draw(ax, panel, drawn, aggregates, metric, (ours, look))
                ax.set_ylim(low - room, high + room)  # the same in all panels
                ax.tick_params(labelleft=column == 0, labelbottom=look is others[-1], labelsize=7)
                if row == 0:
                    ax.set_title(panel.title, loc="left", weight="bold", size=9.5)
                if look is others[-1]:
                    span = span_of(panel.rows(drawn))
                    name_phases(ax, *span, "online steps", wide, below=0.3 / TALL)
        write_title(figure, heading, left=RIGHT)
        write_caption(figure, [(line, style.TEXT_GREY) for line in text], left=RIGHT)
    return figure


def _draw(
    ax: Axes,
    panel: Panel,
    drawn: pd.DataFrame,
    aggregates: pd.DataFrame,
    metric: Metric,
    pair: tuple[Look, Look],
) -> None:
    """One panel; the second of ``pair`` is missing where it was not run."""
    set_phase_axis(ax, *span_of(panel.rows(drawn)))
    ax.grid(axis="y", color="#E4E4E4", lw=0.6, zorder=0)
    ax.set_axisbelow(True)
    draw_rules(ax, metric)
    mine = panel.rows(aggregates)
    for look in pair:
        thick = mine[mine["label"] == look.label]
        if not thick.empty:
            draw_aggregate(ax, thick, look, len(pair))
        elif look is pair[1]:
            place, said = ax.transAxes, "not run"
            ax.text(0.6, 0.45, said, transform=place, ha="center", size=7.5, color=style.TEXT_GREY)
