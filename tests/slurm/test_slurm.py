"""Whatever a cluster does to a grid, its results are those of one that was left alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from reproduce.runs.folder import RunFolder
from tests.slurm.conftest import (
    PATIENCE_S,
    ROOT,
    Cluster,
    Grid,
    assert_undisturbed,
    job_of,
    meanwhile,
    stop_at,
    wait_until,
)

Reference = dict[str, Path]


def starts(grid: Grid) -> int:
    """How often jobs have begun, requeued ones included."""
    return grid.output_of_jobs().count("Starting with JobEnvironment")


def test_runs_packed_several_to_a_job(
    cluster: Cluster, undisturbed: Reference, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grid = Grid(tmp_path, ("AWAC", "BC"), seeds=2)
    assert grid.launch("--runs-per-job", "2", "--cpus", "2") == 0
    printed = capsys.readouterr().out
    assert "cluster: slurm" in printed and "4 runs in 2 jobs" in printed
    assert starts(grid) == 2
    assert_undisturbed(grid, undisturbed)
    launch = json.loads(next(tmp_path.glob("launches/*/launch.json")).read_text())
    assert len(launch["code"]) == 16 and launch["user"]
    # and once more: nothing is left to do
    assert grid.launch() == 0
    assert len(list(tmp_path.glob("launches/*"))) == 1


def test_arrays_as_long_as_the_cluster_allows_and_no_accounting(
    bare_cluster: Cluster, undisturbed: Reference, tmp_path: Path
) -> None:
    refused = subprocess.run(["sacct", "-n"], capture_output=True)
    assert refused.returncode != 0
    grid = Grid(tmp_path, ("AWAC",), seeds=2)
    more = Grid(tmp_path, ("AWAC", "BC"), seeds=2)
    assert more.launch("--runs-per-job", "1") == 0
    assert len(list(tmp_path.glob("launches/*/array*.json"))) == 2
    assert starts(grid) == 4
    assert_undisturbed(more, undisturbed)


def test_failing_run_is_reported_and_the_rest_is_kept(
    bare_cluster: Cluster,
    undisturbed: Reference,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    good = Grid(tmp_path, ("BC",))
    assert good.launch() == 0
    bad = Grid(tmp_path, ("AWAC",))
    assert bad.launch("--set", "q_learning_rate=1e30") == 1
    printed = capsys.readouterr()
    assert "FAILED pen-binary-v0 AWAC" in printed.err and "not finite" in printed.err
    assert "1 runs have no result" in printed.err and "log.txt" in printed.err
    assert len(json.loads((tmp_path / "figure1.partial.json").read_text())["not_done"]) == 1
    assert {row["status"] for row in bad.rows()} == {"done", "failed"}


def test_requeued_job_continues(cluster: Cluster, undisturbed: Reference, tmp_path: Path) -> None:
    grid = Grid(tmp_path)

    def requeue() -> None:
        stop_at(grid)
        cluster("scontrol", "requeue", job_of(cluster))  # sends SIGCONT too

    with meanwhile(requeue):
        assert grid.launch("--checkpoint-every-s", "0.01") == 0
    assert starts(grid) == 2
    assert "continues at step" in (grid.folders()["AWAC 0"] / "log.txt").read_text()
    assert_undisturbed(grid, undisturbed)


def test_requeued_job_continues_with_the_graphs_of_its_beginning(
    cluster: Cluster, tmp_path: Path
) -> None:
    whole, grid = Grid(tmp_path / "whole"), Grid(tmp_path / "requeued")
    assert whole.launch("--cluster", "local", "--jobs", "1", "--engine", "compiled") == 0

    def requeue() -> None:
        stop_at(grid)
        cluster("scontrol", "requeue", job_of(cluster))

    with meanwhile(requeue):
        assert grid.launch("--engine", "compiled", "--checkpoint-every-s", "0.01") == 0
    assert starts(grid) == 2
    folder = grid.folders()["AWAC 0"]
    assert "continues at step" in (folder / "log.txt").read_text()
    assert RunFolder(folder).engine() == "compiled"
    assert_undisturbed(grid, whole.folders())


def test_preempted_job_saves_a_checkpoint_and_continues(
    cluster: Cluster, undisturbed: Reference, tmp_path: Path
) -> None:
    grid = Grid(tmp_path)

    def preempt() -> None:
        pid = stop_at(grid)
        cluster(
            "sbatch",
            "-p",
            "urgent",
            "-N3",
            "--exclusive",
            "--output=/dev/null",
            "--wrap",
            "sleep 1",
        )
        wait_until(lambda: "Calling checkpoint method" in grid.output_of_jobs(), "the warning")
        os.kill(pid, signal.SIGCONT)

    with meanwhile(preempt):
        assert grid.launch("--partition", "preempt") == 0
    assert starts(grid) == 2
    assert "continues at step" in (grid.folders()["AWAC 0"] / "log.txt").read_text()
    assert_undisturbed(grid, undisturbed)


def test_job_at_its_time_limit_is_queued_again(
    cluster: Cluster, undisturbed: Reference, tmp_path: Path
) -> None:
    grid = Grid(tmp_path)

    def let_time_pass() -> None:
        pid = stop_at(grid)
        wait_until(lambda: "this job is timed-out" in grid.output_of_jobs(), "the time limit")
        os.kill(pid, signal.SIGCONT)

    with meanwhile(let_time_pass):
        assert grid.launch("--time", "2") == 0
    assert starts(grid) >= 2
    assert "continues at step" in (grid.folders()["AWAC 0"] / "log.txt").read_text()
    assert_undisturbed(grid, undisturbed)


def test_cancelled_job_is_reported_and_continued_by_the_same_command(
    cluster: Cluster, undisturbed: Reference, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grid = Grid(tmp_path)

    def cancel() -> None:
        stop_at(grid)
        cluster("scancel", job_of(cluster))

    with meanwhile(cancel):
        assert grid.launch("--checkpoint-every-s", "0.01") == 1
    assert "was cancelled; the same command continues it" in capsys.readouterr().err
    assert len(json.loads((tmp_path / "figure1.partial.json").read_text())["not_done"]) == 1
    assert grid.launch("--checkpoint-every-s", "0.01") == 0
    assert "continues at step" in (grid.folders()["AWAC 0"] / "log.txt").read_text()
    assert_undisturbed(grid, undisturbed)


def test_killed_node(cluster: Cluster, undisturbed: Reference, tmp_path: Path) -> None:
    grid = Grid(tmp_path)
    killed: list[str] = []

    def kill() -> None:
        stop_at(grid)
        node = cluster("squeue", "--noheader", "--states=running", "--format=%N").strip()
        cluster.script("kill-node", node)
        killed.append(node)

    with meanwhile(kill):
        assert grid.launch("--checkpoint-every-s", "0.01") == 0
    cluster.script("start-node", killed[0])
    wait_until(lambda: "down" not in cluster("sinfo", "-h", "-N", "-o", "%T"), "the node")
    assert starts(grid) == 2
    assert "continues at step" in (grid.folders()["AWAC 0"] / "log.txt").read_text()
    assert_undisturbed(grid, undisturbed)


def test_killed_process_is_started_again_by_the_launcher(
    bare_cluster: Cluster,
    undisturbed: Reference,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The job itself ends well, so that SLURM has nothing to repeat."""
    grid = Grid(tmp_path)
    with meanwhile(lambda: os.kill(stop_at(grid), signal.SIGKILL)):
        assert grid.launch("--checkpoint-every-s", "0.01") == 0
    assert "attempt 2" in capsys.readouterr().out
    assert "continues at step" in (grid.folders()["AWAC 0"] / "log.txt").read_text()
    assert len(list(tmp_path.glob("launches/*/array*.json"))) == 2
    assert_undisturbed(grid, undisturbed)


