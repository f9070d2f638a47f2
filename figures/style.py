"""How a method looks, in every figure: one colour, one line style and one marker each.

A method that has no entry here (a user's own, or one from somebody else's CSV) takes its look from
its name: always the same, of colours, dash patterns and markers that no method here has.

Colours were chosen so that the paper's methods stay apart in normal vision and under simulated
deuteranopia and protanopia (``tests/figures/test_figures_style.py`` measures it). None of them is
grey, which means a single seed. Fifteen colours are more than an eye can tell apart with certainty,
so each method also has its own marker, and the line style names its family: solid for AWAC and SAC,
dashed for offline methods with an explicit constraint, dash-dotted for weighted maximum likelihood,
dotted for imitation and demonstrations.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import seaborn as sns
from matplotlib.colors import to_hex, to_rgb

from figures.labels import method_of, split_label

LineStyle = str | tuple[float, tuple[float, ...]]
Marker = str | tuple[int, int, int]
"""Of Matplotlib: a name, or (points, 1 for a star, degrees)."""

SOLID: LineStyle = "-"
DASHED: LineStyle = (0.0, (4.5, 1.6))
DASH_DOTTED: LineStyle = (0.0, (5.0, 1.5, 1.2, 1.5))
DOTTED: LineStyle = (0.0, (1.2, 1.3))
LONG_DASHED: LineStyle = (0.0, (8.0, 2.0))

# Variants of one method share its colour family; marker and dash pattern tell them apart.
VARIANT_LINES: tuple[LineStyle, ...] = (DASHED, DASH_DOTTED, DOTTED, LONG_DASHED, SOLID)
VARIANT_MARKERS: tuple[Marker, ...] = ("D", "^", "s", "v", "p", "o", "<", "P", ">", "X")
"""Of the second variant of a method and later ones, hollow; the first has its method's marker."""


SHADES = 6
"""Lighter ones, and as many darker ones: 12 shades and 5 dash patterns make 60 looks."""


@dataclass(frozen=True)
class MethodStyle:
    """The look of one curve: a colour as ``#RRGGBB``, a Matplotlib dash pattern and marker,
    the line width in points, the drawing order, and whether the marker is filled."""

    colour: str
    line: LineStyle
    marker: Marker
    width: float = 1.7
    zorder: float = 3.0
    filled: bool = True


# The order is that of every legend: the paper's methods first, later work after them.
_STYLES: dict[str, MethodStyle] = {
    "AWAC": MethodStyle("#0B4FBF", SOLID, "o", width=2.7, zorder=5.0),
    "SAC": MethodStyle("#D71918", SOLID, "s"),
    "SAC+BC": MethodStyle("#C98A3C", LONG_DASHED, "D"),
    "BC": MethodStyle("#1C7E4C", DOTTED, "X"),
    "BCQ": MethodStyle("#9772FE", DASHED, "P"),
    "BEAR": MethodStyle("#2F9E9E", DASHED, "^"),
    "AWR": MethodStyle("#562673", DASH_DOTTED, "v"),
    "MPO": MethodStyle("#ABB8F9", DASH_DOTTED, "p"),
    "ABM-MPO": MethodStyle("#3EDB1E", DASH_DOTTED, "h"),
    "DAPG": MethodStyle("#7D0A0A", DOTTED, "<"),
    "BRAC": MethodStyle("#74D6AE", DASHED, ">"),
    "IQL": MethodStyle("#2180BD", LONG_DASHED, "d"),
    "TD3+BC": MethodStyle("#803D7C", LONG_DASHED, "*"),
    "Cal-QL": MethodStyle("#2B23A2", LONG_DASHED, "H"),
    "RLPD": MethodStyle("#7A22FE", LONG_DASHED, "8"),
}

# For methods without an entry. The colours are those farthest from the ones above, to all eyes
# that the tests see with; 7 x 3 x 5 looks.
OTHER_COLOURS: tuple[str, ...] = (
    "#DD1166",
    "#201058",
    "#7799DD",
    "#992255",
    "#22BB88",
    "#6666DD",
    "#440022",
)
OTHER_LINES: tuple[LineStyle, ...] = (
    (0.0, (6.0, 1.3, 1.2, 1.3, 1.2, 1.3)),
    (0.0, (2.4, 1.2)),
    (0.0, (9.0, 1.5, 2.5, 1.5)),
)
OTHER_MARKERS: tuple[Marker, ...] = ((4, 1, 0), (3, 1, 0), (6, 1, 0), (4, 1, 45), (3, 1, 180))

METHOD_ORDER: tuple[str, ...] = tuple(_STYLES)
METHOD_COLOURS: MappingProxyType[str, str] = MappingProxyType(
    {method: style.colour for method, style in _STYLES.items()}
)

# Inches, keyed by the number of columns: fewer tasks get wider panels, so that the legend and the
# caption always have a full text width.
# Text of a fixed size is read at the width of a page, about 850 pixels: many wide panels would make
# it too small there.
PANEL_WIDTH: MappingProxyType[int, float] = MappingProxyType({1: 5.6, 2: 3.1, 3: 2.15})
NARROW_PANEL_WIDTH = 1.9
PANEL_HEIGHT = 2.25

BAND_ALPHA = 0.12
SEED_ALPHA = 0.38
SEED_WIDTH = 0.8
# Beyond this number of curves in a figure, seeds and bands fade: the aggregates stay legible.
FADE_BEYOND = 5

