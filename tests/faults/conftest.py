"""Tiny runs that come to harm, and what they must be equal to in the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from reproduce.runs.folder import RunFolder
from tests.faults.child import NOT_TRAINING, PHASES, Die, Elsewhere, main
from tests.forked import context
from tests.once import common, once
from tests.patience import PATIENCE_S
from tests.reproduce.conftest import REPRODUCE, environment
from tests.reproduce.test_run import only_folder, rows_without_time, tiny

# 60 offline steps, each a resumable point, and two online episodes, each with one at its end
SHORT = {"offline_steps": "60", "online_steps": "400", "eval_every": "200", "dense_until": "0"}
OFTEN = ("--checkpoint-every-s", "0")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=4, help="how often test_kill.py kills a run")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What the tests have recorded as `said`, below their dots."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, text in report.user_properties:
            if name == "said" and report.when == "call":
                terminalreporter.write_line(text)


@dataclass
class Child:
    """A process that runs `run.py`; its output is added to `log`."""

    process: ForkServerProcess
    position: Any
    log: Path
    out: Path

    @property
    def folder(self) -> Path:
        return only_folder(self.out)

    @property
    def phase(self) -> str:
        """What it is doing, or was when it died."""
        return PHASES[self.position[0]]

    @property
    def first_step(self) -> int | None:
        """The step at which it began to train; None if it has not."""
        step: int = self.position[2]
        return None if step == NOT_TRAINING else step

    @property
    def output(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def signal(self, number: signal.Signals) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def wait(self) -> int:
        """Its exit status; a signal's number, negative, if one has killed it."""
        self.process.join(PATIENCE_S)
        status = self.process.exitcode
        assert status is not None, f"it does not end\n{self.output}"
        return status

    def wait_for(self, what: Callable[[], object]) -> None:
        """Until `what` is true. Fails if the process ends before."""
        until(lambda: what() or not self.process.is_alive())
        assert self.process.is_alive(), f"it has ended before\n{self.output}"

    def wait_for_phase(self, name: str) -> None:
        self.wait_for(lambda: self.phase == name)


Start = Callable[..., Child]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = common(tmp_path_factory) / "cache"
    cache.mkdir(exist_ok=True)
    return cache


@pytest.fixture(scope="session")
def start(cache: Path) -> Iterator[Start]:
    """Start the short run (or `tiny(out, **changes)`), in a process that is forked, not begun."""
    server = context()
    started: list[Child] = []

    def call(
        out: Path,
        *more: str,
        log: Path | None = None,
        die: Die | None = None,
        elsewhere: Elsewhere | None = None,
        **changes: str,
    ) -> Child:
        out.mkdir(parents=True, exist_ok=True)
        log = log or out.with_name(f"{out.name}.log.txt")
        position = server.Array("i", [0, NOT_TRAINING, NOT_TRAINING], lock=False)
        arguments = tiny(out, *more, **SHORT | changes)
        process = server.Process(
            target=main, args=(arguments, log, environment(cache), position, die, elsewhere)
        )
        process.start()
        started.append(Child(process, position, log, out))
        return started[-1]

    yield call
    for child in started:
        if child.process.is_alive():
            child.process.kill()


@pytest.fixture(scope="session")
def uninterrupted(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The short run by the command that a user would type, in a process of its own."""

    def make(out: Path) -> None:
        command = [sys.executable, str(REPRODUCE / "run.py"), *tiny(out, **SHORT)]
        subprocess.run(command, check=True, env=environment(cache), timeout=PATIENCE_S)

    return only_folder(once(tmp_path_factory, "short", make))


@pytest.fixture(scope="session")
def half_way(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run killed in its second episode: checkpoints at steps 200 and 0."""

    def make(out: Path) -> None:
        child = start(out, *OFTEN, die=Die("step", nth=300))
        assert child.wait() == -signal.SIGKILL
        steps = [
            torch.load(child.folder / name, weights_only=True)["step"]
            for name in ("checkpoint.pt", "checkpoint.previous.pt")
        ]
        assert steps == [200, 0]

    return only_folder(once(tmp_path_factory, "half", make))


def until(what: Callable[[], object]) -> None:
    """Wait, looking very often, until `what` is true."""
    deadline = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < deadline, "it never happens"
        time.sleep(0.0005)


def assert_same_bits(one: Path, other: Path) -> None:
    """Both runs are done, with equal rows, and equal states in their last checkpoints.

    Networks, optimisers, replay buffer, generators, counters: everything but seconds.
    """
    for path in (one, other):
        assert RunFolder(path).state() == "done"
    assert rows_without_time(one) == rows_without_time(other)
    first, second = (_last_state(path) for path in (one, other))
    assert _difference(first, second, "") is None


def _last_state(path: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(path / "checkpoint.pt", weights_only=True)
    del state["seconds"]
    for row in state["rows"]:
        del row["wall_s"]
    return state


def _difference(one: Any, other: Any, where: str) -> str | None:
    """The first place at which two states differ."""
    if type(one) is not type(other):
        return where
    if isinstance(one, dict):
        if one.keys() != other.keys():
            return where
        pairs = [(one[key], other[key], f"{where}.{key}") for key in one]
    elif isinstance(one, (list, tuple)):
        if len(one) != len(other):
            return where
        pairs = [(a, b, f"{where}[{i}]") for i, (a, b) in enumerate(zip(one, other, strict=True))]
    elif isinstance(one, torch.Tensor):
        return None if torch.equal(one, other) else where
    else:
        return None if one == other or (np.isnan(one) and np.isnan(other)) else where
    return next((found for pair in pairs if (found := _difference(*pair)) is not None), None)


def left_over(folder: Path) -> list[str]:
    """Temporary files."""
    return sorted(path.name for path in folder.glob(".*"))
