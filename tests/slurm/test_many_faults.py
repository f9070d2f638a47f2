"""A grid of forty runs on three nodes that fail all the time ends as if nothing had happened.

    python -m pytest tests/slurm/test_many_faults.py -s --grid-of-faults 40

Not part of `make test-slurm`: it takes the time of eighty short runs.
"""

from __future__ import annotations

import os
import random
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.slurm.conftest import PATIENCE_S, ROOT, Cluster, Grid, assert_undisturbed

NODES = ("node1", "node2", "node3")


class Faults(threading.Thread):
    """Kills nodes, preempts, requeues and cancels jobs by turns, until it is told to stop."""

    def __init__(self, cluster: Cluster, pause_s: float) -> None:
        super().__init__(daemon=True)
        self.cluster, self.pause_s = cluster, pause_s
        self.stop, self.counts = threading.Event(), Counter[str]()
        self.random = random.Random(0)
        self.problem: BaseException | None = None

    def run(self) -> None:
        kinds = [self.kill_node, self.preempt, self.requeue, self.cancel]
        turn = 0
        try:
            while not self.stop.wait(self.pause_s):
                if running := self.running():
                    kinds[turn % len(kinds)](*self.random.choice(running))
                    turn += 1
        except BaseException as error:
            self.problem = error

    def running(self) -> list[tuple[str, str]]:
        """Ids and nodes of the grid's jobs that run now."""
        lines = self.cluster("squeue", "-h", "-r", "-t", "running", "-o", "%i %N %j").splitlines()
        return [(i, n) for i, n, name in map(str.split, lines) if name.startswith("awac-")]

    def kill_node(self, job: str, node: str) -> None:
        self.cluster.script("kill-node", node)
        self.counts["nodes killed"] += 1
        self.stop.wait(25.0)  # until the controller has noticed
        self.cluster.script("start-node", node)

    def preempt(self, job: str, node: str) -> None:
        self.cluster(
            "sbatch",
            "-p",
            "urgent",
            "-w",
            node,
            "--exclusive",
            "--output=/dev/null",
            "--wrap",
            "sleep 2",
        )
        self.counts["nodes taken by urgent jobs"] += 1

    def requeue(self, job: str, node: str) -> None:
        done = subprocess.run(["scontrol", "requeue", job], capture_output=True)
        self.counts["jobs requeued"] += done.returncode == 0

    def cancel(self, job: str, node: str) -> None:
        done = subprocess.run(["scancel", job], capture_output=True)
        self.counts["jobs cancelled"] += done.returncode == 0


@pytest.fixture
def runs(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--grid-of-faults"))


def test_grid_under_faults_ends_as_if_nothing_had_happened(
    runs: int, cluster: Cluster, cache: Path, tmp_path: Path
) -> None:
    began = time.monotonic()
    undisturbed = Grid(tmp_path / "undisturbed", ("AWAC", "BC"), seeds=runs // 2)
    subprocess.run(
        undisturbed.command("--cluster", "local"),
        check=True,
        capture_output=True,
        timeout=PATIENCE_S,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    grid = Grid(tmp_path / "disturbed", ("AWAC", "BC"), seeds=runs // 2)
    # as often as a run ends when nothing happens
    faults = Faults(cluster, pause_s=(time.monotonic() - began) / runs)
    faults.start()
    for _ in range(20):  # what was cancelled is not submitted again before the next call
        status = grid.launch(
            "--partition",
            "preempt",
            "--runs-per-job",
            "2",
            "--cpus",
            "1",
            "--checkpoint-every-s",
            "1",
        )
        if status == 0:
            break
    faults.stop.set()
    faults.join(timeout=PATIENCE_S)
    assert faults.problem is None, faults.problem
    assert status == 0
    assert_undisturbed(grid, undisturbed.folders())
    starts = grid.output_of_jobs().count("Starting with JobEnvironment")
    launches = len(list(grid.out.glob("launches/*")))
    print(
        f"\n{runs} runs, {dict(faults.counts)}, {starts} starts of jobs, {launches} launches, "
        "results lost: 0"
    )
    assert all(faults.counts[kind] for kind in ("nodes killed", "jobs requeued"))
