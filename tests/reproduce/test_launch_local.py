"""Runs as processes of this machine: how each of them ends, and what stops them all."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reproduce.commandline.options import FigureOptions
from reproduce.commandline.script import BAD_INPUT, INTERRUPTED
from reproduce.launching import local as launch_local
from reproduce.launching.launcher import Interrupted
from reproduce.launching.local import LocalLauncher
from reproduce.launching.slurm_queue import note
from reproduce.runs.folder import RunFolder
from reproduce.specs.grid import RunSpec

SPECS = [RunSpec("quick", "paper", "pen-binary-v0", "BC", seed, "embedded") for seed in range(4)]


@pytest.fixture
def options(tmp_path: Path) -> FigureOptions:
    return FigureOptions(preset="quick", out=tmp_path, cluster="local")


@pytest.fixture(autouse=True)
def handlers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(launch_local, "_POLL_S", 0.02)
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def stand_in(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """In place of training: every run is a process with this code, which sees `seed`."""

    def command(spec: RunSpec, options: FigureOptions) -> list[str]:
        return [sys.executable, "-c", f"import os, sys, time; seed = {spec.seed}\n{code}"]

    monkeypatch.setattr(launch_local, "command", command)


def folder_of(spec: RunSpec, options: FigureOptions) -> RunFolder:
    return RunFolder(spec.folder(options.results))


def test_the_status_of_a_run_says_what_became_of_it(
    options: FigureOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(
        monkeypatch,
        f"print('line of', seed); sys.exit([0, 1, {BAD_INPUT}, {INTERRUPTED}][seed])",
    )
    launcher, ended = LocalLauncher(SPECS, options, 2), []
    failed = launcher.run(lambda: ended.append(len(launcher.running)))
    assert sorted(spec.seed for spec in failed) == [1, 2]
    assert launcher.elsewhere == [SPECS[3]]  # another launcher has taken it
    reason = "process ended with status 1\nline of 1"
    assert folder_of(SPECS[1], options).failure() == reason
    assert folder_of(SPECS[2], options).failure() == ""  # a typing error is no failure of a run
    assert ended and max(ended) <= 1  # two at a time, of which one has just ended


def test_a_failure_that_the_run_has_recorded_stays(
    options: FigureOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says more than the status does."""
    stand_in(monkeypatch, "sys.exit(1)")
    launcher = LocalLauncher(SPECS[:1], options, 1)
    start = launcher._start_some

    def start_and_fail() -> None:
        if launcher.waiting:
            start()
            folder_of(SPECS[0], options).fail("Q is not finite at step 7")

    monkeypatch.setattr(launcher, "_start_some", start_and_fail)
    assert launcher.run() == [SPECS[0]]
    assert folder_of(SPECS[0], options).failure() == "Q is not finite at step 7"


def test_a_run_has_a_session_of_its_own(
    options: FigureOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a Ctrl-C would reach it twice: from the terminal, and through the launcher."""
    stand_in(monkeypatch, "sys.exit(os.getsid(0) != os.getpid())")
    assert LocalLauncher(SPECS[:1], options, 1).run() == []


def test_a_run_that_another_process_held_is_made_when_it_holds_it_no_more(
    options: FigureOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the end, and once: such a process may have been killed a moment before the launch."""
    stand_in(monkeypatch, f"print('line'); sys.exit({INTERRUPTED} * (seed == 2))")
    for spec in SPECS[:3]:
        spec.folder(options.results).mkdir(parents=True)
        folder_of(spec, options).queue(note("17"))
    launcher = LocalLauncher(SPECS, options, 2)
    assert launcher.waiting == [SPECS[3]]
    for spec in SPECS[1:3]:
        (spec.folder(options.results) / "queued.json").unlink()
    assert launcher.run() == []
    assert launcher.elsewhere == [SPECS[0], SPECS[2]]
    logs = [spec.folder(options.results) / "log.txt" for spec in SPECS]
    assert [log.exists() and log.read_text() for log in logs] == [False, *["line\n"] * 3]


@pytest.mark.parametrize("nohup", [True, False])
def test_the_end_of_the_terminal_stops_it_but_under_nohup(
    nohup: bool, options: FigureOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, "time.sleep(60 * (seed == 1))")
    signal.signal(signal.SIGHUP, signal.SIG_IGN if nohup else signal.SIG_DFL)
    launcher = LocalLauncher(SPECS[:2], options, 2)

    def hang_up() -> None:
        if not launcher.running:
            return
        signal.raise_signal(signal.SIGHUP)
        assert launcher._stop is not nohup
        if nohup:
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Interrupted, match="1 of 2 runs are not finished"):
        launcher.run(hang_up)
    assert launcher.waiting == [SPECS[1]] and not launcher.running
    assert signal.getsignal(signal.SIGHUP) is (signal.SIG_IGN if nohup else signal.SIG_DFL)
    assert folder_of(SPECS[1], options).state() == "pending"  # stopped, not failed


def test_who_asks_twice_waits_for_nothing(
    options: FigureOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run here takes no notice of SIGTERM, as one within a long update."""
    stand_in(
        monkeypatch,
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('deaf', flush=True); time.sleep(60)",
    )
    launcher = LocalLauncher(SPECS[:1], options, 1)
    log = folder_of(SPECS[0], options).path / "log.txt"
    show = launch_local._Display.show

    def show_and_ask(*arguments: object, **named: object) -> None:
        show(*arguments, **named)  # type: ignore[arg-type]
        if log.read_text() == "deaf\n":
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(launch_local._Display, "show", show_and_ask)
    with pytest.raises(Interrupted, match="1 of 1 runs are not finished"):
        launcher.run()
    assert not launcher.running
