"""Names at the ends of curves, right of a panel, moved apart where they would overlap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures.labels import label, split_label
from figures.layout import elide, inches
from figures.statistics.across_seeds import Floats
from figures.style import PANEL_HEIGHT

SIZE = 7.4
LINE = 0.118
"""Inches from one name to the next."""
WIDEST = 1.15
"""Inches of a name, unless a shorter one would be that of another curve."""
LEADER = 0.16
"""Inches between the panel and its names."""
_DARKEST_ENOUGH = 0.55


@dataclass(frozen=True)
class End:
    """Where a curve ends: its name and colour, and its last step and value."""

    name: str
    colour: str
    step: float
    value: float


def margin(names: Sequence[str]) -> float:
    """Inches that the names need right of a panel; 0 where there are too many to be told apart."""
    if not names or not fit(len(names)):
        return 0.0
    return LEADER + max(inches(short, SIZE) for short in short_names(names).values()) + 0.04


def fit(count: int) -> bool:
    """Whether so many names have room beside a panel."""
    return count * LINE <= PANEL_HEIGHT + LINE


def label_ends(ax: Axes, ends: Sequence[End], names: Sequence[str] = ()) -> None:
    """Write the names; a thin line leads from each curve to its own.

    To be called when the limits of the axes are final. ``names``: of all curves of the figure, so
    that a curve has one short name in all panels; those of ``ends`` if none are given.
    """
    if not fit(len(ends)):
        return
    short = short_names(names or [end.name for end in ends])
    width, height = _size(ax)
    ax.get_ylim()  # decides limits that are still to follow the curves
    to_axes = ax.transData + ax.transAxes.inverted()
    places = np.array([to_axes.transform((end.step, end.value)) for end in ends]).reshape(-1, 2)
    heights = spread(places[:, 1], LINE / height, -0.02, 1.02)
    for end, (x, y), placed in zip(ends, places, heights, strict=True):
        leader = Line2D(
            [x, 1.0, 1 + 0.85 * LEADER / width],
            [y, y, placed],
            transform=ax.transAxes,
            color=end.colour,
            lw=0.6,
            alpha=0.7,
        )
        _figure(ax).add_artist(leader)
        ax.text(
            1 + LEADER / width,
            placed,
            short[end.name],
            transform=ax.transAxes,
            fontsize=SIZE,
            color=readable(end.colour),
            va="center",
            ha="left",
            parse_math=False,
        )


def spread(wanted: Floats, gap: float, low: float, high: float) -> Floats:
    """Places as near to ``wanted`` as can be, in its order, no two closer than ``gap``.

    Least squares: isotonic regression of the places less their share of gaps, within [low, high]
    where they fit. wanted, result: (n,).
    """
    count = len(wanted)
    order = np.argsort(wanted, kind="stable")
    offsets = gap * np.arange(count)
    blocks: list[list[float]] = []  # (mean, size)
    for value in wanted[order] - offsets:
        blocks.append([float(value), 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, size = blocks.pop()
            before = blocks[-1]
            before[0] = (before[0] * before[1] + mean * size) / (before[1] + size)
            before[1] += size
    fitted = np.concatenate([[mean] * int(size) for mean, size in blocks] or [[]])
    result = np.empty(count)
    room = max(low, high - gap * (count - 1))
    result[order] = np.clip(fitted, low, room) + offsets
    return result


def readable(colour: str) -> str:
    """``colour``, darker where it is too light for small letters on white."""
    rgb = np.array(to_rgb(colour))
    light = float(rgb @ (0.2126, 0.7152, 0.0722))
    return to_hex(tuple(rgb * min(1.0, _DARKEST_ENOUGH / max(light, 1e-9))))


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Every name, cut to ``WIDEST``: see ``cut_apart``."""
    return cut_apart(names, WIDEST, lambda name, width: elide(name, width, SIZE))


def cut_apart(
    names: Sequence[str], width: float, cut: Callable[[str, float], str]
) -> dict[str, str]:
    """Names without what all variants share, each cut to ``width``, or to the least more at which
    no two are the same.

    ``cut(name, width)`` shortens one name and leaves a short one as it is.
    """
    every = list(dict.fromkeys(names))
    bare = dict(zip(every, _without_shared(every), strict=True))
    while True:
        found = {name: cut(bare[name], width) for name in every}
        if len(set(found.values())) == len(every) or found == bare:
            return found
        width *= 1.1


def _without_shared(names: Sequence[str]) -> list[str]:
    """``AWAC [policy=A]``, ``BC [policy=B]`` -> ``AWAC [A]``, ``BC [B]``: words with which the
    brackets of all variants begin say nothing about any of them."""
    pairs = [split_label(name) for name in names]
    variants = {variant for _, variant in pairs if variant}
    if len(variants) < 2:
        return list(names)
    first, last = min(variants), max(variants)  # what these two share, all share
    both = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    shared = "".join(letter for letter, _ in both)
    start = max(shared.rfind("="), shared.rfind(",")) + 1
    if not shared[:start].endswith("="):  # a path of keys, not the digits of a number
        start = max(start, shared.rfind(".") + 1)
    short = [label(method, variant[start:]) for method, variant in pairs]
    return short if len(set(short)) == len(set(names)) else list(names)


def _size(ax: Axes) -> tuple[float, float]:
    """Inches of a panel."""
    place, (width, height) = ax.get_position(), _figure(ax).get_size_inches()
    return float(place.width * width), float(place.height * height)


def _figure(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    assert figure is not None  # every panel was added to one
    return figure
