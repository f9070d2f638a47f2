"""A full disk: what was there stays whole, the run says so, and continues when there is space."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

import pytest
import torch

from envs.data.files import atomic_file
from figures.files import whole_file
from reproduce.runs import lock as run_lock
from reproduce.runs.folder import RunFolder
from tests.faults.conftest import OFTEN, Start, assert_same_bits, left_over, until
from tests.reproduce.test_run import only_folder

_SIZE = 8 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB of its own."""
    where = tmp_path / "disk"
    where.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(where)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no mount command here")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"may not mount a small file system here: {error.stderr.strip()}")
    yield where
    subprocess.run(["umount", str(where)], check=True)


def _fill(disk: Path, leave: int) -> Path:
    """Write a file that leaves `leave` bytes, in whole pages."""
    ballast = disk / "ballast"
    usage = os.statvfs(disk)
    with open(ballast, "wb") as file:
        file.write(bytes(max(0, usage.f_bavail * usage.f_frsize - leave)))
    return ballast


@pytest.mark.parametrize(
    "share",
    [pytest.param(0.05, marks=pytest.mark.slow), 0.5, pytest.param(2.2, marks=pytest.mark.slow)],
)
def test_run_on_a_disk_that_gets_full_continues_when_there_is_space(
    share: float, small_disk: Path, start: Start, uninterrupted: Path, tmp_path: Path
) -> None:
    """`share`: free space in checkpoints; three of them must fit, with the few small files."""
    checkpoint = (uninterrupted / "checkpoint.pt").stat().st_size
    out, log = small_disk / "out", tmp_path / "log.txt"
    out.mkdir()
    ballast = _fill(small_disk, int(share * checkpoint))
    child = start(out, *OFTEN, log=log)
    assert child.wait() == 1, child.output
    assert "No space left on device" in child.output
    begun = list(out.glob("runs/*/*/*/seed0"))
    assert begun or share < 0.5
    for path in begun:
        folder = RunFolder(path)
        assert folder.state() in ("failed", "resumable", "pending")
        assert left_over(path) == []
        folder.rows()  # raises if damaged
        if (path / "config.json").exists():
            folder.config()
    ballast.unlink()
    again = start(out, *OFTEN, log=log)
    assert again.wait() == 0, again.output
    assert "cannot be read" not in again.output
    assert_same_bits(only_folder(out), uninterrupted)


def test_disk_that_gets_full_later_costs_no_finished_row(
    small_disk: Path, start: Start, uninterrupted: Path, tmp_path: Path
) -> None:
    out, log = small_disk / "out", tmp_path / "log.txt"
    assert start(out, log=log).wait() == 0
    folder = RunFolder(only_folder(out))
    (folder.path / "done").unlink()
    rows, newest = folder.rows(), (folder.path / "checkpoint.pt").read_bytes()
    ballast = _fill(small_disk, 0)
    child = start(out, log=log)
    assert child.wait() == 1
    assert folder.rows() == rows
    assert (folder.path / "checkpoint.pt").read_bytes() == newest
    ballast.unlink()
    assert start(out, log=log).wait() == 0
    assert_same_bits(folder.path, uninterrupted)


Helper = Callable[[Path], AbstractContextManager[BinaryIO]]
EACH_HELPER = pytest.mark.parametrize("helper", [atomic_file, whole_file])


@EACH_HELPER
def test_file_that_cannot_be_written_leaves_nothing_and_the_old_one(
    helper: Helper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device"), helper(path) as file:
        file.write(b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text() == "old"


@EACH_HELPER
def test_a_whole_file_is_for_whom_the_user_s_umask_says(helper: Helper, tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with helper(tmp_path / "new" / "table.csv") as file:
            file.write(b"new")
    finally:
        os.umask(before)
    assert (tmp_path / "new" / "table.csv").stat().st_mode & 0o777 == 0o640


def test_checkpoint_on_a_full_disk_names_the_reason(small_disk: Path) -> None:
    folder = RunFolder(small_disk)
    folder.save_checkpoint({"step": 1})
    _fill(small_disk, 8192)
    with pytest.raises(OSError, match=r"No space left on device.*checkpoint\.new\.pt"):
        folder.save_checkpoint({"step": 2, "weights": torch.zeros(100_000)})
    assert left_over(small_disk) == []
    assert folder.load_checkpoint() == {"step": 1}


def test_failure_that_cannot_be_recorded_leaves_the_run_resumable(
    small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = RunFolder(small_disk)
    folder.save_checkpoint({"step": 1})
    _fill(small_disk, 0)
    folder.fail("a reason")
    assert "the failure is not recorded" in capsys.readouterr().err
    assert folder.state() == "resumable"


def test_heart_beats_on_on_a_full_disk(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_lock, "BEAT_S", 0.01)
    with RunFolder(small_disk).hold() as held:
        _fill(small_disk, 0)
        before = run_lock._sign(small_disk)
        until(lambda: run_lock._sign(small_disk) != before)
        held.check()
        assert left_over(small_disk) == []
