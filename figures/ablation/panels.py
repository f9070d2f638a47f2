"""The panels of the ablation figure: a forest of differences, and levels of a swept number."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator, StrMethodFormatter

from figures import style
from figures.ablation.effects import Row, ScalarChange, SweptScalar
from figures.learning_curves import WARNING_COLOUR
from figures.measures import Measure
from figures.statistics.across_seeds import MIN_SEEDS_FOR_INTERVAL
from figures.statistics.estimates import Estimate

NAMES = {"auc": "AUC", "jt": "final J"}
COLOURS = {"auc": style.METHOD_COLOURS["AWAC"], "jt": "#C2571A"}
MARKERS = {"auc": "o", "jt": "D"}
OFFSETS = {"auc": -0.16, "jt": 0.16}


def proxy(scalar: str) -> Line2D:
    """The legend's line for ``auc`` or ``jt``."""
    return Line2D(
        [], [], label=NAMES[scalar], color=COLOURS[scalar], marker=MARKERS[scalar], markersize=5.5
    )


def symbol(key: str) -> str:
    """How a swept key is written on its axis."""
    return "λ" if key == "lam" else key


def draw_forest(
    ax: Axes, found: Sequence[ScalarChange], pairs: Sequence[tuple[Row, Row]], measure: Measure
) -> None:
    """A line for every exchange: estimates, intervals or seeds, and how many runs are missing."""
    for number in range(0, len(pairs), 2):
        ax.axhspan(number - 0.5, number + 0.5, color="#F5F5F5", lw=0, zorder=0)
    ax.axvline(0, color=style.RULE, lw=1.0, zorder=1)
    ax.grid(axis="x", color="#E4E4E4", lw=0.6, zorder=0.5)
    ax.set_axisbelow(True)
    for effect in found:
        y = pairs.index((effect.row, effect.base))
        if effect.estimate is not None:
            at = y + OFFSETS[effect.scalar]
            _mark(ax, effect.estimate, effect.seeds, effect.scalar, at=at, upright=False)
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    low, high = ax.get_xlim()
    margin = 0.12 * max(high - low, 1e-9)  # both sides of 0 are there to be seen
    ax.set_xlim(min(low, -margin), max(high, margin))
    for effect in found:
        if effect.scalar == "jt" and effect.finished < effect.started:
            _say_what_is_missing(ax, effect, pairs.index((effect.row, effect.base)))
    ax.set_xlabel(f"← worse   difference of {_axis_name(measure)}   better →")


def _say_what_is_missing(ax: Axes, effect: ScalarChange, row: int) -> None:
    """On the side that the row's points leave free."""
    free_left = effect.estimate is not None and effect.estimate.value > sum(ax.get_xlim()) / 2
    ax.annotate(
        f"{effect.finished} of {effect.started} runs finished",
        (0 if free_left else 1, row + 0.5),
        xycoords=("axes fraction", "data"),
        xytext=(3 if free_left else -3, 2),
        textcoords="offset points",
        ha="left" if free_left else "right",
        va="bottom",
        fontsize=6.5,
        color=WARNING_COLOUR,
    )


def draw_sweep(ax: Axes, found: Sequence[SweptScalar], key: str, measure: Measure) -> None:
    """Levels against the swept value, and where the unchanged row stands."""
    ax.grid(axis="y", color="#E4E4E4", lw=0.6, zorder=0)
    ax.set_axisbelow(True)
    ax.set_xlabel(symbol(key))
    ax.set_ylabel(_axis_name(measure), labelpad=3)
    values = sorted({level.value for level in found if not math.isnan(level.value)})
    if not values:
        said = "values not known" if found else "not swept"
        ax.text(0.5, 0.5, said, transform=ax.transAxes, ha="center", color=style.TEXT_GREY)
        ax.set_xticks([])
        ax.set_yticks([])
        return
    logarithmic = values[0] > 0
    if logarithmic:
        ax.set_xscale("log")
    span = math.log(values[-1] / values[0]) if logarithmic else values[-1] - values[0]
    bases = list(dict.fromkeys(level.base for level in found))
    for scalar in NAMES:
        shift = math.copysign(0.008 * span, OFFSETS[scalar])
        for rank, base in enumerate(bases):
            mine = [lv for lv in found if lv.scalar == scalar and lv.base == base]
            known = sorted((lv for lv in mine if not math.isnan(lv.value)), key=lambda lv: lv.value)
            x = [lv.value * math.exp(shift) if logarithmic else lv.value + shift for lv in known]
            ax.plot(
                x,
                [lv.estimate.value for lv in known],
                color=COLOURS[scalar],
                lw=1.4,
                zorder=2,
                linestyle=(style.SOLID, *style.VARIANT_LINES)[rank % 6],
            )
            for at, level in zip(x, known, strict=True):
                _mark(ax, level.estimate, level.seeds, scalar, at=at, upright=True)
                if level.unchanged:
                    ax.axvline(level.value, color=style.RULE, lw=1.0, zorder=1)
            for level in mine:
                if math.isnan(level.value):
                    ax.axhline(level.estimate.value, color=COLOURS[scalar], lw=1.0, ls=style.DASHED)
    ax.xaxis.set_major_locator(FixedLocator(values))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))


def _mark(
    ax: Axes, estimate: Estimate, seeds: Sequence[float], scalar: str, *, at: float, upright: bool
) -> None:
    """A point with its interval, or with its seeds where they are too few for one."""
    colour = COLOURS[scalar]

    def place(values: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        here = np.full(len(values), at)
        return (here, np.asarray(values)) if upright else (np.asarray(values), here)

    if estimate.known:
        ax.plot(*place([estimate.low, estimate.high]), color=colour, lw=1.6, zorder=3)
    elif 1 < len(seeds) < MIN_SEEDS_FOR_INTERVAL:
        ax.plot(
            *place(seeds), color=colour, marker=".", ms=4.5, mew=0, alpha=0.55, ls="none", zorder=3
        )
    ax.plot(
        *place([estimate.value]),
        color=colour,
        marker=MARKERS[scalar],
        ms=5.2,
        mec="white",
        mew=0.6,
        ls="none",
        zorder=4,
    )


def _axis_name(measure: Measure) -> str:
    return measure.name if measure.higher_is_better else f"−{measure.name}"
