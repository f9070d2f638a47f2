"""A SLURM job: some runs, each a process of its own on a core of its own.

A job that was requeued, preempted or killed can always be started again. The run folders say what
is left to do. The job itself keeps nothing that needs saving.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from submitit.helpers import DelayedSubmission

from reproduce.commandline.files import write_json
from reproduce.commandline.script import INTERRUPTED
from reproduce.launching.launcher import one_core, tail
from reproduce.runs.folder import RunFolder
from reproduce.runs.provenance import fingerprint

_POLL_S = 0.5
_HELD_AGAIN_S = 15.0  # wait before a run that another process holds is tried again: it may be dying
_HELD_TRIES = 12
# SLURM sends these signals to every process of a job, or only to some. That depends on how it
# tracks processes. Runs block them and listen to SIGINT, which only this job sends. It sends one:
# a second signal would make a run stop without a checkpoint.
_FROM_SLURM = (signal.SIGTERM, signal.SIGUSR2)


@dataclass(frozen=True)
class Work:
    """One run: its folder, and the command that brings it to its end."""

    folder: str
    command: tuple[str, ...]


@dataclass
class RunsJob:
    """What submitit pickles and calls on a node.

    `at_once` runs are made at a time. If there are `gpus`, each run sees one of them. `code` is the
    fingerprint of the code that was submitted. If the code differs, nothing is started and `launch`
    gets a `refused.json`. SLURM warns by USR2 of the time limit or of preemption. The runs then
    have `grace_s` to save a checkpoint.
    """

    works: tuple[Work, ...]
    at_once: int
    gpus: int
    code: str
    launch: str
    grace_s: float
    files: tuple[str, ...] = ()
    """The user's own files (`--methods-from`). They are part of the code."""

    def __call__(self) -> dict[str, int]:
        """Run everything that is not done; returns how many runs ended in which way."""
        global _pool
        _pool = Pool(self)
        # This replaces submitit's handler, which ignores the signal.
        signal.signal(signal.SIGTERM, _pool.stop)
        return _pool.run()

    def checkpoint(self) -> DelayedSubmission:
        """Stop the runs. submitit calls this on USR2, before it queues the job again."""
        if _pool is not None:
            _pool.stop()
            _pool.drain(self.grace_s)
        return DelayedSubmission(self)


_pool: Pool | None = None  # not part of the job, which is pickled


@dataclass
class Running:
    """A process, the work that it does, and which of the job's places it has."""

    process: subprocess.Popen[bytes]
    work: Work
    place: int


@dataclass
class Pool:
    """The processes of a job."""

    job: RunsJob
    waiting: list[tuple[float, Work]] = field(default_factory=list)
    """Each with the time before which it must not start."""
    running: list[Running] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    stopping: bool = False
    refused: bool = False
    """Other code than was submitted has been found: nothing more is started."""
    held: dict[Work, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.waiting = [(0.0, work) for work in self.job.works]

    def run(self) -> dict[str, int]:
        """Run until nothing is left, or until the last process has ended after `stop`."""
        try:
            while self.running or (self.waiting and not (self.stopping or self.refused)):
                self._start_some()
                time.sleep(_POLL_S)
                self._reap()
        finally:
            for running in self.running:
                running.process.kill()
        return self.counts

    def stop(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Start nothing more, and ask every run to save a checkpoint and end."""
        if self.stopping:
            return
        self.stopping = True
        print(f"stopping {len(self.running)} runs at their next resumable point", flush=True)
        for running in self.running:
            running.process.send_signal(signal.SIGINT)

    def drain(self, seconds: float) -> None:
        """Wait for the processes to end; those that do not are killed."""
        deadline = time.monotonic() + seconds
        while self.running and time.monotonic() < deadline:
            time.sleep(_POLL_S)
            self._reap()
        for running in self.running:
            print(f"killed after waiting {seconds:.0f} s: {running.work.folder}", flush=True)
            running.process.kill()

    def _start_some(self) -> None:
        due = [work for at, work in self.waiting if at <= time.monotonic()]
        for work in due:
            if self.stopping or len(self.running) >= self.job.at_once:
                return
            self.waiting = [(at, other) for at, other in self.waiting if other != work]
            if RunFolder(Path(work.folder)).state() == "done":
                self._count("done")
            elif (now := fingerprint(*map(Path, self.job.files))) != self.job.code:
                self._refuse(now)
                return
            else:
                self._start(work)

    def _start(self, work: Work) -> None:
        taken = {running.place for running in self.running}
        place = next(i for i in range(self.job.at_once) if i not in taken)
        folder = Path(work.folder)
        folder.mkdir(parents=True, exist_ok=True)
        # Blocked signals stay blocked in the new process. They also wait for this process until the
        # new one is in the list.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _FROM_SLURM)
        try:
            with open(folder / "log.txt", "ab") as log:
                process = subprocess.Popen(
                    work.command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=environment(place, self.job.gpus, one_core()),
                )
            self.running.append(Running(process, work, place))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        print(f"started {work.folder} (pid {process.pid})", flush=True)

    def _reap(self) -> None:
        for running in list(self.running):
            status = running.process.poll()
            if status is None:
                continue
            self.running.remove(running)
            self._note_end(running.work, status)

    def _note_end(self, work: Work, status: int) -> None:
        folder = RunFolder(Path(work.folder))
        print(f"ended with status {status}: {work.folder}", flush=True)
        if status == 0:
            self._count("done")
        elif self.stopping and status in (INTERRUPTED, -signal.SIGINT):  # the latter while starting
            self._count("interrupted")
        elif status == INTERRUPTED:  # another process holds it, maybe one that has just died
            self.held[work] = self.held.get(work, 0) + 1
            if self.held[work] < _HELD_TRIES:
                self.waiting.append((time.monotonic() + _HELD_AGAIN_S, work))
            else:
                self._count("elsewhere")
        elif status < 0:  # killed, which says nothing about the run: it may be tried again
            self._count("killed")
            with open(folder.path / "log.txt", "a") as log:
                log.write(f"the process was killed by {signal.Signals(-status).name}\n")
        else:
            self._count("failed")
            if folder.state() not in ("failed", "done"):
                folder.fail(f"process ended with status {status}\n{tail(folder.path)}")

    def _refuse(self, now: str) -> None:
        """Start nothing more: results of two versions of the code must not be mixed unnoticed."""
        self.refused = True  # present processes were started with the right code, and go on
        self._count("refused")
        path = Path(self.job.launch) / "refused.json"
        job = os.environ.get("SLURM_JOB_ID", "")
        write_json(path, {"submitted": self.job.code, "found": now, "job": job, "at": time.time()})
        print(f"refused: the code was changed since submission, see {path}", flush=True)

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1


def environment(place: int, gpus: int, base: Mapping[str, str]) -> dict[str, str]:
    """A run's environment. The run sees one of the job's GPUs; runs take the GPUs in turn."""
    result: dict[str, Any] = dict(base)
    given: Sequence[str] = [g for g in base.get("CUDA_VISIBLE_DEVICES", "").split(",") if g]
    if gpus:
        given = given or [str(i) for i in range(gpus)]
        result["CUDA_VISIBLE_DEVICES"] = given[place % len(given)]
    return result
