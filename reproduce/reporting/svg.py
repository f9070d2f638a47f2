"""Curves as SVG: a panel is a few paths on a sheet of 400 x 260, scaled by whoever shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape

import numpy as np
from matplotlib.markers import MarkerStyle
from matplotlib.ticker import MaxNLocator

from figures.end_labels import cut_apart, spread
from figures.metrics import is_asked
from figures.phase_axis import OFFLINE_NAME, OFFLINE_SHARE, step_name
from figures.style import MethodStyle

WIDTH, HEIGHT = 400, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 84, 8, 40
LABEL_GAP = 11.5
"""From the name at one curve's end to the next."""
MOST_LABELS = 18
LETTERS = 14
"""Of a name, unless a shorter one would be that of another curve."""
MARKERS = 6
MARKER_RADIUS = 3.6
Scale = Callable[[float], float]


def decimal(value: float) -> str:
    """At most one digit after the point: a tenth of a pixel."""
    found = f"{value:.1f}".removesuffix(".0")
    return "0" if found == "-0" else found


def path(points: Sequence[tuple[float, float]], closed: bool = False) -> str:
    """The ``d`` of a line through ``points``."""
    steps = "L".join(f"{decimal(x)},{decimal(y)}" for x, y in points)
    return f"M{steps}{'Z' if closed else ''}"


def phase_scale(first: float, last: float) -> Scale:
    """Steps to the sheet: the offline phase has the same share of every panel, on its own scale."""
    offline, online = max(-first, 0.0), max(last, 0.0)
    wide = WIDTH - LEFT - RIGHT
    zero = 0.0 if not offline else OFFLINE_SHARE if online else 1.0

    def scale(step: float) -> float:
        if step < 0:
            return LEFT + wide * zero * (1 + step / offline)
        return LEFT + wide * (zero + (1 - zero) * step / (online or 1.0))

    return scale


def linear(low: float, high: float) -> Scale:
    """Values to the sheet, upwards."""
    tall = HEIGHT - TOP - BOTTOM
    return lambda value: TOP + tall * (high - value) / (high - low)


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round values within the axis."""
    found = MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(value) for value in found if low <= value <= high]


def label_of(value: float) -> str:
    """``0.5``, ``20k``; minus is U+2212."""
    return step_name(value) if abs(value) >= 1e4 else f"{value:.6g}".replace("-", "−")


def frame(first: float, last: float, limits: tuple[float, float], online: str) -> Iterator[str]:
    """What lies beneath the curves: the shaded offline phase, grid, ticks and names of phases."""
    x, y = phase_scale(first, last), linear(*limits)
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    if first < 0:
        yield (
            f'<rect class="off" x="{LEFT}" y="{TOP}" width="{decimal(x(0) - LEFT)}" '
            f'height="{bottom - TOP}"/>'
        )
    for value in ticks(*limits):
        yield f'<path class="grid" d="M{LEFT},{decimal(y(value))}H{right}"/>'
        yield text(LEFT - 5, y(value) + 3.5, label_of(value), "end")
    if first < 0:
        yield f'<path class="zero" d="M{decimal(x(0))},{TOP}V{bottom}"/>'
        yield text(x(first), bottom + 14, step_name(first), "start")
        yield text((LEFT + x(0)) / 2, bottom + 30, OFFLINE_NAME, "middle")
    for value in ticks(0, last, 4) if last > 0 else [0.0]:
        yield text(x(value), bottom + 14, step_name(value), "middle")
    if last > 0:
        yield text((x(0) + right) / 2, bottom + 30, online, "middle")
    yield f'<path class="axis" d="M{LEFT},{TOP}V{bottom}H{right}"/>'


def rules(
    values: Sequence[float], names: Sequence[str], limits: tuple[float, float]
) -> Iterator[str]:
    """Values across the panel, each with its name; those that a claim asks for stand out."""
    y, right = linear(*limits), WIDTH - RIGHT
    for number, value in enumerate(values):
        asked = number < len(names) and is_asked(names[number])
        kind = "rule asked" if asked else "rule"
        yield f'<path class="{kind}" d="M{LEFT},{decimal(y(value))}H{right}"/>'
        if number < len(names):
            yield text(LEFT + 4, y(value) - 3, names[number], "start", "rule-name")


def text(x: float, y: float, words: str, anchor: str, kind: str = "") -> str:
    """A text element at (x, y) in pixels, escaped; ``anchor`` is SVG's, ``kind`` a class."""
    classes = f' class="{kind}"' if kind else ""
    return (
        f'<text{classes} x="{decimal(x)}" y="{decimal(y)}" text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )


def marked(points: Sequence[tuple[float, float]], offset: float) -> list[tuple[float, float]]:
    """Which points have a marker: evenly spread, moved by ``offset`` in [0, 1) of the way to the
    next, so that curves that coincide show both."""
    if len(points) <= MARKERS:
        return list(points)
    first, last = points[0][0], points[-1][0]
    wanted = first + (np.arange(MARKERS) + offset) / MARKERS * (last - first)
    places = np.array([x for x, _ in points])
    return [points[n] for n in sorted({int(np.abs(places - place).argmin()) for place in wanted})]


def end_labels(
    ends: Sequence[tuple[str, str, float, float]], names: Sequence[str]
) -> Iterator[str]:
    """Names at the ends of curves, moved apart; none if too many. ``ends``: (class, name, x, y);
    ``names``: of all curves of the chart.

    A thin line leads from each end to the edge of the panel and to the name.
    """
    if not 0 < len(ends) <= MOST_LABELS:
        return
    heights = spread(np.array([y for *_, y in ends]), LABEL_GAP, TOP + 2.0, HEIGHT - BOTTOM + 4.0)
    right = WIDTH - RIGHT
    written = cut_apart(names, LETTERS, short)
    for (kind, name, x, y), placed in zip(ends, heights, strict=True):
        yield (
            f'<g class="end {kind}" data-m="{escape(name)}">'
            f'<path d="M{decimal(x)},{decimal(y)}H{right}L{right + 10},{decimal(placed)}"/>'
            f"{text(right + 13, placed + 3.5, written[name], 'start')}</g>"
        )


def short(name: str, most: float) -> str:
    """``name``, or its two ends, of at most so many letters."""
    letters = int(most)
    return name if len(name) <= letters else f"{name[: letters - 5]}…{name[-4:]}"


def dash(look: MethodStyle, width: float) -> str:
    """``stroke-dasharray`` of a Matplotlib dash pattern, which counts in line widths."""
    if isinstance(look.line, str):
        return ""
    parts = " ".join(decimal(part * width) for part in look.line[1])
    return f' stroke-dasharray="{parts}"'


def marker_path(look: MethodStyle) -> str:
    """The ``d`` of a method's marker, around (0, 0), of one size in the eye."""
    marker = MarkerStyle(look.marker)
    shape = marker.get_path().transformed(marker.get_transform())
    polygons = [np.asarray(polygon, dtype=np.float64) for polygon in shape.to_polygons()]
    span = max(float(np.abs(polygon).max()) for polygon in polygons)
    scale = MARKER_RADIUS / span
    return "".join(
        path([(float(x) * scale, -float(y) * scale) for x, y in polygon[:-1]], closed=True)
        for polygon in polygons
    )
