"""Where the parts of the ablation figure stand, in inches: a column of names, a forest a task, the
swept settings beneath, legend and caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures.layout import (
    AXIS_NAME_HEIGHT,
    BOTTOM,
    CAPTION_LINE,
    CAPTION_SIZE,
    LEGEND_PAD,
    LEGEND_ROW,
    LEGEND_SIZE,
    PANEL_TITLE_HEIGHT,
    TITLE_LINE,
    TITLE_PAD,
    TITLE_SIZE,
    Paragraph,
    wrap,
    write_caption,
    write_title,
)
from figures.style import PANEL_HEIGHT, TEXT_GREY

LEFT, RIGHT = 0.2, 0.25
NAMES, GAP = 2.75, 0.62
PANEL_WIDTH = {1: 4.6, 2: 3.3, 3: 2.7}
NARROW = 2.4
NAME_SIZE, NAME_LINE, ROW_PAD = 8.0, 0.142, 0.1
SWEEP_GAP = 0.2


@dataclass(frozen=True)
class Name:
    """A row of the forest: its name and, in grey beneath, what it changes."""

    name: str
    purpose: str


@dataclass(frozen=True)
class ForestPage:
    """``forests[column]``, with rows at y = 0, 1, ... from the top; ``sweeps[row][column]``."""

    figure: Figure
    forests: list[Axes]
    sweeps: list[list[Axes]]


def compose(
    names: Sequence[Name],
    columns: int,
    sweeps: Sequence[Paragraph],
    *,
    title: str,
    legend: Sequence[Line2D],
    caption: Sequence[Paragraph],
) -> ForestPage:
    """A figure just tall enough. ``sweeps``: the text beside each row of sweep panels.

    Without ``names`` there is no forest. Call within the theme.
    """
    wide = PANEL_WIDTH.get(columns, NARROW)
    width = LEFT + NAMES + columns * wide + (columns - 1) * GAP + RIGHT
    texts = [wrap(f"{n.name}", NAMES - 0.25, NAME_SIZE, "bold") for n in names]
    notes = [wrap(n.purpose, NAMES - 0.25, NAME_SIZE) for n in names]
    heights = [(len(t) + len(n)) * NAME_LINE + ROW_PAD for t, n in zip(texts, notes, strict=True)]
    row_height = max(heights, default=0.0)
    lines = [
        (line, paragraph.colour)
        for paragraph in caption
        for line in wrap(paragraph.text, width - LEFT - RIGHT, CAPTION_SIZE)
    ]
    below = BOTTOM + len(lines) * CAPTION_LINE + LEGEND_PAD + LEGEND_ROW
    title_lines = wrap(title, width - LEFT - RIGHT, TITLE_SIZE, weight="bold")
    above = TITLE_PAD + len(title_lines) * TITLE_LINE + PANEL_TITLE_HEIGHT
    forest = len(names) * row_height
    blocks = [forest] * bool(names) + [PANEL_HEIGHT] * len(sweeps)
    inner = sum(blocks) + len(blocks) * AXIS_NAME_HEIGHT + (len(blocks) - 1) * SWEEP_GAP
    height = above + inner + below

    figure = Figure(figsize=(width, height))

    def add(top: float, tall: float, column: int) -> Axes:
        left = LEFT + NAMES + column * (wide + GAP)
        box = (left / width, (top - tall) / height, wide / width, tall / height)
        return figure.add_axes(box)

    def write(x: float, y: float, line: str, size: float, **look: Any) -> None:
        figure.text(x / width, y / height, line, fontsize=size, va="top", parse_math=False, **look)

    write_title(figure, title_lines, left=LEFT)
    top = height - above
    forests: list[Axes] = []
    if names:
        forests = [add(top, forest, column) for column in range(columns)]
        for ax in forests:
            ax.set_ylim(len(names) - 0.5, -0.5)
            ax.set_yticks([])
        for number, (text, note) in enumerate(zip(texts, notes, strict=True)):
            block = (len(text) + len(note)) * NAME_LINE
            y = top - (number + 0.5) * row_height + block / 2
            for line in text:
                write(LEFT, y, line, NAME_SIZE, weight="bold")
                y -= NAME_LINE
            for line in note:
                write(LEFT, y, line, NAME_SIZE, color=TEXT_GREY)
                y -= NAME_LINE
        top -= forest + AXIS_NAME_HEIGHT + SWEEP_GAP
    grid: list[list[Axes]] = []
    for paragraph in sweeps:
        grid.append([add(top, PANEL_HEIGHT, column) for column in range(columns)])
        y = top
        for line in wrap(paragraph.text, NAMES - 0.75, NAME_SIZE):
            write(LEFT, y, line, NAME_SIZE, color=paragraph.colour)
            y -= NAME_LINE
        top -= PANEL_HEIGHT + AXIS_NAME_HEIGHT + SWEEP_GAP
    figure.legend(
        handles=list(legend),
        loc="upper center",
        ncols=len(legend),
        frameon=False,
        bbox_to_anchor=((LEFT + (width - LEFT - RIGHT) / 2) / width, (below - 0.02) / height),
        fontsize=LEGEND_SIZE,
        columnspacing=1.6,
        borderpad=0.0,
    )
    write_caption(figure, lines, left=LEFT)
    return ForestPage(figure, forests, grid)
