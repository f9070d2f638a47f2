"""One run, several processes: one trains, on one machine and on several that share a folder.

"Another machine" is a process that calls itself so; where the shared file system has no locks
between machines, its own lock always succeeds.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from pathlib import Path

import pytest

from reproduce.runs import lock as run_lock
from reproduce.runs.folder import RunFolder
from reproduce.runs.lock import Held, hold, is_held, read_beat
from tests.faults.child import NOT_TRAINING, Die, Elsewhere
from tests.faults.conftest import OFTEN, Child, Start, assert_same_bits, until
from tests.forked import context
from tests.reproduce.test_run import only_folder

IMPATIENT = Elsewhere("another machine", stale_s=2.0)


def _trained(children: list[Child]) -> int:
    """How many of them came to the end of the training."""
    return sum("done. " in child.output for child in children)


@pytest.mark.parametrize("machines", [1, 2])
def test_of_two_started_at_once_one_trains(
    machines: int, start: Start, uninterrupted: Path, tmp_path: Path
) -> None:
    barrier = context().Barrier(2)
    two = [Elsewhere(name, barrier=barrier) for name in ("a", "b")]
    children = [
        start(tmp_path / "out", log=tmp_path / f"{i}.txt", elsewhere=machine)
        for i, machine in enumerate([None, None] if machines == 1 else two)
    ]
    statuses = sorted(child.wait() for child in children)
    assert statuses in ([0, 75], [0, 0]), [child.output for child in children]
    assert _trained(children) == 1
    for child in children:
        if child.wait() == 75:
            assert "another process" in child.output
            assert child.position[1] == NOT_TRAINING
    assert_same_bits(only_folder(tmp_path / "out"), uninterrupted)


def test_dead_holder_is_followed_at_once_on_its_own_machine(
    start: Start, uninterrupted: Path, tmp_path: Path
) -> None:
    child = start(tmp_path / "out", *OFTEN, die=Die("step", nth=100))
    assert child.wait() == -signal.SIGKILL
    assert read_beat(child.folder)["held"] is True
    assert RunFolder(child.folder).state() == "resumable"
    again = start(tmp_path / "out")
    assert again.wait() == 0
    assert "waiting up to" not in again.output and "continues at step 0" in again.output
    assert_same_bits(child.folder, uninterrupted)


def test_running_elsewhere_is_left_alone(start: Start, uninterrupted: Path, tmp_path: Path) -> None:
    go_on = tmp_path / "go on"
    child = start(tmp_path / "out", *OFTEN, die=Die("pause", str(go_on), 100))
    child.wait_for(lambda: list(child.out.glob("runs/*/*/*/seed0/status.json")))
    second = start(tmp_path / "out", elsewhere=Elsewhere("another machine"))
    assert second.wait() == 75, child.output
    go_on.touch()
    assert child.wait() == 0, child.output
    assert "another process is running it" in child.output
    assert "taken over" not in child.output
    assert_same_bits(child.folder, uninterrupted)


@pytest.mark.slow
def test_after_an_orderly_stop_another_machine_need_not_wait(
    start: Start, uninterrupted: Path, tmp_path: Path
) -> None:
    child = start(tmp_path / "out", *OFTEN)
    child.wait_for_phase("acting")
    child.signal(signal.SIGTERM)
    assert child.wait() == 75
    again = start(tmp_path / "out", elsewhere=Elsewhere("another machine"))
    assert again.wait() == 0
    assert "waiting up to" not in again.output and "continues at step" in again.output
    assert_same_bits(child.folder, uninterrupted)


# next would be a checkpoint, a row
@pytest.mark.parametrize("phase", ["updating", pytest.param("acting", marks=pytest.mark.slow)])
def test_holder_taken_for_dead_wakes_up_and_writes_nothing(
    phase: str, start: Start, uninterrupted: Path, tmp_path: Path
) -> None:
    sleeper = start(tmp_path / "out", *OFTEN, log=tmp_path / "sleeper.txt")
    sleeper.wait_for_phase(phase)
    sleeper.signal(signal.SIGSTOP)
    heir = start(tmp_path / "out", elsewhere=IMPATIENT)
    assert heir.wait() == 0, heir.output
    assert "taken over from" in heir.output and "continues at step" in heir.output
    files = {path: path.stat().st_mtime_ns for path in heir.folder.iterdir()}
    sleeper.signal(signal.SIGCONT)
    assert sleeper.wait() == 75, sleeper.output
    assert "taken over by another process" in sleeper.output
    assert {path: path.stat().st_mtime_ns for path in heir.folder.iterdir()} == files
    assert_same_bits(heir.folder, uninterrupted)


def test_lock_is_for_one_and_free_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lock, "LOCK_S", 0.0)
    folder = RunFolder(tmp_path / "run")
    assert not is_held(folder.path)
    with folder.hold() as held:
        held.check()
        assert folder.state() == "running"
        with pytest.raises(Held, match=f"pid {os.getpid()}"), folder.hold():
            pass
        assert folder.state() == "running"
    assert folder.state() == "pending"
    with folder.hold():
        pass


def test_who_looks_does_not_keep_others_from_looking(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    with open(tmp_path / "lock", "rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        assert not is_held(tmp_path)


def test_heart_beats_while_the_training_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lock, "BEAT_S", 0.01)
    monkeypatch.setenv("SLURM_JOB_ID", "12")
    monkeypatch.setenv("SLURM_RESTART_COUNT", "3")
    with RunFolder(tmp_path).hold() as held:
        first = read_beat(tmp_path)
        assert (first["pid"], first["held"]) == (os.getpid(), True)
        assert first["slurm"] == {"JOB_ID": "12", "RESTART_COUNT": "3"}
        assert RunFolder(tmp_path).status() == {}
        held.report(start=-60, step=7, end=400, steps_per_s=2.55)
        until(lambda: RunFolder(tmp_path).status())
        status = {"start": -60, "step": 7, "end": 400, "steps_per_s": 2.5}
        assert RunFolder(tmp_path).status() == status
    assert read_beat(tmp_path)["held"] is False
    with RunFolder(tmp_path).hold():  # known from the last time, until there is news
        assert RunFolder(tmp_path).status() == status | {"steps_per_s": 0.0}


def _beat_of(folder: Path, machine: str, age_s: float, **more: object) -> None:
    """A run that `machine` was running when its last beat came, `age_s` ago."""
    value = {"held": True, "holder": "x", "machine": machine, "host": machine, "pid": 1} | more
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lock").touch()
    (folder / "status.json").write_text(json.dumps(value))
    then = time.time() - age_s
    os.utime(folder / "status.json", (then, then))


@pytest.mark.parametrize(
    ("machine", "age_s", "more", "state"),
    [
        ("elsewhere", 0.0, {}, "running"),
        ("elsewhere", 3600.0, {}, "pending"),
        ("elsewhere", -3600.0, {}, "pending"),
        ("elsewhere", 0.0, {"held": False}, "pending"),
        (run_lock.this_machine(), 0.0, {}, "pending"),  # its lock would be held
    ],
)
def test_state_by_the_sign_of_life(
    machine: str, age_s: float, more: dict[str, object], state: str, tmp_path: Path
) -> None:
    _beat_of(tmp_path, machine, age_s, **more)
    assert RunFolder(tmp_path).state() == state


def test_dead_machine_is_outlived_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run_lock, "WATCH_S", 0.0)
    monkeypatch.setattr(run_lock, "BEAT_S", 1000.0)  # the first beat is the only one
    _beat_of(tmp_path, "elsewhere", 3600.0)
    with hold(tmp_path, {}) as held:
        held.confirm()
        assert "taken over from elsewhere pid 1" in capsys.readouterr().out
        assert read_beat(tmp_path)["pid"] == os.getpid()
        _beat_of(tmp_path, "yet another", 0.0, pid=5)
        with pytest.raises(Held, match="yet another pid 5"):
            held.check()
    assert read_beat(tmp_path)["host"] == "yet another"


def test_nothing_is_written_into_a_finished_run(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with folder.hold() as held:
        folder.finish()
        with pytest.raises(Held, match="finished by another process"):
            held.check()
    assert read_beat(tmp_path)["held"] is False


def test_without_locks_a_process_of_this_machine_is_known_by_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lock, "_flock", lambda descriptor, kind: None)
    here = run_lock.this_machine()
    _beat_of(tmp_path, here, 0.0, pid=os.getpid())
    assert is_held(tmp_path)
    gone = os.fork()
    if gone == 0:
        os._exit(0)
    os.waitpid(gone, 0)
    _beat_of(tmp_path, here, 0.0, pid=gone)
    assert not is_held(tmp_path)
    with hold(tmp_path, {}):
        assert is_held(tmp_path)
    assert not is_held(tmp_path)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_beat_that_another_process_removes_is_written_again(
    times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that begin at once remove what they take for left behind."""
    replace, removed = Path.replace, []

    def lost(path: Path, target: Path) -> Path:
        if path.name.startswith(".status.json") and len(removed) < times:
            removed.append(path)
            path.unlink()
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", lost)
    if times == 3:
        with pytest.raises(FileNotFoundError), hold(tmp_path, {}):
            pass
        return
    with hold(tmp_path, {}):
        assert read_beat(tmp_path)["held"] is True
    assert len(removed) == times and not list(tmp_path.glob(".*"))
