"""What the launches of a folder have written down, against what SLURM says of their jobs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reproduce.commandline.files import write_json
from reproduce.commandline.options import FigureOptions
from reproduce.launching import slurm as launch_slurm
from reproduce.launching import slurm_client, slurm_queue
from reproduce.launching.slurm import SlurmLauncher
from reproduce.launching.slurm_client import Job, Limits, SlurmError
from reproduce.runs.folder import RunFolder
from reproduce.specs.grid import RunSpec

SPECS = [RunSpec("quick", "paper", "pen-binary-v0", "BC", seed, "embedded") for seed in range(4)]


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """What squeue shows; to be filled."""
    shown: list[Job] = []
    monkeypatch.setattr(
        slurm_client, "jobs", lambda names: [job for job in shown if job.name in names]
    )
    return shown


def submitted(out: Path, *packs: list[int]) -> str:
    launch = slurm_queue.new_launch(out)
    folders = [[SPECS[seed].folder(out) for seed in pack] for pack in packs]
    for folder in (path for pack in folders for path in pack):
        folder.mkdir(parents=True, exist_ok=True)
    return launch.array(folders, out)


def test_runs_are_found_by_the_place_of_their_job_in_the_array(
    tmp_path: Path, jobs: list[Job]
) -> None:
    first, second = submitted(tmp_path, [0, 1], [2]), submitted(tmp_path, [2, 3])
    jobs += [
        Job("7_0", first, "RUNNING", "None"),
        Job("7_1", first, "TIMEOUT", "None"),
        Job("9", second, "PENDING", "Priority"),
        Job("7_0", "of somebody else", "RUNNING", "None"),
    ]
    found = slurm_queue.jobs_of(SPECS, tmp_path)
    assert {spec.seed: job.id for spec, (job, _) in found.items()} == {
        0: "7_0",
        1: "7_0",
        2: "9",
        3: "9",
    }
    assert set(slurm_queue.jobs_of(SPECS[:1], tmp_path)) == {SPECS[0]}


def test_notes_are_made_to_agree_with_slurm(tmp_path: Path, jobs: list[Job]) -> None:
    name = submitted(tmp_path, [0], [1], [2])
    folders = [RunFolder(spec.folder(tmp_path)) for spec in SPECS[:3]]
    for folder in folders[:2]:
        folder.queue(slurm_queue.note(name))
    jobs += [Job("7_1", name, "PENDING", "None"), Job("7_2", name, "RUNNING", "None")]
    slurm_queue.refresh(SPECS, tmp_path)
    assert [folder.state() for folder in folders] == ["pending", "queued", "queued"]
    assert folders[2].queued()["job"] == "7_2"


def test_nothing_is_concluded_from_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = submitted(tmp_path, [0])
    folder = RunFolder(SPECS[0].folder(tmp_path))
    folder.queue(slurm_queue.note(name))

    def silent(names: object) -> list[Job]:
        raise SlurmError("timed out")

    monkeypatch.setattr(slurm_client, "jobs", silent)
    with pytest.raises(SlurmError):
        slurm_queue.refresh(SPECS, tmp_path)
    assert folder.state() == "queued"


def test_a_launch_says_who_and_with_which_code(tmp_path: Path) -> None:
    launch = slurm_queue.new_launch(tmp_path)
    told = json.loads((launch.folder / "launch.json").read_text())
    assert told["code"] == launch.code and told["command"] and told["host"]
    assert slurm_queue.refusal(launch.folder) == ""
    (launch.folder / "refused.json").write_text('{"submitted": "a", "found": "b"}')
    assert slurm_queue.refusal(launch.folder) == "the code was changed since submission (a -> b)"


@pytest.fixture
def launcher(tmp_path: Path, jobs: list[Job], monkeypatch: pytest.MonkeyPatch) -> SlurmLauncher:
    """Whose submissions become jobs of `jobs` without SLURM."""
    monkeypatch.setattr(slurm_client, "limits", lambda _: Limits(1001, 8, None, False))
    options = FigureOptions(preset="quick", out=tmp_path, cluster="slurm", runs_per_job=1, cpus=1)
    made = SlurmLauncher(SPECS, dict.fromkeys(SPECS, 10.0), options)

    def submit(launch: slurm_queue.Launch, array: list[list[RunSpec]]) -> str:
        folders = [[spec.folder(tmp_path) for spec in pack] for pack in array]
        name = launch.array(folders, tmp_path)
        for index, pack in enumerate(folders):
            for path in pack:
                path.mkdir(parents=True, exist_ok=True)
            jobs.append(Job(f"{len(jobs)}00_{index}", name, "RUNNING", "None"))
        return jobs[-1].id

    monkeypatch.setattr(made, "_submit_array", submit)
    monkeypatch.setattr(launch_slurm, "_POLL_S", (0.0, 0.0))
    return made


def end(jobs: list[Job], state: str) -> None:
    """Whatever runs ends with that state, without a result."""
    jobs[:] = [Job(job.id, job.name, state if job.live else job.state, "None") for job in jobs]


def test_a_run_that_dies_again_and_again_is_given_up(
    launcher: SlurmLauncher, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    for spec in SPECS[1:]:
        RunFolder(spec.folder(launcher.out)).finish()
    seen = []

    def pass_time(seconds: float) -> None:
        live = [job for job in jobs if job.live]
        seen.append(len(live))
        end(jobs, "NODE_FAIL") if len(seen) > 1 else None

    monkeypatch.setattr(launcher, "_sleep", pass_time)
    assert launcher.run() == [SPECS[0]]
    assert len(jobs) == 3
    assert (
        "died 3 times, at last with job 200_0: NODE_FAIL"
        in RunFolder(SPECS[0].folder(launcher.out)).failure()
    )


@pytest.mark.parametrize(
    ("state", "said"), [("CANCELLED", "was cancelled"), ("OUT_OF_MEMORY", "more than --mem 3G")]
)
def test_what_would_only_happen_again_is_not_repeated(
    state: str, said: str, launcher: SlurmLauncher, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    polls = []

    def pass_time(seconds: float) -> None:
        polls.append(1)
        if len(polls) > 1:
            end(jobs, state)

    monkeypatch.setattr(launcher, "_sleep", pass_time)
    assert launcher.run() == SPECS
    assert len(jobs) == len(SPECS)
    for spec in SPECS:
        assert said in launcher.reasons.get(spec, RunFolder(spec.folder(launcher.out)).failure())


def test_runs_that_slurm_does_not_take_yet_wait(
    launcher: SlurmLauncher,
    jobs: list[Job],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    take = launcher._submit_array
    launcher.limits, launcher._largest = Limits(1, 8, None, False), 1  # arrays of one

    def full(launch: slurm_queue.Launch, array: list[list[RunSpec]]) -> str:
        if sum(job.live for job in jobs) >= 2:
            raise SlurmError("AssocMaxSubmitJobLimit")
        return take(launch, array)

    monkeypatch.setattr(launcher, "_submit_array", full)
    monkeypatch.setattr(launch_slurm, "_FULL_S", 0.0)

    def pass_time(seconds: float) -> None:
        running = slurm_queue.jobs_of(SPECS, launcher.out)
        for spec, (job, _) in running.items():
            if job.live:
                RunFolder(spec.folder(launcher.out)).finish()
        end(jobs, "COMPLETED")

    monkeypatch.setattr(launcher, "_sleep", pass_time)
    assert launcher.run() == []
    assert len(jobs) == len(SPECS)
    assert "takes no more jobs now (AssocMaxSubmitJobLimit); 2 runs wait" in capsys.readouterr().out


@pytest.mark.parametrize("most", [1, 2, 3])
def test_an_array_that_a_limit_forbids_is_submitted_in_parts(
    most: int,
    launcher: SlurmLauncher,
    jobs: list[Job],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """SLURM counts the elements of an array, and takes all of them or none."""
    take, sizes = launcher._submit_array, []

    def limited(launch: slurm_queue.Launch, array: list[list[RunSpec]]) -> str:
        sizes.append(len(array))
        if sum(job.live for job in jobs) + len(array) > most:
            raise SlurmError("Job violates accounting/QOS policy (job submit limit, ...)")
        return take(launch, array)

    monkeypatch.setattr(launcher, "_submit_array", limited)
    monkeypatch.setattr(launch_slurm, "_FULL_S", 0.0)
    live = []

    def pass_time(seconds: float) -> None:
        live.append(sum(job.live for job in jobs))
        for spec, (job, _) in slurm_queue.jobs_of(SPECS, launcher.out).items():
            if job.live:
                RunFolder(spec.folder(launcher.out)).finish()
        end(jobs, "COMPLETED")

    monkeypatch.setattr(launcher, "_sleep", pass_time)
    assert launcher.run() == []
    assert len(jobs) == len(SPECS) and live[0] == most
    assert sizes[0] == len(SPECS)
    assert f"{len(SPECS) - most} runs wait" in capsys.readouterr().out


def beat(launcher: SlurmLauncher, spec: RunSpec, step: int) -> None:
    """The run has come to a step."""
    folder = spec.folder(launcher.out)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(
        folder / "status.json",
        {"start": -100, "step": step, "end": 1_000, "steps_per_s": 1.0, "at": 0.0},
    )


@pytest.mark.parametrize(
    ("state", "speed", "ends"),
    [("NODE_FAIL", 100, 10), ("NODE_FAIL", 0, 3), ("PREEMPTED", 0, 10), ("TIMEOUT", 0, 3)],
)
def test_only_deaths_without_progress_count(
    state: str,
    speed: int,
    ends: int,
    launcher: SlurmLauncher,
    jobs: list[Job],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A job that makes room for others is no fault of its run. The tenth job ends the run."""
    for spec in SPECS[1:]:
        RunFolder(spec.folder(launcher.out)).finish()
    spec = SPECS[0]

    def pass_time(seconds: float) -> None:
        if any(job.live for job in jobs):
            beat(launcher, spec, speed * len(jobs))
            if len(jobs) == 10:
                RunFolder(spec.folder(launcher.out)).finish()
            end(jobs, state)

    monkeypatch.setattr(launcher, "_sleep", pass_time)
    failed = launcher.run()
    assert len(jobs) == ends
    assert failed == ([] if ends == 10 else [spec])


