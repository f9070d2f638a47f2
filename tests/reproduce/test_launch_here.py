"""Runs on this machine: in this process, or left to whoever has them already."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reproduce.commandline.options import FigureOptions
from reproduce.launching import inline as launch_inline
from reproduce.launching.experiment import _queued_in_words
from reproduce.launching.inline import InlineLauncher
from reproduce.launching.launcher import Interrupted, command
from reproduce.launching.local import LocalLauncher
from reproduce.launching.slurm_queue import note
from reproduce.runs.folder import RunFolder
from reproduce.specs.grid import RunSpec

SPECS = [RunSpec("quick", "paper", "pen-binary-v0", "BC", seed, "embedded") for seed in range(4)]


@pytest.fixture
def options(tmp_path: Path) -> FigureOptions:
    return FigureOptions(preset="quick", out=tmp_path, cluster="inline")


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def stand_in(monkeypatch: pytest.MonkeyPatch, statuses: dict[int, int]) -> list[int]:
    """In place of training: seeds end with these statuses, others with 0. Returns the order."""
    order: list[int] = []

    def execute(spec: RunSpec, out: Path, *_: object, interruption: Any, **__: object) -> int:
        order.append(spec.seed)
        if statuses.get(spec.seed) == -1:
            signal.raise_signal(signal.SIGINT)
            assert interruption.requested
            return 75
        return statuses.get(spec.seed, 0)

    monkeypatch.setattr(launch_inline, "execute", execute)
    return order


def test_inline_runs_follow_each_other_and_the_end_of_each_is_noted(
    options: FigureOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = stand_in(monkeypatch, {1: 1, 2: 75})
    launcher, ended = InlineLauncher(SPECS, options), []
    assert launcher.run(lambda: ended.append(len(order))) == [SPECS[1]]
    assert order == [0, 1, 2, 3] and ended == [1, 2, 3, 4]
    assert launcher.elsewhere == [SPECS[2]]


def test_inline_stops_after_the_run_that_was_interrupted(
    options: FigureOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = stand_in(monkeypatch, {1: -1})
    with pytest.raises(Interrupted, match="3 of 4 runs are not finished"):
        InlineLauncher(SPECS, options).run()
    assert order == [0, 1]


def test_inline_makes_a_run_at_the_end_that_another_process_held(
    options: FigureOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = stand_in(monkeypatch, {0: 75})
    for spec in SPECS[:2]:
        spec.folder(options.results).mkdir(parents=True)
        RunFolder(spec.folder(options.results)).queue(note("17"))
    launcher = InlineLauncher(SPECS, options)
    (SPECS[0].folder(options.results) / "queued.json").unlink()
    assert launcher.run() == []
    assert order == [2, 3, 0]
    assert launcher.elsewhere == [SPECS[1], SPECS[0]]


def test_what_is_done_or_queued_is_not_started_here(options: FigureOptions) -> None:
    out = options.results
    RunFolder(SPECS[0].folder(out)).finish()
    for spec in SPECS[1:]:
        spec.folder(out).mkdir(parents=True)
    RunFolder(SPECS[1].folder(out)).queue(note("17_3"))
    RunFolder(SPECS[2].folder(out)).fail("too large")
    for launcher in (InlineLauncher(SPECS, options), LocalLauncher(SPECS, options, 2)):
        assert launcher.waiting == [SPECS[2], SPECS[3]]
        assert launcher.elsewhere == [SPECS[1]]


def test_the_command_of_a_run_carries_what_decides_it(tmp_path: Path) -> None:
    options = FigureOptions(preset="quick", out=tmp_path, checkpoint_every_s=5.0)
    spec = RunSpec("quick", "paper", "pen-binary-v0", "AWAC", 3, "embedded", settings=("lam=1",))
    line = command(spec, options)
    assert line[line.index("--checkpoint-every-s") + 1] == "5.0"
    assert line[line.index("--set") + 1] == "lam=1" and line[line.index("--seed") + 1] == "3"
    assert line[line.index("--out") + 1] == str(tmp_path)


def test_who_holds_a_run_is_named(tmp_path: Path) -> None:
    """Without SLURM nobody can be asked whether its job is still there."""
    folder = RunFolder(SPECS[0].folder(tmp_path))
    folder.path.mkdir(parents=True)
    assert _queued_in_words(SPECS, tmp_path) == ""
    folder.queue(note("17_3"))
    told = _queued_in_words(SPECS, tmp_path)
    assert f"{folder.path / 'queued.json'} names job 17_3 of SLURM" in told
