"""One process at a time runs a run, among all machines.

Two signs show that a process runs it. Neither is enough alone:

lock          an flock. The kernel frees it however its holder dies. It decides at once between
              processes of one machine. A file system that several machines share may have a
              separate lock for each machine, or none.
status.json   a heartbeat. A thread of the holder writes it every second. The thread begins before
              the run is assembled, which can take minutes. It goes on while the run is evaluated
              or saved.

A process may get the lock and find the heartbeat of another machine. It then watches the heartbeat.
If the heartbeat changes, the other machine has the run. If it has not changed for `STALE_S`, its
writer is dead and the process takes the run over.

A holder may be taken for dead and wake up (a suspended machine, a file system that was away). It
finds another name in status.json and stops before it writes. Two processes may begin at once where
the lock does not work. One of them finds the other's name and stops.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

BEAT_S = 1.0
STALE_S = 60.0  # a file system may well be away for half a minute
WATCH_S = 5.0  # shortest watch before a run is taken over: the machines' clocks may disagree
SETTLE_S = 1.0  # longer than a process needs from its last look to its first beat
LOCK_S = 2.0  # longer than another process needs to look whether the lock is held
_POLL_S = 0.05
_TRIES = 3  # of a beat whose temporary file another process removes

_NO_LOCKS = {errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL}

_SLURM = ("JOB_ID", "ARRAY_JOB_ID", "ARRAY_TASK_ID", "RESTART_COUNT")


class Held(RuntimeError):
    """Another process runs this run; the message says which."""


class Hold:
    """The right to run a run. It lasts as long as `check` does not raise."""

    def __init__(self, folder: Path, progress: Mapping[str, Any]) -> None:
        self.folder = folder
        self._progress = dict(progress)
        self._me = {
            "holder": secrets.token_hex(8),
            "machine": this_machine(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "slurm": {k: v for k in _SLURM if (v := os.environ.get(f"SLURM_{k}"))},
        }
        self._began = time.monotonic()
        self._released = threading.Event()
        self._write(held=True, first=True)
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()

    def report(self, *, start: int, step: int, end: int, steps_per_s: float) -> None:
        """Note how far the run is. The next beat writes it to status.json."""
        rate = round(steps_per_s, 1)
        self._progress = {"start": start, "step": step, "end": end, "steps_per_s": rate}

    def check(self) -> None:
        """Raise Held if another process has the run. Call this before anything is written."""
        self._check_name()
        if (self.folder / "done").exists():
            raise Held("finished by another process")

    def confirm(self) -> None:
        """Check after every process that began at the same moment has written its name."""
        time.sleep(max(0.0, self._began + SETTLE_S - time.monotonic()))
        self.check()

    def release(self) -> None:
        """Stop the heartbeat and record that this was intended: nobody needs to wait for a beat."""
        self._released.set()
        self._thread.join(timeout=WATCH_S)
        with suppress(Held, OSError):
            self._write(held=False)

    def _beat(self) -> None:
        while not self._released.wait(BEAT_S):
            try:
                self._write(held=True)
            except Held:
                return
            except OSError:  # such as a full disk: the holder must not seem dead
                with suppress(OSError, Held):
                    self._check_name()
                    os.utime(self.folder / "status.json")

    def _check_name(self) -> None:
        other = read_beat(self.folder)
        if other.get("holder", self._me["holder"]) != self._me["holder"]:
            raise Held(f"taken over by another process ({described(other)})")

    def _write(self, *, held: bool, first: bool = False) -> None:
        """Write a beat. Raises Held if another name stands there, unless this beat is the `first`.

        The file is not synced. A crash of the machine ends the holder too. A process that begins at
        the same moment on another machine may take the temporary file for one that was left behind,
        and remove it: it is written once more then.
        """
        value = {**self._progress, **self._me, "held": held, "at": time.time()}
        temporary = self.folder / f".status.json.{self._me['holder']}.tmp"
        try:
            for attempt in range(_TRIES):
                temporary.write_text(json.dumps(value))
                if not first:
                    self._check_name()
                try:
                    temporary.replace(self.folder / "status.json")
                    return
                except FileNotFoundError:
                    if attempt == _TRIES - 1:
                        raise
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def hold(folder: Path, progress: Mapping[str, Any]) -> Iterator[Hold]:
    """Be the one process that runs the run in `folder`, which is made if needed.

    `progress` is what status.json shows until the first `report`. Raises Held after seconds if
    another process runs it. Waits up to `STALE_S` if the other process turns out to be dead.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "ab") as file:
        _outlive_others(folder, has_locks=_take(file.fileno(), folder))
        held = Hold(folder, progress)
        try:
            yield held
        finally:
            held.release()