def test_two_launchers_at_once(cluster: Cluster, undisturbed: Reference, tmp_path: Path) -> None:
    grid = Grid(tmp_path, ("AWAC", "BC"), seeds=1)
    other = subprocess.Popen(
        grid.command(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert grid.launch() == 0
    output, _ = other.communicate(timeout=PATIENCE_S)
    assert other.returncode == 0, output
    assert len(list(tmp_path.glob("launches/*/array*.json"))) == 1
    assert starts(grid) == 1
    assert_undisturbed(grid, undisturbed)


def test_interrupted_launcher_leaves_the_jobs_and_another_one_collects(
    cluster: Cluster, undisturbed: Reference, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grid = Grid(tmp_path)
    pids: list[int] = []

    def interrupt() -> None:
        pids.append(stop_at(grid))
        os.kill(os.getpid(), signal.SIGINT)

    with meanwhile(interrupt):
        assert grid.launch() == 75
    assert "1 runs go on as jobs of SLURM" in capsys.readouterr().err
    job = job_of(cluster)
    os.kill(pids[0], signal.SIGCONT)
    assert grid.launch() == 0
    assert len(list(tmp_path.glob("launches/*/array*.json"))) == 1, f"{job} was left alone"
    assert_undisturbed(grid, undisturbed)


def test_other_code_than_was_submitted_is_refused(
    cluster: Cluster, tmp_path: Path, checkout: Path
) -> None:
    grid = Grid(tmp_path / "out")
    cluster("scontrol", "update", "PartitionName=main", "State=DOWN")  # jobs wait
    try:
        process = subprocess.Popen(
            grid.command(root=checkout),
            env=os.environ | {"PYTHONPATH": str(checkout)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        wait_until(lambda: process.poll() is not None or cluster("squeue", "--noheader"), "a job")
        with (checkout / "algorithms" / "agent.py").open("a") as file:
            file.write("# changed\n")
    finally:
        cluster("scontrol", "update", "PartitionName=main", "State=UP")
    output, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1, output
    assert "the code was changed since submission" in output
    (folder,) = grid.folders().values()
    assert RunFolder(folder).state() == "pending"
    assert not (folder / "config.json").exists()


def test_dry_run_on_a_cluster_names_the_cost_and_submits_nothing(
    cluster: Cluster, tmp_path: Path
) -> None:
    result = subprocess.run(
        [sys.executable, str(ROOT / "reproduce" / "figure1.py"), "--dry-run", "--methods", "BC"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert result.returncode == 0, result.stderr
    assert "30 runs into results/paper" in result.stdout and "core-hours" in result.stdout
    assert not list(tmp_path.iterdir())
    assert not cluster("squeue", "--noheader")
