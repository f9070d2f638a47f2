"""What a launch shows while it goes on and at its end: pictures drawn again, closing lines."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from figures.experiments import EXPERIMENTS
from figures.results.cells import ResultsError
from reproduce.launching.closing import seen
from reproduce.launching.redrawn import Redrawn


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_drawing_takes_a_twentieth_of_the_time(capsys: pytest.CaptureFixture[str]) -> None:
    clock, drawn = Clock(), []

    def draw() -> list[Path]:
        drawn.append(clock.now)
        clock.now += 3.0
        return [Path("figure1.png")]

    pictures = Redrawn({"figure1": draw}, clock)
    for now in (1.0, 5.0, 63.9, 64.0, 100.0, 127.0):
        clock.now = now
        pictures.refresh()
    assert drawn == [1.0, 64.0, 127.0]  # 3 s of drawing, then 60 s without
    assert capsys.readouterr().out.count("figure1.png") == 1


def test_quick_pictures_come_every_twenty_seconds() -> None:
    clock, drawn = Clock(), []
    pictures = Redrawn({"figure1": lambda: drawn.append(clock.now) or []}, clock)
    for now in (0.0, 19.0, 20.0, 39.0, 41.0):
        clock.now = now
        pictures.refresh()
    assert drawn == [0.0, 20.0, 41.0]


def test_a_picture_that_cannot_be_drawn_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    def fails() -> list[Path]:
        raise ResultsError("figure1.csv: no row")

    Redrawn({"figure1": fails}).refresh()
    assert capsys.readouterr().out == "figure1: no picture yet: figure1.csv: no row\n"


def rows(env: str, label: str, seed: int, values: dict[int, float]) -> list[dict[str, object]]:
    return [
        {"env": env, "label": label, "seed": seed, "env_step": step, "success_any": value}
        for step, value in values.items()
    ]


def test_seen_are_the_start_the_offline_phase_and_the_end() -> None:
    frame = pd.DataFrame(
        rows("pen-binary-v0", "AWAC", 0, {-8: 0.0, 0: 0.5, 4: 0.1, 8: 0.75})
        + rows("pen-binary-v0", "AWAC", 1, {-8: 0.1, 0: 0.7, 4: 0.1, 8: 0.25})
        + rows("pen-binary-v0", "SAC", 0, {8: 0.0, -8: 0.05, 0: 0.15})
        + rows("door-binary-v0", "AWAC", 0, {-8: 0.0})  # has just begun
        + rows("door-binary-v0", "BC", 0, {-8: 0.0, 0: 1.0, 8: 1.0})
    )
    line = seen(frame, EXPERIMENTS["figure1"])
    assert "success at the start" in line
    assert line.endswith(
        "Pen rotation AWAC 0.05 -> 0.60 -> 0.50; Pen rotation SAC 0.05 -> 0.15 -> 0.00"
    )


def test_nothing_is_seen_before_a_run_is_through() -> None:
    frame = pd.DataFrame(rows("pen-binary-v0", "AWAC", 0, {-8: 0.0}))
    assert seen(frame, EXPERIMENTS["figure1"]) == "no finished run yet"