def is_held(folder: Path) -> bool:
    """Whether a process runs it, as far as one look can tell."""
    with suppress(FileNotFoundError), open(folder / "lock", "rb") as file:
        free = _flock(file.fileno(), fcntl.LOCK_SH)  # shared: two that look do not block each other
        if free is False:
            return True
        may_live = _may_live(read_beat(folder), has_locks=free is not None)
        return may_live and abs(_age_s(folder)) < STALE_S
    return False


def read_beat(folder: Path) -> dict[str, Any]:
    """Read status.json; empty if it is missing or damaged."""
    try:
        value = json.loads((folder / "status.json").read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def described(beat: Mapping[str, Any]) -> str:
    """'host pid 17', with the SLURM job if there is one."""
    slurm = beat.get("slurm") or {}
    job = f", SLURM job {slurm['JOB_ID']}" if "JOB_ID" in slurm else ""
    return f"{beat.get('host', '?')} pid {beat.get('pid', '?')}{job}"


def this_machine() -> str:
    """This machine's name, with the id of its system's last start if the system tells one.

    Both together distinguish machines that have the same name, and containers of one machine.
    """
    boot = Path("/proc/sys/kernel/random/boot_id")
    return socket.gethostname() + (f" {boot.read_text().strip()}" if boot.exists() else "")


def _flock(descriptor: int, kind: int) -> bool | None:
    """True: taken; False: another process has it; None: the file system has no such locks."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return None
        raise
    return True


def _take(descriptor: int, folder: Path) -> bool:
    """Take the lock; returns whether the file system has locks. Raises Held."""
    deadline = time.monotonic() + LOCK_S
    while (taken := _flock(descriptor, fcntl.LOCK_EX)) is False:
        if time.monotonic() >= deadline:
            raise Held(f"another process is running it ({described(read_beat(folder))})")
        time.sleep(_POLL_S)
    return taken is True


def _outlive_others(folder: Path, *, has_locks: bool) -> None:
    """Wait until the last writer of the heartbeat is known to be gone. Raises Held if it lives."""
    beat, sign = read_beat(folder), _sign(folder)
    if not _may_live(beat, has_locks=has_locks):
        return
    who, age = described(beat), max(_age_s(folder), 0.0)
    wait = min(max(STALE_S - age, WATCH_S), STALE_S)
    print(
        f"{folder}: the last sign of life of {who} is {age:.0f} s old; "
        f"waiting up to {wait:.0f} s for another",
        flush=True,
    )
    deadline = time.monotonic() + wait
    while time.monotonic() < deadline:
        time.sleep(min(BEAT_S, wait))
        if _sign(folder) != sign:
            now = read_beat(folder)
            if not now.get("held"):
                return
            raise Held(f"another process is running it ({described(now)})")
    print(f"{folder}: taken over from {who}, which gave no further sign of life", flush=True)


def _may_live(beat: Mapping[str, Any], *, has_locks: bool) -> bool:
    """Whether the heartbeat's writer may be alive, although the lock was free or there is none."""
    if not beat.get("held"):
        return False
    if beat.get("machine") != this_machine():
        return True
    return not has_locks and _exists(beat.get("pid"))


def _exists(pid: Any) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, TypeError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def _sign(folder: Path) -> tuple[int, str]:
    """A value that differs from one beat to the next."""
    path = folder / "status.json"
    try:
        return path.stat().st_mtime_ns, path.read_text(errors="replace")
    except OSError:
        return 0, ""


def _age_s(folder: Path) -> float:
    """Seconds since the last beat, by the clock that dates files here, not by this machine's."""
    probe = folder / f".now.{secrets.token_hex(8)}.tmp"
    try:
        probe.touch()
        now = probe.stat().st_mtime
    except OSError:  # a full disk, or another user's folder
        now = time.time()
    finally:
        with suppress(OSError):
            probe.unlink()
    try:
        return now - (folder / "status.json").stat().st_mtime
    except OSError:
        return float("inf")
