"""What a launch shows while it goes on and at its end: pictures drawn again, closing lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from figures.experiments import EXPERIMENTS
from figures.labels import split_label
from figures.results.cells import ResultsError
from reproduce.commandline.options import FigureOptions
from reproduce.launching.closing import closing, seen
from reproduce.launching.redrawn import Redrawn
from reproduce.runs.plan import Pace
from reproduce.specs.grid import Methods, RunSpec

FIGURE1 = EXPERIMENTS["figure1"]
PEN, DOOR = "pen-binary-v0", "door-binary-v0"


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


def rows(
    env: str, label: str, seed: int, values: dict[int, float], **cells: str
) -> list[dict[str, object]]:
    plain = {"data": "embedded", "labels": "stored", "profile": "paper", "status": "done"}
    return [
        plain
        | dict(zip(("method", "variant"), split_label(label), strict=True))
        | {"env": env, "label": label, "seed": seed, "env_step": step, "success_any": value}
        | {"phase": "online" if step > 0 else "offline", "grad_step": step}
        | cells
        for step, value in values.items()
    ]


def specs(*methods: str, settings: tuple[str, ...] = ()) -> list[RunSpec]:
    """Quick runs of Figure 1, two seeds each."""
    return Methods(methods or FIGURE1.methods).specs(
        preset="quick",
        profile="paper",
        seeds=2,
        data=dict.fromkeys(FIGURE1.tasks, ("embedded", "stored")),
        settings=settings,
    )


def test_seen_are_the_start_the_offline_phase_and_the_end() -> None:
    frame = pd.DataFrame(
        rows(PEN, "AWAC", 0, {-8: 0.0, 0: 0.5, 4: 0.1, 8: 0.75})
        + rows(PEN, "AWAC", 1, {-8: 0.1, 0: 0.7, 4: 0.1, 8: 0.25})
        + rows(PEN, "SAC", 0, {8: 0.0, -8: 0.05, 0: 0.15})
        + rows(DOOR, "AWAC", 0, {-8: 0.0}, status="running")  # has just begun
        + rows(DOOR, "BC", 0, {-8: 0.0, 0: 1.0, 8: 1.0})
    )
    line = seen(frame, FIGURE1, specs())
    assert "success at the start" in line
    assert line.endswith(
        "Pen rotation AWAC 0.05 -> 0.60 -> 0.50; Pen rotation SAC 0.05 -> 0.15 -> 0.00"
    )


def test_nothing_is_seen_before_a_run_is_through() -> None:
    frame = pd.DataFrame(rows(PEN, "AWAC", 0, {-8: 0.0, 0: 0.5, 4: 0.5}, status="running"))
    assert seen(frame, FIGURE1, specs()) == "no finished run yet"
    other = pd.DataFrame(rows(PEN, "AWAC", 0, {-8: 0.0, 0: 0.5, 8: 0.5}, data="human"))
    assert seen(other, FIGURE1, specs()) == "no finished run yet"


def test_only_finished_runs_of_the_data_and_profile_asked_for_are_seen() -> None:
    """The table holds AWAC on three more conditions, and a run that failed half way."""
    frame = pd.DataFrame(
        rows(PEN, "AWAC", 0, {-8: 0.0, 0: 0.5, 8: 0.75})
        + rows(PEN, "AWAC", 0, {-8: 0.3, 0: 0.9, 8: 1.0}, data="human")
        + rows(PEN, "AWAC", 0, {-8: 0.3, 0: 0.9, 8: 1.0}, labels="relabelled")
        + rows(PEN, "AWAC", 0, {-8: 0.3, 0: 0.9, 8: 1.0}, profile="released")
        + rows(PEN, "AWAC", 1, {-8: 0.4, 0: 0.4, 4: 0.0}, status="failed")
        + rows(PEN, "AWAC [batch]", 0, {-8: 0.4, 0: 0.4, 8: 0.4})
    )
    assert seen(frame, FIGURE1, specs()).endswith(": Pen rotation AWAC 0.00 -> 0.50 -> 0.75")
    both = pd.concat(
        [frame, pd.DataFrame(rows(PEN, "AWAC", 0, {0: 0.25}, phase="online"))], ignore_index=True
    )  # step 0 in both phases: the online row counts, as in every curve
    assert seen(both, FIGURE1, specs()).endswith(": Pen rotation AWAC 0.00 -> 0.25 -> 0.75")
    named = seen(frame, FIGURE1, specs("AWAC", "AWAC[batch]"), more=("AWAC[batch]",))
    assert named.endswith(
        ": Pen rotation AWAC 0.00 -> 0.50 -> 0.75; Pen rotation AWAC [batch] 0.40 -> 0.40 -> 0.40"
    )
    alone = seen(frame, FIGURE1, specs("AWAC[batch]"), more=("AWAC[batch]",))
    assert alone.endswith(": Pen rotation AWAC [batch] 0.40 -> 0.40 -> 0.40")
    batch = seen(frame, FIGURE1, specs("AWAC[batch]"))
    assert batch.endswith(": Pen rotation AWAC [batch] 0.40 -> 0.40 -> 0.40")


def test_methods_asked_for_by_name_are_seen_without_what_was_set_for_all() -> None:
    settings = ("online_steps=8",)
    frame = pd.DataFrame(
        rows(PEN, "BC [online_steps=8]", 0, {-8: 0.0, 0: 0.5, 8: 0.75})
        + rows(PEN, "SAC [online_steps=8]", 0, {-8: 0.0, 0: 0.25, 8: 0.0})
        + rows(PEN, "AWR [online_steps=8]", 0, {-8: 0.0, 0: 0.25, 8: 0.0})
    )
    asked = specs("SAC", "BC", "AWR", settings=settings)
    assert seen(frame, FIGURE1, asked, more=("SAC", "BC")).endswith(
        ": Pen rotation SAC 0.00 -> 0.25 -> 0.00; Pen rotation BC 0.00 -> 0.50 -> 0.75"
    )
    other = pd.DataFrame(rows(PEN, "SAC", 0, {-8: 0.0, 0: 0.5, 8: 0.5}))
    both = seen(
        pd.concat([frame, other], ignore_index=True), FIGURE1, [*asked, *specs("SAC")], more=("BC",)
    )
    assert both.endswith(
        ": Pen rotation SAC 0.00 -> 0.50 -> 0.50; Pen rotation BC "
        "[online_steps=8] 0.00 -> 0.50 -> 0.75"
    )


@pytest.fixture
def close(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[list[RunSpec], int | None, FigureOptions], list[str]]:
    """The closing lines of a table with one run, where each run takes 160 s at preset small."""

    def seconds(_: Pace, spec: RunSpec, step: int | None = None) -> float:
        assert spec.preset == "small"
        return 160.0

    monkeypatch.setattr(Pace, "seconds", seconds)
    csv = tmp_path / "figure1.csv"
    numbers = {"return_mean": "0", "experiment": "figure1", "preset": "quick", "method": "AWAC"}
    more = numbers | {"variant": "", "data_checksum": "ab", "commit": "ab", "version": "1"}
    pd.DataFrame(rows(PEN, "AWAC", 0, {-8: 0.0, 0: 0.5, 8: 0.75}, **more)).drop(
        columns="label"
    ).to_csv(csv, index=False)
    return lambda asked, jobs, options: closing("figure1", csv, asked, jobs, options)


SEEN = (
    "seen: success at the start -> after the offline phase -> at the end: "
    "Pen rotation AWAC 0.00 -> 0.50 -> 0.75"
)
REAL = "the real one: python reproduce/figure1.py --preset small"


def test_the_real_one_has_a_command_and_a_time(close) -> None:
    """3 tasks x 11 methods x 5 seeds of 160 s, two at a time: 13,200 s are 3.7 hours."""
    plain = FigureOptions(preset="quick")
    ending = "at most 3.7 h on this machine; it can be interrupted"
    assert close(specs(), 2, plain) == [SEEN, f"{REAL} --jobs 2, {ending}"]
    assert close(specs(), None, plain) == [SEEN, f"{REAL}; it can be interrupted"]
    # a part of the figure, or other settings, are not the figure
    assert close(specs("AWAC"), 2, plain) == [SEEN]
    (other,) = close(specs(settings=("tau=0.01",)), 2, plain)
    assert other == "seen: no finished run yet"


def test_the_real_one_keeps_what_the_user_gave(close) -> None:
    given = FigureOptions(
        preset="quick",
        profile="released",
        data="human-recorded",
        labels="stored",
        data_dir=Path("my data"),
        seeds=2,
        out=Path("results/mine"),
    )
    _, line = close(specs(), None, given)
    assert line == (
        f"{REAL} '--data-dir=my data' --profile=released --data=human-recorded --labels=stored "
        "--out=results/mine-small; it can be interrupted"
    )  # in a folder of its own: results/mine holds preset quick
    _, line = close(specs(), None, FigureOptions(preset="quick", out=Path("results/quick")))
    assert line == f"{REAL}; it can be interrupted"
