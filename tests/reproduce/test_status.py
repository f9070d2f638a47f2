"""The table of runs, from made-up folders: nothing is trained, nothing of a cluster is needed."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from reproduce.commandline.durations import duration
from reproduce.commandline.files import write_json
from reproduce.runs.folder import RunFolder
from reproduce.specs.grid import RunSpec
from reproduce.status import Line, find_runs, line_of, lines_of, main, summary
from tests.reproduce.conftest import REPRODUCE


def spec(method: str = "AWAC", seed: int = 0, **changes: object) -> RunSpec:
    fields = {"preset": "quick", "profile": "paper", "env": "pen-binary-v0", "data": "embedded"}
    return RunSpec(**(fields | {"method": method, "seed": seed} | changes))  # type: ignore[arg-type]


def begun(out: Path, which: RunSpec, *, rows: int = 0) -> RunFolder:
    """A folder with a configuration and rows at steps 0, 200, ..."""
    folder = RunFolder(which.folder(out))
    identity = {"spec": asdict(which), "schedule": {"online_steps": 800}}
    write_json(folder.path / "config.json", {"identity": identity, "environment": {}})
    folder.write_rows([{"env_step": 200 * i, "return_mean": -100.0 + i} for i in range(rows)])
    return folder


def saved(folder: RunFolder) -> RunFolder:
    (folder.path / "checkpoint.pt").touch()
    return folder


def status_of(folder: RunFolder, step: int, rate: float) -> None:
    value = {"start": -600, "step": step, "end": 800, "steps_per_s": rate}
    (folder.path / "status.json").write_text(json.dumps(value))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """One run in every state that does not need a process."""
    begun(tmp_path, spec(seed=1), rows=5).finish()
    status_of(saved(begun(tmp_path, spec(seed=0), rows=2)), step=250, rate=40.0)
    begun(tmp_path, spec("BC"))
    folder = begun(tmp_path, spec("SAC", named="entropy", settings=("tau=0.01",)), rows=1)
    folder.fail("DivergedError: q_mean not finite\n\nTraceback ...")
    waiting = RunFolder(spec("IQL", env="door-binary-v0").folder(tmp_path))
    note = {"cluster": "slurm", "job": "123_4", "at": time.time() - 300.0, "by": "login"}
    waiting.queue(note)
    assert waiting.queued() == note
    return tmp_path


def test_every_state_is_told_with_what_there_is_to_it(out: Path) -> None:
    door, resumable, done, begins, failed = lines_of(out)
    assert (door.task, door.method, door.state) == ("door-binary-v0", "IQL", "queued")
    assert (door.data, door.seed, door.note) == ("paper/embedded", 0, "slurm job 123_4, 5 min ago")
    assert (resumable.state, resumable.step, resumable.end) == ("resumable", 250, 800)
    assert (resumable.last_return, resumable.left_s) == (-99.0, None)
    assert (done.state, done.seed, done.step, done.last_return) == ("done", 1, 800, -96.0)
    assert (begins.method, begins.state, begins.step) == ("BC", "resumable", None)
    assert begins.note.startswith("from the beginning")
    assert failed.method == "SAC [entropy,tau=0.01]"
    assert (failed.state, failed.note) == ("failed", "DivergedError: q_mean not finite")
    assert summary([door, resumable, done, begins, failed]) == (
        "5 runs: 1 done, 1 queued, 2 resumable, 1 failed"
    )


def test_running_is_told_with_pace_and_time_left(tmp_path: Path) -> None:
    folder = begun(tmp_path, spec(), rows=1)
    folder.queue({"cluster": "slurm", "job": "7"})
    assert folder.state() == "queued"
    with folder.hold() as held:
        assert folder.queued() == {}
        held.report(start=-600, step=300, end=800, steps_per_s=50.0)
        held._write(held=True)  # the next beat, now
        folder.queue({"cluster": "slurm", "job": "8"})  # too late
        (line,) = lines_of(tmp_path)
    assert (line.state, line.step, line.end, line.note) == ("running", 300, 800, "")
    assert line.left_s == 10.0
    assert summary([line]) == "1 run: 1 running; the running ones end in 10 s"
    assert (folder.state(), folder.queued()) == ("pending", {})


def test_queue_is_left_by_failing_and_finishing_and_is_another_attempt(tmp_path: Path) -> None:
    folder = begun(tmp_path, spec())
    folder.fail("a reason")
    folder.queue({"job": "1"})
    assert (folder.state(), folder.failure()) == ("queued", "")
    folder.fail("another")
    assert (folder.state(), folder.queued()) == ("failed", {})
    folder.queue({"job": "2"})
    folder.finish()
    assert (folder.state(), folder.queued()) == ("done", {})
    folder.queue({"job": "3"})
    assert folder.queued() == {}


@pytest.mark.parametrize("name", ["config.json", "progress.csv"])
def test_damaged_file_is_the_reason_of_a_failure(name: str, tmp_path: Path) -> None:
    folder = begun(tmp_path, spec(seed=3), rows=2)
    (folder.path / name).write_bytes(b"\x80\x00\xff")
    line = line_of(folder.path)
    assert line.state == "failed" and f"{name} is damaged" in line.note
    assert (line.task, line.method, line.seed) == ("pen-binary-v0", "AWAC", 3)
    assert line.data == "paper/embedded"


def test_run_folders_are_found_by_any_of_their_files_and_not_searched(tmp_path: Path) -> None:
    place = tmp_path / "runs" / "pen-binary-v0" / "paper-human"
    for name in ("config.json", "lock", "status.json", "queued.json", "failed"):
        folder = place / name.partition(".")[0] / "seed0"
        folder.mkdir(parents=True)
        (folder / name).touch()
    (place / "lock" / "seed0" / "seed1").mkdir()
    (place / "lock" / "seed0" / "seed1" / "config.json").touch()
    (tmp_path / "figure1.csv").touch()
    found = {path.parent.name for path in find_runs(tmp_path)}
    assert found == {"config", "lock", "status", "queued", "failed"}
    assert find_runs(place / "lock") == [place / "lock" / "seed0"]


def test_exit_status_and_picture(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(out)]) == 1
    shown = capsys.readouterr().out
    for text in ("SAC [entropy,tau=0.01]", "250 of 800", "-96.0", "DivergedError", "5 runs:"):
        assert text in shown
    (spec("SAC", named="entropy", settings=("tau=0.01",)).folder(out) / "failed").unlink()
    assert main([str(out)]) == 0


def test_bad_input_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "nowhere")]) == 2
    assert "there is no such folder" in capsys.readouterr().err
    assert main([str(tmp_path)]) == 2
    assert "no run has begun below" in capsys.readouterr().err
    begun(tmp_path, spec())
    assert main([str(tmp_path), "--watch", "--every-s", "0"]) == 2
    assert "--every-s 0.0: must be" in capsys.readouterr().err


def test_watch_ends_when_nothing_runs_or_waits(tmp_path: Path) -> None:
    folder = begun(tmp_path, spec())
    folder.queue({"cluster": "slurm", "job": "1", "at": time.time(), "by": "here"})
    statuses: list[int] = []
    watcher = threading.Thread(
        target=lambda: statuses.append(main([str(tmp_path), "--watch", "--every-s", "0.1"])),
        daemon=True,
    )
    watcher.start()
    watcher.join(0.5)
    assert watcher.is_alive()
    folder.fail("a reason")
    watcher.join(120)
    assert statuses == [1]


def test_line_without_pace_has_no_time_left() -> None:
    line = Line("pen", "AWAC", "paper/human", 0, "running", step=1, end=2, steps_per_s=0.0)
    assert line.left_s is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (42.0, "42 s"),
        (99.0, "99 s"),
        (100.0, "2 min"),
        (5999.0, "100 min"),
        (6000.0, "1.7 h"),
        (47.9 * 3600, "47.9 h"),
        (48 * 3600.0, "2.0 d"),
        (9.1 * 86400, "9.1 d"),
    ],
)
def test_a_duration_has_the_unit_that_it_is_read_in(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_it_needs_neither_torch_nor_a_simulator(out: Path) -> None:
    code = (
        "import sys\n"
        "from reproduce.status import main\n"
        f"status = main([{str(out)!r}])\n"
        "assert not {'torch', 'mujoco', 'gymnasium_robotics'} & set(sys.modules)\n"
        "sys.exit(status)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=REPRODUCE.parent
    )
    assert result.returncode == 1, result.stderr
    assert "1 failed" in result.stdout


def test_what_is_no_run_folder_is_passed_over(out: Path) -> None:
    """Other programs have files of these names; a damaged run at a run's place is still told."""
    before = find_runs(out)
    for name, text in (
        ("config.json", "{}"),
        ("config.json", "[1]"),
        ("config.json", "not JSON"),
        ("config.json", json.dumps({"identity": {"spec": "pen"}, "environment": {}})),
        ("lock", ""),
        ("failed", "make: *** [all] Error 1"),
        ("status.json", "{}"),
    ):
        for folder in (out / "node_modules" / "tool", out / "runs" / "notes", out / "seed0"):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        assert find_runs(out) == before
        assert len(lines_of(out)) == 5
    broken = out / "runs" / "pen-binary-v0" / "paper-human" / "BC" / "seed7"
    broken.mkdir(parents=True)
    (broken / "config.json").write_text("not JSON")
    (line,) = [line for line in lines_of(out) if line.seed == 7]
    assert (line.task, line.method, line.state) == ("pen-binary-v0", "BC", "failed")


def test_a_run_is_known_wherever_its_folder_has_been_moved(out: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    RunFolder(spec(seed=1).folder(out)).path.rename(moved)
    (line,) = lines_of(moved)
    assert (line.method, line.seed, line.state) == ("AWAC", 1, "done")


def test_older_records_without_names_of_variants_are_read(tmp_path: Path) -> None:
    path = tmp_path / "copied"
    old = {"env": "pen-binary-v0", "method": "BC", "seed": 3, "profile": "paper", "data": "human"}
    write_json(path / "config.json", {"identity": {"spec": old}, "environment": {}})
    (line,) = lines_of(tmp_path)
    assert (line.task, line.method, line.data, line.seed) == (
        "pen-binary-v0",
        "BC",
        "paper/human",
        3,
    )
