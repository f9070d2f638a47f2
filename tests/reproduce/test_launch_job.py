"""What a job does with its runs; small shell commands stand for them."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reproduce.launching import slurm_job
from reproduce.launching.failures import mark_partial, report_failures
from reproduce.launching.slurm_job import Pool, RunsJob, Work, environment
from reproduce.runs.folder import RunFolder
from reproduce.runs.provenance import fingerprint
from reproduce.specs.grid import RunSpec
from tests.patience import PATIENCE_S

# ends with 75 on SIGINT, as a run does; TERM and USR2 would end it otherwise
RUN = """
import pathlib, signal, sys, time
def stop(*_):
    sys.exit(75)
signal.signal(signal.SIGINT, stop)
pathlib.Path("started").touch()
time.sleep(600)
"""


# does not end before the job has acted on all signals: a second SIGINT would still reach it
COUNTING = f"""
import pathlib, signal, sys, time
came = []
def stop(*_):
    came.append(1)
    pathlib.Path("interrupted").touch()
signal.signal(signal.SIGINT, stop)
pathlib.Path("started").touch()
until = time.monotonic() + {PATIENCE_S}
while time.monotonic() < until and not pathlib.Path("acted").exists():
    time.sleep(0.01)
pathlib.Path("interrupts").write_text(str(len(came)))
sys.exit(75)
"""


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGUSR2)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def job(*commands: tuple[str, ...], at_once: int = 1, **changes: object) -> RunsJob:
    works = tuple(
        Work(str(Path(f"run{i}").absolute()), command) for i, command in enumerate(commands)
    )
    given = {"gpus": 0, "code": fingerprint(), "launch": str(Path.cwd()), "grace_s": PATIENCE_S}
    return RunsJob(works, at_once, **(given | changes))  # type: ignore[arg-type]


def later(act: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    return thread


def wait_for(name: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not Path(name).exists():
        assert time.monotonic() < deadline, f"nobody made {name}"
        time.sleep(0.01)


def when_started(act: Callable[[], None]) -> None:
    wait_for("started")
    act()


def shell(text: str) -> tuple[str, ...]:
    return ("sh", "-c", text)


def test_runs_follow_each_other_and_ends_are_counted() -> None:
    done = shell("echo a >> order")
    counts = job(done, shell("echo b >> order; exit 3"), shell("kill -KILL $$"), done)()
    assert counts == {"done": 2, "failed": 1, "killed": 1}
    assert Path("order").read_text() == "a\nb\na\n"
    assert "status 3" in RunFolder(Path("run1")).failure()
    killed = RunFolder(Path("run2"))
    assert killed.failure() == "" and "SIGKILL" in (killed.path / "log.txt").read_text()


def test_what_is_done_is_not_started() -> None:
    RunFolder(Path("run0")).finish()
    assert job(shell("touch started"))() == {"done": 1}
    assert not Path("started").exists()


def test_no_more_at_once_than_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slurm_job, "_POLL_S", 0.01)
    seen: list[int] = []
    one = job(*[shell("sleep 0.1")] * 5, at_once=2)
    pool = Pool(one)
    monkeypatch.setattr(
        pool, "_reap", lambda: (seen.append(len(pool.running)), Pool._reap(pool)), raising=False
    )
    assert pool.run() == {"done": 5}
    assert max(seen) == 2


def test_signals_for_everybody_reach_a_run_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """SLURM may signal all processes of a job or one only: either way each run stops well.

    TERM may come while the job still acts on the warning before it, USR2.
    """
    sent: list[int] = []  # two signals sent at once are one to the process
    send = subprocess.Popen.send_signal

    def noted(process: subprocess.Popen[bytes], number: int) -> None:
        sent.append(number)
        send(process, number)

    stop = Pool.stop

    def stop_and_tell(pool: Pool, *of_a_signal: Any) -> None:
        stop(pool, *of_a_signal)
        if of_a_signal:  # TERM, the last that comes
            Path("acted").touch()

    monkeypatch.setattr(subprocess.Popen, "send_signal", noted)
    monkeypatch.setattr(Pool, "stop", stop_and_tell)
    work = job((sys.executable, "-c", COUNTING), shell("touch second"))
    signal.signal(signal.SIGUSR2, lambda *_: work.checkpoint())  # as submitit does

    def signal_all() -> None:
        assert slurm_job._pool is not None
        (running,) = slurm_job._pool.running
        for number in (signal.SIGUSR2, signal.SIGTERM):
            os.kill(running.process.pid, number)
        os.kill(os.getpid(), signal.SIGUSR2)
        wait_for("interrupted")
        os.kill(os.getpid(), signal.SIGTERM)

    thread = later(lambda: when_started(signal_all))
    assert work() == {"interrupted": 1}
    thread.join()
    assert Path("acted").exists(), "the run did not wait"
    assert Path("interrupts").read_text() == "1"
    assert sent == [signal.SIGINT]
    assert not Path("second").exists()


def test_checkpoint_waits_for_the_runs_and_leaves_a_job_that_can_start_again() -> None:
    work = job((sys.executable, "-c", RUN))
    pool = slurm_job._pool = Pool(work)
    pool._start_some()
    when_started(lambda: None)
    delayed = work.checkpoint()
    assert not pool.running and pool.counts == {"interrupted": 1}
    assert delayed.function == work == pickle.loads(pickle.dumps(work))


def test_a_run_that_does_not_stop_in_time_is_killed(capsys: pytest.CaptureFixture[str]) -> None:
    stubborn = RUN.replace("sys.exit(75)", "pass").replace("sleep(600)", "sleep(600);" * 2)
    work = job((sys.executable, "-c", stubborn), grace_s=0.0)
    pool = slurm_job._pool = Pool(work)
    pool._start_some()
    when_started(lambda: None)
    process = pool.running[0].process
    work.checkpoint()
    assert process.wait() == -signal.SIGKILL
    assert "killed after waiting" in capsys.readouterr().out


def test_a_run_that_another_process_has_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slurm_job, "_HELD_AGAIN_S", 0.0)
    text = "if [ -e freed ]; then exit 0; else touch freed; exit 75; fi"
    assert job(shell(text))() == {"done": 1}
    assert job(shell("exit 75"))() == {"elsewhere": 1}


def test_other_code_is_refused() -> None:
    assert job(shell("touch started"), code="0" * 16)() == {"refused": 1}
    assert not Path("started").exists()
    assert fingerprint() in Path("refused.json").read_text()


def test_runs_that_go_on_after_a_refusal_hear_of_the_end_of_the_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second run of the job finds other code, while the first goes on."""
    work = job((sys.executable, "-c", COUNTING), shell("touch second"), at_once=2)
    codes = iter([work.code])
    monkeypatch.setattr(slurm_job, "fingerprint", lambda *_: next(codes, "another"))

    def end() -> None:
        wait_for("refused.json")
        assert slurm_job._pool is not None
        slurm_job._pool.stop()
        wait_for("interrupted")
        Path("acted").touch()

    thread = later(lambda: when_started(end))
    assert work() == {"refused": 1, "interrupted": 1}
    thread.join()
    assert Path("interrupts").read_text() == "1" and not Path("second").exists()