@pytest.mark.parametrize("command", ["squeue", "sbatch"])
def test_one_silent_moment_does_not_end_a_launcher_that_watches(
    command: str,
    launcher: SlurmLauncher,
    jobs: list[Job],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A run dies, and what is asked of SLURM then fails once: it is no attempt of the run."""
    for spec in SPECS[1:]:
        RunFolder(spec.folder(launcher.out)).finish()
    monkeypatch.setattr(launch_slurm, "_FULL_S", 0.0)
    submit, failures = launcher._submit, []

    def silent(specs: list[RunSpec]) -> set[RunSpec]:
        if jobs and len(failures) < 5:
            failures.append(command)
            raise SlurmError("Socket timed out")
        return submit(specs)

    polls = []

    def pass_time(seconds: float) -> None:
        polls.append(1)
        if len(polls) == 2:
            end(jobs, "NODE_FAIL")
        if len(jobs) == 2:
            RunFolder(SPECS[0].folder(launcher.out)).finish()

    monkeypatch.setattr(launcher, "_submit", silent)
    monkeypatch.setattr(launcher, "_sleep", pass_time)
    assert launcher.run() == []
    assert len(failures) == 5 and len(jobs) == 2
    told = capsys.readouterr().out
    assert "takes no more jobs now (Socket timed out)" in told and "attempt 2" in told


def test_how_a_job_ended_is_known_when_slurm_has_forgotten_it(
    launcher: SlurmLauncher, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    polls = []

    def pass_time(seconds: float) -> None:
        polls.append(1)
        if len(polls) == 2:
            end(jobs, "CANCELLED")
        if len(polls) == 3:
            jobs.clear()  # MinJobAge is short here

    monkeypatch.setattr(launcher, "_sleep", pass_time)
    assert launcher.run() == SPECS
    assert not jobs
    assert all("was cancelled" in reason for reason in launcher.reasons.values())


def test_a_job_that_slurm_forgot_before_it_was_seen_to_end_is_not_said_to_run(
    launcher: SlurmLauncher,
    jobs: list[Job],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for spec in SPECS[1:]:
        RunFolder(spec.folder(launcher.out)).finish()
    polls = []

    def pass_time(seconds: float) -> None:
        polls.append(1)
        if len(polls) == 2:
            jobs.clear()
        elif len(polls) > 2 and jobs:
            RunFolder(SPECS[0].folder(launcher.out)).finish()

    monkeypatch.setattr(launcher, "_sleep", pass_time)
    assert launcher.run() == []
    assert "(its job ended before it); attempt 2" in capsys.readouterr().out


def test_a_second_call_sizes_jobs_by_what_runs_already(
    launcher: SlurmLauncher, tmp_path: Path
) -> None:
    for spec in SPECS:
        folder = RunFolder(spec.folder(tmp_path))
        folder.path.mkdir(parents=True, exist_ok=True)
        folder.queue(slurm_queue.note("7"))
    again = SlurmLauncher(SPECS, dict.fromkeys(SPECS, 36_000.0), launcher.options)
    assert again.shape.minutes == 2 * 600 + 15
    assert again.cost().runs == 0


def test_when_slurm_takes_nothing_that_is_an_error(
    launcher: SlurmLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> str:
        raise SlurmError("Invalid account")

    monkeypatch.setattr(launcher, "_submit_array", refuse)
    with pytest.raises(SlurmError, match="Invalid account"):
        launcher.run()


def test_code_that_changes_while_the_launcher_watches_is_not_submitted(
    launcher: SlurmLauncher, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    polls = []

    def pass_time(seconds: float) -> None:
        polls.append(1)
        if len(polls) > 1:
            monkeypatch.setattr(launch_slurm, "fingerprint", lambda: "another")
            end(jobs, "FAILED")

    monkeypatch.setattr(launcher, "_sleep", pass_time)
    assert launcher.run() == SPECS
    assert len(launcher.reasons) == len(SPECS)
    assert all("the code was changed" in reason for reason in launcher.reasons.values())
