"""Shared fixtures: the checked-in synthetic results, and frames built for one test."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure

from figures.labels import label
from figures.output import DPI
from figures.style import theme

DEFAULTS: dict[str, Any] = {
    "experiment": "figure1",
    "preset": "small",
    "profile": "paper",
    "env": "pen-binary-v0",
    "method": "AWAC",
    "variant": "",
    "data": "human",
    "data_checksum": "ab" * 32,
    "labels": "relabelled",
    "seed": 0,
    "phase": "online",
    "env_step": 0,
    "grad_step": 0,
    "return_mean": 0.0,
    "success_any": 0.0,
    "success_final": 0.0,
    "success_sustained": 0.0,
    "status": "done",
    "commit": "0123456789abcdef",
    "version": "0.1.0",
}

MakeRun = Callable[..., list[dict[str, Any]]]
MakeFrame = Callable[[Sequence[dict[str, Any]]], pd.DataFrame]


@pytest.fixture
def synthetic_csv() -> Path:
    """The checked-in synthetic results."""
    return Path(__file__).parent / "data" / "synthetic_figure1.csv"


@pytest.fixture
def make_run() -> MakeRun:
    """Rows of one run: ``make_run({step: return, ...}, seed=1, method="SAC", ...)``."""

    def build(returns: dict[int, float], **cells: object) -> list[dict[str, Any]]:
        return [
            {
                **DEFAULTS,
                "env_step": step,
                "phase": "online" if step > 0 else "offline",
                "return_mean": value,
                **cells,
            }
            for step, value in returns.items()
        ]

    return build


@pytest.fixture
def make_frame() -> MakeFrame:
    """A frame as ``read_results`` returns it, from the rows of several runs."""

    def build(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
        frame = pd.DataFrame(list(rows))
        frame["label"] = [
            label(method, variant)
            for method, variant in zip(frame["method"], frame["variant"], strict=True)
        ]
        return frame

    return build


@pytest.fixture
def is_inside() -> Callable[[Figure], bool]:
    """Whether no text or panel leaves the page and no two panels or caption lines overlap."""

    def check(figure: Figure) -> bool:
        figure.set_dpi(DPI)
        with mpl.rc_context(theme()):
            figure.savefig(os.devnull, format="png", dpi=DPI)
        page = figure.bbox
        boxes = [
            artist.get_tightbbox() for artist in (*figure.axes, *figure.texts, *figure.legends)
        ]
        inside = all(
            box.x0 >= -1 and box.y0 >= -1 and box.x1 <= page.x1 + 1 and box.y1 <= page.y1 + 1
            for box in boxes
        )
        apart = all(
            box.y0 >= other.y1 - 1
            or other.y0 >= box.y1 - 1
            or box.x1 <= other.x0
            or other.x1 <= box.x0
            for number, box in enumerate(boxes)
            for other in boxes[:number]
        )
        return inside and apart

    return check