# Points. Crosses, stars and triangles cover less area than a disc of the same nominal size.
MARKER_SIZES: MappingProxyType[Marker, float] = MappingProxyType(
    {"o": 6.4, "s": 5.4, "D": 5.4, "X": 7.0, "P": 7.2, "^": 6.6, "v": 6.6, "<": 6.6, ">": 6.6}
)
OTHER_MARKER_SIZE = 6.8
OFFLINE_BACKGROUND = "#F1F1F1"
RULE = "#9A9A9A"
TEXT_GREY = "#444444"
SINGLE_SEED = "#ABABAB"


def method_style(method: str, variant_rank: int = 0) -> MethodStyle:
    """Style of ``method``; ``variant_rank`` 0 is the method itself, 1, 2, ... its variants.

    A variant is a lighter or darker shade of the method's colour with a hollow marker of its own
    and another dash pattern, so an ablation reads as one family. The first 60 variants of a method
    differ in shade or dash pattern; later ones repeat them.

    A method without an entry above has the look that its name gives it.
    """
    base = _STYLES.get(method) or _by_name(method)
    if variant_rank == 0:
        return base
    shade = 0.28 + 0.09 * ((variant_rank - 1) // 2 % SHADES)
    target = 1.0 if variant_rank % 2 else 0.0
    red, green, blue = ((1 - shade) * part + shade * target for part in to_rgb(base.colour))
    line = VARIANT_LINES[(variant_rank - 1) % len(VARIANT_LINES)]
    markers = [base.marker, *(each for each in VARIANT_MARKERS if each != base.marker)]
    marker = markers[(variant_rank - 1) % len(markers)]
    return MethodStyle(to_hex((red, green, blue)), line, marker, width=1.7, filled=False)


def styles_of(labels: Iterable[str]) -> dict[str, MethodStyle]:
    """The style of every label among ``labels``, in the order of legends: variants of a method are
    counted in that order."""
    found: dict[str, MethodStyle] = {}
    variants: dict[str, int] = {}
    for label in sorted(set(labels), key=place_of):
        method, variant = split_label(label)
        variants[method] = variants.get(method, 0) + bool(variant)
        found[label] = method_style(method, variants[method] if variant else 0)
    return found


def _by_name(method: str) -> MethodStyle:
    """The look of a method without an entry: the same in every figure and on every machine."""
    digest = hashlib.sha256(method.encode()).digest()
    return MethodStyle(
        OTHER_COLOURS[digest[0] % len(OTHER_COLOURS)],
        OTHER_LINES[digest[1] % len(OTHER_LINES)],
        OTHER_MARKERS[digest[2] % len(OTHER_MARKERS)],
        width=2.2,
        zorder=4.0,
    )


def place_of(label: str) -> tuple[int, str, str]:
    """What labels such as ``AWAC [Q-beta]`` are sorted by, in every figure and table: the methods
    in the order above, each before its variants, then those without an entry by name."""
    method = method_of(label)
    known = METHOD_ORDER.index(method) if method in METHOD_ORDER else len(METHOD_ORDER)
    return known, method, label


def singles(seeds: Mapping[str, int]) -> set[str]:
    """Labels that are grey: of one seed (``seeds`` by label) where another label has more.

    A method that has no place in ``METHOD_ORDER`` is a reader's own, and keeps its colour.
    """
    if max(seeds.values(), default=0) <= 1:
        return set()
    return {
        label for label, count in seeds.items() if count == 1 and method_of(label) in METHOD_ORDER
    }


def without_prior_data(look: MethodStyle) -> MethodStyle:
    """``look`` for runs without prior data beside runs with: dashed."""
    return replace(look, line=DASHED)


def single_seed(look: MethodStyle) -> MethodStyle:
    """``look`` for a curve that is a single run among means of several: grey, thin, behind."""
    return replace(look, colour=SINGLE_SEED, width=1.1, zorder=2.6)


def fade(curves: int) -> float:
    """Factor on the opacity of seeds and bands in a figure of ``curves`` curves."""
    return min(1.0, FADE_BEYOND / max(curves, 1))


def panel_width(columns: int) -> float:
    """Width in inches of one panel in a figure of ``columns`` columns."""
    return PANEL_WIDTH.get(columns, NARROW_PANEL_WIDTH)


def theme() -> Any:
    """The rcParams (a dict) of a figure, for ``matplotlib.rc_context``; nothing is set globally.

    Needed around drawing *and* saving: Matplotlib makes ticks only when it renders.

    DejaVu Sans ships with Matplotlib, so a figure looks the same on every machine.
    """
    parameters: dict[str, Any] = {
        **sns.plotting_context("paper"),
        **sns.axes_style("ticks"),
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 8.5,
        "axes.labelsize": 9.0,
        "axes.titlesize": 10.0,
        "xtick.labelsize": 8.0,
        "ytick.labelsize": 8.0,
        "legend.fontsize": 8.5,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.major.width": 0.8,
        "ytick.major.width": 0.8,
        "xtick.major.size": 3.0,
        "ytick.major.size": 3.0,
        "axes.unicode_minus": True,
        # Hinting would make rendered text wider than the outlines that layout.wrap measures.
        "text.hinting": "none",
        "pdf.fonttype": 42,
        "svg.fonttype": "none",
    }
    return parameters
