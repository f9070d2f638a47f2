"""Real clusters for a session, and grids of tiny runs on the real simulator.

A run that a fault is to hit is stopped first (SIGSTOP) at a chosen evaluation: it cannot end before
the fault, however fast the machine.
"""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from reproduce.runs.lock import read_beat
from tests.patience import PATIENCE_S
from tests.reproduce.test_run import assert_same_result

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("cluster.sh")
SETTINGS = {
    "offline_steps": "100",
    "online_steps": "200",
    "eval_every": "100",
    "dense_eval_every": "50",
    "dense_until": "200",
    "eval_episodes": "1",
    "prior_rollouts": "2",
    "prior_cloning_steps": "20",
    "policy_hidden": "16,16",
    "q_hidden": "16,16",
    "batch_size": "16",
    "offline_batch_size": "16",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--grid-of-faults", type=int, default=0, help="runs of test_many_faults.py")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The large grid takes too long to be run by who only says `pytest tests/slurm`."""
    large = collection_path.name == "test_many_faults.py"
    return True if large and not config.getoption("--grid-of-faults") else None


@dataclass(frozen=True)
class Cluster:
    """A running cluster."""

    environment: dict[str, str]

    def script(self, *arguments: str) -> str:
        return subprocess.run(
            [str(SCRIPT), *arguments],
            env=os.environ | self.environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def __call__(self, *command: str) -> str:
        """A command of SLURM's; its output."""
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def make_cluster(**settings: str) -> Iterator[Cluster]:
    folder = tempfile.mkdtemp(prefix="slurm-", dir="/tmp")  # short: sockets are in it
    cluster = Cluster(
        {"SLURM_TEST_DIR": folder, **{f"SLURM_TEST_{k}": settings[k] for k in settings}}
    )
    try:
        cluster.script("up")
        yield cluster
    except subprocess.CalledProcessError as error:
        pytest.exit(f"no SLURM here, NOTHING WAS TESTED: {error.stderr}", returncode=1)
    finally:
        cluster.script("down")


@pytest.fixture(scope="session")
def three_nodes() -> Iterator[Cluster]:
    yield from make_cluster(NODES="3", CPUS="2", PORT="17810")


@pytest.fixture(scope="session")
def no_accounting() -> Iterator[Cluster]:
    yield from make_cluster(ACCOUNTING="0", MAX_ARRAY="2", PORT="17910", CPUS="2")


@pytest.fixture
def cluster(three_nodes: Cluster, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """Three virtual nodes of two cores, with accounting."""
    monkeypatch.setenv("SLURM_CONF", f"{three_nodes.environment['SLURM_TEST_DIR']}/slurm.conf")
    return three_nodes


@pytest.fixture
def bare_cluster(no_accounting: Cluster, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """One node, no accounting (sacct fails), arrays of at most two elements."""
    monkeypatch.setenv("SLURM_CONF", f"{no_accounting.environment['SLURM_TEST_DIR']}/slurm.conf")
    return no_accounting


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def fresh_machine(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No data of this machine, one thread, and jobs that import the code that is tested."""
    monkeypatch.setenv("AWAC_CACHE_DIR", str(cache))
    monkeypatch.setenv("AWAC_DATA_DIR", str(cache))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def arguments(out: Path, *more: str, methods: tuple[str, ...], seeds: int) -> list[str]:
    settings = [part for k, v in SETTINGS.items() for part in ("--set", f"{k}={v}")]
    which = ["--envs", "pen-binary-v0", "--methods", *methods, "--seeds", str(seeds)]
    return ["--preset", "quick", "--out", str(out), *which, *settings, *more]


@dataclass(frozen=True)
class Grid:
    """A grid of tiny runs in a results folder."""

    out: Path
    methods: tuple[str, ...] = ("AWAC",)
    seeds: int = 1

    def launch(self, *more: str) -> int:
        """`figure1.py` in this process; its exit status."""
        from reproduce.figure1 import main

        patience = threading.Timer(2 * PATIENCE_S, os.kill, (os.getpid(), signal.SIGINT))
        patience.daemon = True
        patience.start()
        try:
            return main(arguments(self.out, *more, methods=self.methods, seeds=self.seeds))
        finally:
            patience.cancel()

    def command(self, *more: str, root: Path = ROOT) -> list[str]:
        """The same as a command line."""
        given = arguments(self.out, *more, methods=self.methods, seeds=self.seeds)
        return [sys.executable, str(root / "reproduce" / "figure1.py"), *given]

    def folders(self) -> dict[str, Path]:
        """`AWAC 0` -> the folder of that run."""
        found = sorted(self.out.glob("runs/*/*/*/seed*"))
        return {
            f"{f.parent.name.partition('+')[0]} {f.name.removeprefix('seed')}": f for f in found
        }

    def output_of_jobs(self) -> str:
        """What all jobs have printed, oldest launch first."""
        return "\n".join(p.read_text() for p in sorted(self.out.glob("launches/*/jobs/*_log.*")))

    def rows(self) -> list[dict[str, str]]:
        with (self.out / "figure1.csv").open(newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> dict[str, Path]:
    """What every grid here must end with: the same runs, one after another, left alone."""
    grid = Grid(tmp_path_factory.mktemp("undisturbed"), ("AWAC", "BC"), seeds=2)
    subprocess.run(
        grid.command("--cluster", "local", "--jobs", "1"),
        env=os.environ
        | {
            "AWAC_CACHE_DIR": str(cache),
            "AWAC_DATA_DIR": str(cache),
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(ROOT),
        },
        check=True,
        capture_output=True,
        timeout=PATIENCE_S,
    )
    return grid.folders()


def assert_undisturbed(grid: Grid, reference: dict[str, Path]) -> None:
    """Every run done, with the rows and the weights of one that was left alone."""
    folders = grid.folders()
    assert len(folders) == len(grid.methods) * grid.seeds
    for name, folder in folders.items():
        assert (folder / "done").exists(), f"{name}: {(folder / 'log.txt').read_text()[-2000:]}"
        assert_same_result(folder, reference[name])
    assert not list(grid.out.glob("*.partial.json"))


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.02)


def stop_at(grid: Grid, name: str = "AWAC 0", rows: int = 3) -> int:
    """Wait until a run has so many evaluations and stop its process; returns the pid."""

    def evaluations() -> int:
        path = grid.folders().get(name, Path()) / "progress.csv"
        return len(path.read_text().splitlines()) - 1 if path.is_file() else 0

    wait_until(lambda: evaluations() >= rows, f"{rows} evaluations of {name}")
    pid = int(read_beat(grid.folders()[name])["pid"])
    os.kill(pid, signal.SIGSTOP)
    assert not (grid.folders()[name] / "done").exists(), "it ended before it could be stopped"
    return pid


def job_of(cluster: Cluster) -> str:
    """The id of the only job that SLURM runs."""
    (job,) = cluster("squeue", "--noheader", "--array", "--states=running", "--format=%i").split()
    return job


@contextmanager
def meanwhile(act: Callable[[], None]) -> Iterator[None]:
    """Something that happens while the launcher, here in the main thread, is at work."""
    problems: list[BaseException] = []

    def guarded() -> None:
        try:
            act()
        except BaseException as error:
            problems.append(error)
            os.kill(os.getpid(), signal.SIGINT)  # the launcher would wait for ever

    thread = threading.Thread(target=guarded, daemon=True)
    thread.start()
    yield
    thread.join(timeout=PATIENCE_S)
    if problems:
        raise problems[0]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the code that a test may change."""
    copy = tmp_path / "checkout"
    for package in ("algorithms", "envs", "figures", "reproduce"):
        shutil.copytree(
            ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return copy
