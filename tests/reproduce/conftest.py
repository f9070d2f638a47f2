"""Tiny presets, so that whole runs on the real simulator take seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import forked
from tests.once import common
from tests.patience import PATIENCE_S

REPRODUCE = Path(__file__).resolve().parents[2] / "reproduce"


Run = Callable[..., subprocess.CompletedProcess[str]]


@dataclass(frozen=True)
class Outcome:
    """What a call of `run.main` returned and printed."""

    returncode: int
    stdout: str
    stderr: str


Main = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def no_data_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else what somebody has downloaded would be found where a test expects nothing."""
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))


@pytest.fixture
def own_rows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget rows of a file of one's own at the end of the test."""
    from algorithms.catalogue.methods import METHODS
    from algorithms.catalogue.variants import VARIANTS
    from reproduce.runs import own_methods

    before = (dict(METHODS), dict(VARIANTS), own_methods._profile_values())
    monkeypatch.setattr(own_methods, "_sources", {})
    monkeypatch.setattr(own_methods, "_origin", {})
    yield
    own_methods._restore(before)


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache of prior data for all tests of all workers."""
    cache = common(tmp_path_factory) / "cache"
    cache.mkdir(exist_ok=True)
    return cache


@pytest.fixture
def script(shared_cache: Path) -> Run:
    """Run a script under reproduce/ as a user would, without data of the machine.

    In a process of its own, which is forked; see tests/forked.py. MuJoCo decides at its import how
    it draws, so that what draws is started from nothing.
    """

    def run(
        name: str, *arguments: str, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        env = environment(shared_cache)
        if name == "render.py":
            return subprocess.run(
                [sys.executable, str(REPRODUCE / name), *arguments],
                capture_output=True,
                text=True,
                cwd=cwd,
                env=env,
                timeout=PATIENCE_S,
            )
        return forked.run(name, *arguments, cwd=cwd, env=env, timeout=PATIENCE_S)

    return run


@pytest.fixture
def run_main(
    shared_cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Main]:
    """`run.py` in this process, for what does not need one of its own (importing takes seconds)."""
    from reproduce.run import main

    for name, value in environment(shared_cache).items():
        monkeypatch.setenv(name, value)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def call(*arguments: str) -> Outcome:
        status = main(list(arguments))
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    yield call
    for number, handler in handlers.items():
        signal.signal(number, handler)


def environment(cache: Path) -> dict[str, str]:
    """The environment of a fresh machine: no data folder, one thread."""
    ours = ("AWAC_", "MINARI_")
    clean = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return clean | {
        "AWAC_CACHE_DIR": str(cache),
        "AWAC_DATA_DIR": str(cache),
        "MINARI_DATASETS_PATH": str(cache / "minari"),
        "OMP_NUM_THREADS": "1",
    }
