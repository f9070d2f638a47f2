"""The horizontal axis of fine-tuning curves: offline left of 0, online right of it.

Both phases share one clock (negative offline gradient steps, positive online environment steps),
but their lengths may differ a hundredfold. The axis is therefore linear on either side of 0 with
two scales: the offline phase always takes the same share of the panel, and stays readable next to
60 000 as next to 1 000 000 online steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from matplotlib.transforms import blended_transform_factory

from figures.layout import inches
from figures.style import OFFLINE_BACKGROUND, RULE, TEXT_GREY

OFFLINE_SHARE = 0.24
NAME_SIZE, NAME_LINE = 8.5, 0.14
ONLINE_NAME = "online environment steps"
OFFLINE_NAME = "offline updates"
RIGHT_MARGIN = 0.02


def step_name(step: float) -> str:
    """Short name of a step count: ``0``, ``500``, ``2.5k``, ``60k``, ``1M``; minus is U+2212."""
    size = abs(step)
    if size >= 1e6:
        text = f"{size / 1e6:.4g}M"
    elif size >= 1e3:
        text = f"{size / 1e3:.4g}k"
    else:
        text = f"{size:.4g}"
    return f"\N{MINUS SIGN}{text}" if step < 0 else text


def set_phase_axis(ax: Axes, first: float, last: float) -> None:
    """Scale, limit and mark the x axis for steps ``first`` (<= 0) to ``last`` (>= 0)."""
    offline, online = max(-first, 0.0), max(last, 0.0)
    if offline == 0.0 and online == 0.0:
        online = 1.0
    stretch = _stretch(offline, online)

    def forward(step: Any) -> Any:
        return np.where(np.asarray(step) < 0, np.asarray(step) * stretch, step)

    def backward(place: Any) -> Any:
        return np.where(np.asarray(place) < 0, np.asarray(place) / stretch, place)

    ax.set_xscale("function", functions=(forward, backward))
    total = offline * stretch + online
    left = -offline - 0.015 * total / stretch
    ax.set_xlim(left, online + RIGHT_MARGIN * total)
    ticks = [
        float(tick) for tick in MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(0, online)
    ]
    shown = [tick for tick in ticks if 0 <= tick <= online * (1 + 1e-9)]
    ax.xaxis.set_major_locator(FixedLocator(([-offline] if offline else []) + shown))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda step, _: step_name(step)))
    if offline:
        ax.axvspan(left, 0, color=OFFLINE_BACKGROUND, lw=0, zorder=0)
        ax.axvline(0, color=RULE, lw=0.9, zorder=1)


def name_lines(panel_width: float, online_name: str) -> tuple[str, str]:
    """The names of both phases, broken where a panel of so many inches is too narrow for them
    side by side."""
    room = panel_width * (1 - OFFLINE_SHARE)
    if inches(online_name, NAME_SIZE) + inches(OFFLINE_NAME, NAME_SIZE) / 2 < room:
        return OFFLINE_NAME, online_name
    return OFFLINE_NAME.replace(" ", "\n", 1), online_name.replace(" ", "\n", 1)


def name_phases(
    ax: Axes,
    first: float,
    last: float,
    online_name: str,
    panel_width: float,
    below: float = 0.135,
) -> None:
    """Write ``OFFLINE_NAME`` and ``online_name`` beneath the two parts of the axis; ``below``: how
    far, as a share of the panel's height."""
    offline, online = max(-first, 0.0), max(last, 0.0)
    place = blended_transform_factory(ax.transData, ax.transAxes)
    style: dict[str, Any] = {"ha": "center", "va": "top", "transform": place}
    style |= {"fontsize": NAME_SIZE, "linespacing": 1.1}
    updates, steps = name_lines(panel_width, online_name)
    if offline:
        ax.text(-offline / 2, -below, updates, color=TEXT_GREY, style="italic", **style)
    if online or not offline:
        ax.text((online or 1.0) / 2, -below, steps, **style)


def _stretch(offline: float, online: float) -> float:
    """Factor on offline steps that gives them OFFLINE_SHARE of the axis."""
    if offline == 0.0 or online == 0.0:
        return 1.0
    return OFFLINE_SHARE / (1.0 - OFFLINE_SHARE) * online / offline
