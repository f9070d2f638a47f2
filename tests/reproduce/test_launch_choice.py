"""Where a grid runs, what the flags mean there, and what it costs. SLURM's commands are scripts."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from reproduce.commandline.options import FigureOptions
from reproduce.launching import cost, slurm_client
from reproduce.launching.clusters import choose, further
from reproduce.launching.cost import Cost, confirm, cost_here, cost_of
from reproduce.launching.packing import Shape, packs, shape_of
from reproduce.launching.slurm_client import Limits, SlurmError, minutes_of
from reproduce.specs.grid import RunSpec

SHARED = Limits(max_array=1001, cores=16, minutes=None, whole_nodes=False)


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole path; empty."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def say(folder: Path, name: str, text: str, status: int = 0) -> None:
    (folder / name).write_text(f"#!/bin/sh\n/bin/cat <<'END'\n{text}\nEND\nexit {status}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def slurm(commands: Path) -> Path:
    for name in slurm_client.COMMANDS:
        say(commands, name, "")
    say(commands, "scontrol", "Slurmctld(primary) at c1 is UP")
    return commands


def test_without_slurm_auto_is_local_and_quick(commands: Path) -> None:
    cluster, options = choose(FigureOptions())
    assert (cluster.name, options.preset) == ("local", "quick")
    assert "no sbatch on the path" in cluster.why
    assert options.results == Path("results/quick")


def test_with_slurm_auto_is_slurm_and_paper(slurm: Path) -> None:
    cluster, options = choose(FigureOptions())
    assert (cluster.name, options.preset) == ("slurm", "paper")
    assert "controller" in cluster.why


def test_a_preset_that_is_given_stays(slurm: Path) -> None:
    assert choose(FigureOptions(preset="small"))[1].preset == "small"
    assert choose(FigureOptions(cluster="local"))[1].preset == "quick"


@pytest.mark.parametrize(("text", "status"), [("Slurmctld(primary) at c1 is DOWN", 0), ("", 1)])
def test_commands_without_a_controller_are_no_cluster(slurm: Path, text: str, status: int) -> None:
    say(slurm, "scontrol", text, status)
    assert choose(FigureOptions())[0].name == "local"
    with pytest.raises(ValueError, match="controller does not answer"):
        choose(FigureOptions(cluster="slurm"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"partition": "main"}, "--partition: only on SLURM"),
        ({"slurm": ("constraint=a",), "gpus": 1}, "--gpus, --slurm: only on SLURM"),
        ({"cluster": "inline", "jobs": 2}, "--jobs: only on --cluster local"),
    ],
)
def test_flags_of_another_cluster_are_refused(
    commands: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        choose(replace(FigureOptions(), **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"jobs": 2}, "--array-parallelism limits jobs"),
        ({"gpus": 1}, "needs --device cuda and --gpus 1"),
        ({"device": "cuda"}, "needs --device cuda and --gpus 1"),
        ({"device": "cuda:1", "gpus": 1}, "on SLURM give cpu or cuda"),
        ({"runs_per_gpu": 2}, "goes with --gpus"),
        ({"cpus": 0}, "--cpus must be at least 1"),
        ({"time": "tomorrow"}, "is not a time"),
        ({"time": "0"}, "is a time of 0"),
        ({"slurm": ("constrain=zen4",)}, "did you mean constraint"),
        ({"slurm": ("partition=main",)}, "use --partition"),
        ({"slurm": ("job_name=x",)}, "not one of"),
        ({"slurm": ("constraint",)}, "expected key=value"),
        ({"slurm": ("signal_delay_s=soon",)}, "expected seconds"),
    ],
)
def test_what_slurm_does_not_take_is_refused(
    slurm: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        choose(replace(FigureOptions(), **changes))  # type: ignore[arg-type]


def test_further_parameters_reach_submitit_by_its_own_names() -> None:
    given = ("constraint=zen4", "mail-type=END", "exclusive=true", "signal_delay_s=30")
    expected = {"constraint": "zen4", "mail_type": "END", "exclusive": True, "signal_delay_s": 30}
    assert further(given) == expected


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("90", 90), ("30:00", 30), ("30:01", 31), ("1:30:00", 90), ("2-0", 2880), ("1-12:30", 2190)],
)
def test_times_as_slurm_writes_them(text: str, minutes: int) -> None:
    assert minutes_of(text) == minutes


def test_limits_come_from_the_default_partition(slurm: Path) -> None:
    say(slurm, "scontrol", "MaxArraySize            = 500\nSelectType = select/cons_tres")
    say(slurm, "sinfo", "big|128+|7-00:00:00|NO\nmain*|64|2-00:00:00|NO\nmain*|32|2-00:00:00|NO")
    assert slurm_client.limits(None) == Limits(500, 32, 2880, False)
    say(slurm, "sinfo", "whole|48|infinite|EXCLUSIVE")
    assert slurm_client.limits("whole") == Limits(500, 48, None, True)
    say(slurm, "sinfo", "")
    with pytest.raises(SlurmError, match="no partition nowhere"):
        slurm_client.limits("nowhere")


def test_jobs_and_what_became_of_them(slurm: Path) -> None:
    say(slurm, "squeue", "12_3|awac-x-0|RUNNING|None\n13|awac-x-1|CANCELLED|None\nnonsense")
    running, cancelled = slurm_client.jobs(["awac-x-0", "awac-x-1"])
    assert running.live and running.index == 3
    assert not cancelled.live and cancelled.index == 0
    say(slurm, "squeue", "slurm_load_jobs error: Unable to contact slurm controller", 1)
    with pytest.raises(SlurmError, match="Unable to contact"):
        slurm_client.jobs(["awac-x-0"])


HOURS = 3600.0


@pytest.mark.parametrize(
    ("seconds", "changes", "limits", "expected"),
    [
        # long runs: a job and a core each
        ([12 * HOURS] * 330, {}, SHARED, Shape(1, 1, 0, 1, "3G", 24 * 60)),
        # short ones follow each other
        ([100.0] * 330, {}, SHARED, Shape(18, 1, 0, 1, "3G", 75)),
        # or run beside each other, as asked
        ([100.0] * 330, {"runs_per_job": 8}, SHARED, Shape(8, 8, 0, 8, "24G", 19)),
        ([HOURS] * 9, {"runs_per_job": 8, "cpus": 4}, SHARED, Shape(8, 4, 0, 4, "12G", 255)),
        # a whole node has work for all its cores
        (
            [12 * HOURS] * 330,
            {},
            replace(SHARED, whole_nodes=True),
            Shape(16, 16, 0, 16, "48G", 24 * 60),
        ),
        # three runs share each of two GPUs
        ([HOURS] * 60, {"gpus": 2, "runs_per_gpu": 3}, SHARED, Shape(6, 6, 2, 6, "18G", 135)),
        # the partition's limit
        ([HOURS], {}, replace(SHARED, minutes=60), Shape(1, 1, 0, 1, "3G", 60)),
        ([HOURS], {"time": "2-0", "mem": "5G"}, SHARED, Shape(1, 1, 0, 1, "5G", 2880)),
        ([], {}, SHARED, Shape(1, 1, 0, 1, "3G", 15)),
    ],
)
def test_shape_of_jobs(
    seconds: list[float], changes: dict[str, object], limits: Limits, expected: Shape
) -> None:
    options = replace(FigureOptions(), **changes)  # type: ignore[arg-type]
    assert shape_of(seconds, options, limits) == expected


def test_more_cores_than_a_node_has_are_refused() -> None:
    with pytest.raises(ValueError, match="nodes have 16 cores"):
        shape_of([1.0], FigureOptions(cpus=17), SHARED)


def test_every_run_is_in_one_job() -> None:
    grid = [RunSpec("quick", "paper", "pen-binary-v0", "BC", s, "embedded") for s in range(11)]
    jobs = packs(dict.fromkeys(grid, 1.0), runs=2)
    assert [len(job) for job in jobs] == [2] * 5 + [1]
    assert [spec for job in jobs for spec in job] == grid


def test_cost_counts_cores_for_as_long_as_they_are_kept() -> None:
    shape = Shape(4, 2, 1, 2, "6G", 60)
    made = cost_of([[HOURS, HOURS, HOURS], [HOURS]], shape)
    assert made == Cost(runs=4, core_hours=6.0, gpu_hours=3.0, jobs=2)
    assert str(made) == "cost: 4 runs in 2 jobs, 6 core-hours, 3 GPU-hours"
    assert str(cost_here([HOURS / 2])) == "cost: 1 run, 0.5 core-hours"


def test_dear_grids_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap, dear = Cost(3, 100.0), Cost(330, 4000.0)
    confirm(cheap, yes=False)
    confirm(dear, yes=True)
    monkeypatch.setattr(cost.sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(ValueError, match="no terminal to ask for consent; --yes"):
        confirm(dear, yes=False)
    monkeypatch.setattr(cost.sys.stdin, "isatty", lambda: True, raising=False)
    answers = iter(["", "n", EOFError(), "y"])

    def answer(_: str) -> str:
        given = next(answers)
        if isinstance(given, EOFError):  # Ctrl-D
            raise given
        return given

    monkeypatch.setattr("builtins.input", answer)
    for _ in range(3):
        with pytest.raises(ValueError, match="not started"):
            confirm(dear, yes=False)
    confirm(dear, yes=False)


def test_a_launcher_inside_a_job_does_not_pass_that_job_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from reproduce.launching.slurm import outside_of_jobs

    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "64")
    monkeypatch.setenv("SLURM_CONF", "/etc/slurm/slurm.conf")
    monkeypatch.setenv("SBATCH_TIMELIMIT", "1")
    with outside_of_jobs({}):
        assert "SLURM_CPUS_PER_TASK" not in os.environ
        assert "SBATCH_TIMELIMIT" not in os.environ  # ours is in the script, which it would beat
        assert os.environ["SLURM_CONF"] == "/etc/slurm/slurm.conf"
    assert os.environ["SLURM_CPUS_PER_TASK"] == "64"


def test_the_users_defaults_for_sbatch_stay_where_no_flag_decides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from reproduce.launching.slurm import outside_of_jobs

    for name in ("ACCOUNT", "PARTITION", "QOS"):
        monkeypatch.setenv(f"SBATCH_{name}", "mine")
    with outside_of_jobs({"partition": "of --partition", "time": 60}):
        kept = {name for name in os.environ if name.startswith("SBATCH_")}
        assert kept == {"SBATCH_ACCOUNT", "SBATCH_QOS"}
    assert os.environ["SBATCH_PARTITION"] == "mine"
