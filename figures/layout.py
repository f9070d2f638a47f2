"""Where things stand on the page, in inches: title, panels, legend, caption, none overlapping."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.textpath import TextToPath

from figures.style import PANEL_HEIGHT, TEXT_GREY, panel_width

LEFT, RIGHT = 0.68, 0.18
GAP_SHARED, GAP_OWN, ROW_GAP = 0.18, 0.55, 0.26
TITLE_SIZE, TITLE_LINE, TITLE_PAD = 12.0, 0.23, 0.19
PANEL_TITLE_HEIGHT, AXIS_NAME_HEIGHT = 0.5, 0.56
LEGEND_ROW, LEGEND_PAD, LEGEND_ENTRY_EXTRA = 0.235, 0.14, 0.9
CAPTION_SIZE, CAPTION_LINE, BOTTOM = 8.2, 0.155, 0.12
LEGEND_SIZE, LEGEND_LINE = 8.8, 0.15

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Paragraph:
    """A piece of caption and its colour."""

    text: str
    colour: str = TEXT_GREY


@dataclass(frozen=True)
class Page:
    """A figure with its panels, ``axes[band][row][column]``; columns without a panel are absent."""

    figure: Figure
    axes: list[list[dict[int, Axes]]]


def compose(
    rows: int,
    bands: Sequence[Collection[int]],
    *,
    title: str,
    legend: Sequence[Line2D],
    caption: Sequence[Paragraph],
    share_y: Sequence[bool],
    beside: float = 0.0,
    more_above: float = 0.0,
    more_below: float = 0.0,
) -> Page:
    """Make a figure just tall enough for its panels, legend and caption.

    ``bands`` stand above each other. Each has ``rows`` rows of panels in the columns that it names,
    headings above them and names of axes below. ``beside`` is the room in inches that is left free
    to the right of every panel, ``more_above`` and ``more_below`` what headings and names of axes
    need beyond a line each.

    ``legend`` holds one proxy line a method, with its label set; ``share_y`` says of each row
    whether its panels share their y axis, in all bands. Call within the theme.
    """
    columns = columns_of(bands)
    gap = (GAP_SHARED if all(share_y) else GAP_OWN) + beside
    wide = panel_width(columns)
    width = LEFT + columns * wide + (columns - 1) * gap + max(RIGHT, beside + 0.08)
    labels = [str(line.get_label()) for line in legend]
    per_row = _legend_columns(labels, width - LEFT - RIGHT)
    wrapped = [
        wrap(label, width - LEFT - RIGHT - LEGEND_ENTRY_EXTRA, LEGEND_SIZE) for label in labels
    ]
    legend_height = _legend_height([len(lines) for lines in wrapped], per_row)
    title_lines = wrap(title, width - LEFT - RIGHT, TITLE_SIZE, weight="bold")
    lines = [
        (line, paragraph.colour)
        for paragraph in caption
        for line in wrap(paragraph.text, width - LEFT - RIGHT, CAPTION_SIZE)
    ]
    below = BOTTOM + len(lines) * CAPTION_LINE + LEGEND_PAD + legend_height
    above = TITLE_PAD + len(title_lines) * TITLE_LINE
    heads, names = PANEL_TITLE_HEIGHT + more_above, AXIS_NAME_HEIGHT + more_below
    band_height = heads + rows * PANEL_HEIGHT + (rows - 1) * ROW_GAP + names
    height = above + len(bands) * band_height + below

    figure = Figure(figsize=(width, height))
    tops = [height - above - number * band_height - heads for number in range(len(bands))]
    axes = _place_panels(figure, rows, bands, wide, gap, tops, share_y)
    write_title(figure, title_lines, left=LEFT)
    if legend:
        drawn = figure.legend(
            handles=_row_by_row(legend, per_row),
            labels=_row_by_row(["\n".join(lines) for lines in wrapped], per_row),
            loc="upper center",
            bbox_to_anchor=((LEFT + (width - LEFT - RIGHT) / 2) / width, (below - 0.02) / height),
            ncols=per_row,
            frameon=False,
            fontsize=LEGEND_SIZE,
            handlelength=4.4,
            columnspacing=1.6,
            borderpad=0.0,
        )
        for text in drawn.get_texts():
            text.set_parse_math(False)
    write_caption(figure, lines, left=LEFT)
    return Page(figure, axes)


def write_title(figure: Figure, lines: Sequence[str], *, left: float) -> None:
    """Write the lines of a title at the top, ``left`` inches from the edge."""
    width, height = (float(side) for side in figure.get_size_inches())
    for number, line in enumerate(lines):
        figure.text(
            left / width,
            1 - (0.13 + number * TITLE_LINE) / height,
            line,
            fontsize=TITLE_SIZE,
            weight="bold",
            va="top",
            parse_math=False,
        )


def write_caption(figure: Figure, lines: Sequence[tuple[str, str]], *, left: float) -> None:
    """Write the lines of a caption, each with its colour, at the bottom."""
    width, height = (float(side) for side in figure.get_size_inches())
    for number, (line, colour) in enumerate(lines):
        y = BOTTOM + (len(lines) - number) * CAPTION_LINE
        figure.text(
            left / width,
            y / height,
            line,
            fontsize=CAPTION_SIZE,
            color=colour,
            va="top",
            parse_math=False,
        )


def figure_of(ax: Axes) -> Figure:
    """The figure that a panel was added to."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def size_of(ax: Axes) -> tuple[float, float]:
    """Width and height of a panel in inches."""
    place, (width, height) = ax.get_position(), figure_of(ax).get_size_inches()
    return float(place.width * width), float(place.height * height)


