"""Names at the ends of curves, right of a panel, moved apart where they would overlap."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.lines import Line2D

from figures.labels import label, method_of, split_label
from figures.layout import elide, figure_of, inches, size_of
from figures.statistics.across_seeds import Floats
from figures.style import PANEL_HEIGHT

SIZE = 7.4
LINE = 0.118
"""Inches from one name to the next."""
WIDEST, WIDEST_OF_MANY = 1.3, 0.9
"""Inches of a name, unless a shorter one would be that of another curve: beside up to two panels,
and where more of them share the page."""
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


def widest(columns: int) -> float:
    """Inches of a name in a figure of so many columns."""
    return WIDEST if columns < 3 else WIDEST_OF_MANY


def margin(names: Collection[str]) -> float:
    """Inches that (short) names need right of a panel; 0 where there are too many to be told
    apart."""
    if not names or not fit(len(names)):
        return 0.0
    return LEADER + max(inches(name, SIZE) for name in names) + 0.04


def fit(count: int) -> bool:
    """Whether so many names have room beside a panel."""
    return count * LINE <= PANEL_HEIGHT + LINE


def label_ends(ax: Axes, ends: Sequence[End]) -> None:
    """Write the (short) names; a thin line leads from each curve to its own.

    To be called when the limits of the axes are final.
    """
    if not fit(len(ends)):
        return
    width, height = size_of(ax)
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
        figure_of(ax).add_artist(leader)
        ax.text(
            1 + LEADER / width,
            placed,
            end.name,
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


def short_names(names: Sequence[str], width: float = WIDEST) -> dict[str, str]:
    """Every name, cut to ``width`` inches: see ``cut_apart``."""
    return cut_apart(names, width, lambda name, wide: elide(name, wide, SIZE))


def cut_apart(
    names: Sequence[str], width: float, cut: Callable[[str, float], str]
) -> dict[str, str]:
    """Names short enough for ``width``, no two of them the same.

    What all variants share goes first, then the names of settings that all share, then those that
    the variants of one method share. What is still too wide loses its middle, and has a little more
    room where that would make two names one.

    Args:
        names: of all curves.
        width: of the names, in the unit of ``cut``.
        cut: shortens a name to a width; leaves a short one as it is.
    """
    every = list(dict.fromkeys(names))
    for shorter in (_whole, _without_shared_settings, _without_shared_keys, _without_own_keys):
        bare = shorter(every)
        if len(set(bare)) < len(every):
            continue
        shown = bare
        if all(cut(name, width) == name for name in bare):
            break
    while True:
        found = [cut(name, width) for name in shown]
        if len(set(found)) == len(every) or found == shown:
            return dict(zip(every, found, strict=True))
        width *= 1.1


def _whole(names: Sequence[str]) -> list[str]:
    return list(names)


def _without_shared_settings(names: Sequence[str]) -> list[str]:
    """``AWAC [batch,a.b=1]``, ``AWAC [batch,a.c=1]`` -> ``AWAC [b=1]``, ``AWAC [c=1]``."""
    return _from(names, _shared(names, keys=False))


def _without_shared_keys(names: Sequence[str]) -> list[str]:
    """``AWAC [policy=A]``, ``BC [policy=B]`` -> ``AWAC [A]``, ``BC [B]``."""
    return _from(names, _shared(names, keys=True))


def _without_own_keys(names: Sequence[str]) -> list[str]:
    """``BRAC [a=1]``, ``BRAC [a=2]``, ``BC [b=3]`` -> ``BRAC [1]``, ``BRAC [2]``, ``BC [b=3]``."""
    short = _without_shared_keys(names)
    own = {
        method: _shared([name for name in short if method_of(name) == method], keys=True)
        for method in map(method_of, short)
    }
    return [_from([name], own[method_of(name)])[0] for name in short]


def _from(names: Sequence[str], start: int) -> list[str]:
    pairs = [split_label(name) for name in names]
    return [label(method, variant[start:]) for method, variant in pairs]


def _shared(names: Sequence[str], *, keys: bool) -> int:
    """How many letters at the beginning of all variants say nothing about any of them: whole
    settings and the path of a key, with ``keys`` also the key."""
    variants = {variant for _, variant in map(split_label, names) if variant}
    if len(variants) < 2:
        return 0
    first, last = min(variants), max(variants)  # what these two share, all share
    both = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    shared = "".join(letter for letter, _ in both)
    key = shared.rfind("=") + 1
    start = shared.rfind(",") + 1
    if key > start:  # within a value
        return key if keys else max(start, shared.rfind(".", 0, key) + 1)
    return max(start, shared.rfind(".") + 1)