def test_each_place_in_a_job_sees_one_gpu() -> None:
    seen = [
        environment(place, 2, {"CUDA_VISIBLE_DEVICES": "4,7"})["CUDA_VISIBLE_DEVICES"]
        for place in range(4)
    ]
    assert seen == ["4", "7", "4", "7"]
    assert environment(1, 2, {})["CUDA_VISIBLE_DEVICES"] == "1"
    assert "CUDA_VISIBLE_DEVICES" not in environment(0, 0, {})


def test_what_is_missing_is_written_beside_the_csv(capsys: pytest.CaptureFixture[str]) -> None:
    specs = [RunSpec("quick", "paper", "pen-binary-v0", "BC", s, "embedded") for s in range(3)]
    folders = [RunFolder(spec.folder(Path())) for spec in specs]
    folders[0].finish()
    folders[1].fail("ValueError: too large\n\nTraceback")
    (folders[1].path / "log.txt").write_text("the last words\n")
    assert mark_partial("figure1", specs, Path()) == 2
    pen_bc = {"env": "pen-binary-v0", "label": "BC"}
    assert json.loads(Path("figure1.partial.json").read_text()) == {
        "runs": 3,
        "not_done": [
            pen_bc | {"seed": 1, "state": "failed"},
            pen_bc | {"seed": 2, "state": "pending"},
        ],
    }
    # a start that asks for one of them alone keeps the note of the other
    assert mark_partial("figure1", specs[1:2], Path()) == 1
    assert len(json.loads(Path("figure1.partial.json").read_text())["not_done"]) == 2
    header = "env,method,variant,seed,status\n"
    Path("figure1.csv").write_text(f"{header}pen-binary-v0,BC,,2,done\n")
    assert mark_partial("figure1", specs[1:2], Path()) == 1
    (left,) = json.loads(Path("figure1.partial.json").read_text())["not_done"]
    assert left["seed"] == 1
    report_failures(specs[1:], {specs[2]: "job 7 was cancelled"}, Path())
    printed = capsys.readouterr().err
    for said in ("2 runs have no result", "too large", "the last words", "job 7 was cancelled"):
        assert said in printed
    for folder in folders:
        (folder.path / "failed").unlink(missing_ok=True)
        folder.finish()
    assert mark_partial("figure1", specs, Path()) == 0
    assert not Path("figure1.partial.json").exists()


def test_a_users_file_that_was_changed_since_submission_is_refused() -> None:
    file = Path("my_method.py").absolute()
    file.write_text("a = 1\n")
    given = {"code": fingerprint(file), "files": (str(file),)}
    assert job(shell("true"), **given)() == {"done": 1}
    file.write_text("a = 2\n")
    assert job(shell("true"), shell("touch never"), **given)() == {"refused": 1}
    assert not Path("never").exists()


def test_the_table_of_failures_shows_what_was_exchanged_and_set(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    spec = RunSpec(
        "quick", "paper", "pen-binary-v0", "AWAC", 0, "none", settings=("lam=2",), named="batch"
    )
    report_failures([spec], {spec: "it [broke]"}, tmp_path)
    last = capsys.readouterr().err.rpartition("reason")[2]
    assert "AWAC [batch,lam=2]" in last and "it [broke]" in last