def columns_of(bands: Sequence[Collection[int]]) -> int:
    """How many columns of panels the bands take."""
    return 1 + max(max(band) for band in bands)


def wrap(text: str, width: float, size: float, weight: str = "normal") -> list[str]:
    """Break ``text`` into lines of at most ``width`` inches at ``size`` points, by measuring it.

    Words longer than a line are broken, so nothing can run off the page.
    """
    width *= 0.99  # glyphs are placed on whole pixels, a little wider than their outlines
    lines: list[str] = []
    for word in text.split():
        pieces = [word]
        while (long := inches(pieces[-1], size, weight)) > width and len(pieces[-1]) > 1:
            fits = max(1, int(len(pieces[-1]) * width / long) - 1)
            pieces[-1:] = [pieces[-1][:fits], pieces[-1][fits:]]
        for piece in pieces:
            joined = f"{lines[-1]} {piece}" if lines else piece
            if lines and inches(joined, size, weight) <= width:
                lines[-1] = joined
            else:
                lines.append(piece)
    return lines


def elide(text: str, width: float, size: float) -> str:
    """``text``, or its two ends where it is wider than ``width`` inches at ``size`` points."""
    kept = len(text)
    short = text
    while kept > 2 and inches(short, size) > width:
        kept = min(kept - 1, int(kept * width / inches(short, size)) + 1)
        short = f"{text[: -(-kept // 2)]}…{text[len(text) - kept // 2 :]}"
    return short


def _row_by_row(entries: Sequence[Entry], per_row: int) -> list[Entry]:
    """Reorder for Matplotlib, which fills a legend by column, so that it reads by row."""
    return [entry for column in range(per_row) for entry in entries[column::per_row]]


def _legend_height(lines: Sequence[int], per_row: int) -> float:
    """Inches of a legend whose entries, row by row, have so many lines."""
    rows = [max(lines[first : first + per_row]) for first in range(0, len(lines), per_row)]
    return sum(LEGEND_ROW + (most - 1) * LEGEND_LINE for most in rows)


def inches(text: str, size: float, weight: str = "normal") -> float:
    """Width of ``text`` at ``size`` points."""
    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    return float(TextToPath().get_text_width_height_descent(text, font, ismath=False)[0]) / 72


def _legend_columns(labels: Sequence[str], width: float) -> int:
    """How many legend entries fit side by side; full rows of equal length where possible."""
    if not labels:
        return 1
    entry = max(inches(label, LEGEND_SIZE) for label in labels) + LEGEND_ENTRY_EXTRA
    fit = max(1, min(len(labels), int(width / entry)))
    return -(-len(labels) // -(-len(labels) // fit))


def _place_panels(
    figure: Figure,
    rows: int,
    bands: Sequence[Collection[int]],
    wide: float,
    gap: float,
    tops: Sequence[float],
    share_y: Sequence[bool],
) -> list[list[dict[int, Axes]]]:
    """Add the panels; ``tops`` are the upper edges of each band's first row in inches from the
    bottom."""
    width, height = (float(side) for side in figure.get_size_inches())
    first: dict[int, Axes] = {}
    axes: list[list[dict[int, Axes]]] = []
    for top, columns in zip(tops, bands, strict=True):
        band: list[dict[int, Axes]] = []
        for row in range(rows):
            bottom = top - (row + 1) * PANEL_HEIGHT - row * ROW_GAP
            line: dict[int, Axes] = {}
            for column in columns:
                left = LEFT + column * (wide + gap)
                box = (left / width, bottom / height, wide / width, PANEL_HEIGHT / height)
                shared = first.get(row) if share_y[row] else None
                line[column] = figure.add_axes(box, sharey=shared)
                first.setdefault(row, line[column])
            band.append(line)
        axes.append(band)
    return axes
