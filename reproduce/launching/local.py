"""Runs as local processes: one thread each, a limited number at a time, resumable."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from reproduce.commandline.durations import duration
from reproduce.commandline.options import FigureOptions
from reproduce.commandline.script import BAD_INPUT, INTERRUPTED
from reproduce.launching.launcher import Interrupted, command, freed, one_core, tail
from reproduce.runs.folder import ELSEWHERE, RunFolder
from reproduce.specs.grid import RunSpec

_POLL_S = 0.5
_PLAIN_REPORT_S = 30.0


class LocalLauncher:
    """Starts pending runs, at most `jobs` at a time, and shows how they get on."""

    def __init__(self, specs: Sequence[RunSpec], options: FigureOptions, jobs: int) -> None:
        self.options, self.jobs = options, jobs
        self.out = options.results
        states = {s: self._folder(s).state() for s in specs}
        self.reasons: dict[RunSpec, str] = {}
        self.waiting = [s for s in specs if states[s] not in ("done", *ELSEWHERE)]
        self.elsewhere = [s for s in specs if states[s] in ELSEWHERE]
        self._held = list(self.elsewhere)
        self.running: dict[RunSpec, subprocess.Popen[bytes]] = {}
        self.failed: list[RunSpec] = []
        self.total = len(self.waiting)
        self._stop = False
        self._asked: set[int] = set()  # processes that have been told to stop

    def _folder(self, spec: RunSpec) -> RunFolder:
        return RunFolder(spec.folder(self.out))

    def run(self, on_finished: Callable[[], object] = lambda: None) -> list[RunSpec]:
        """Run everything that is pending; returns the runs that failed.

        `on_finished` is called after every run that has ended, well or badly. SIGTERM, Ctrl-C and
        the end of the terminal are passed on to the runs. The launcher then waits until every run
        has reached a resumable point, and raises Interrupted.
        """
        if not self._any_waiting():
            return []
        asked_by = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup has it
            asked_by.append(signal.SIGHUP)
        before = {n: signal.signal(n, self._request_stop) for n in asked_by}
        try:
            with _Display(self.total) as display:
                while self.running or (self._any_waiting() and not self._stop):
                    self._start_some()
                    time.sleep(_POLL_S)
                    if self._stop:
                        self._ask_to_stop()
                    if self._reap():
                        on_finished()
                    status = {spec: self._folder(spec).status() for spec in self.running}
                    display.total = self.total
                    display.show(status, done=self.total - len(self.waiting) - len(self.running))
        except BaseException:  # never leave training processes behind without their launcher
            self._ask_to_stop()
            for process in self.running.values():
                process.wait()
            raise
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if self._stop:
            raise Interrupted(f"{len(self.waiting)} of {self.total} runs are not finished")
        return self.failed

    def _any_waiting(self) -> bool:
        """Whether runs wait. At the end those count that others held at first, and hold no more."""
        if not self.waiting:
            free = freed(self._held, self.out)
            self._held = [spec for spec in self._held if spec not in free]
            self.elsewhere = [spec for spec in self.elsewhere if spec not in free]
            self.waiting, self.total = free, self.total + len(free)
        return bool(self.waiting)

    def _request_stop(self, number: int, frame: FrameType | None) -> None:
        if self._stop:  # asked twice: do not wait for the next resumable point
            for process in self.running.values():
                process.kill()
            return
        self._stop = True
        if number != signal.SIGHUP:  # there is nothing left to print to
            print("stopping: waiting for every run to reach a resumable point", flush=True)

    def _ask_to_stop(self) -> None:
        for process in self.running.values():
            if process.pid not in self._asked:  # a second signal would interrupt it at once
                self._asked.add(process.pid)
                process.terminate()

    def _start_some(self) -> None:
        while self.waiting and len(self.running) < self.jobs and not self._stop:
            spec = self.waiting.pop(0)
            folder = self._folder(spec).path
            folder.mkdir(parents=True, exist_ok=True)
            with open(folder / "log.txt", "ab") as log:
                # A session of its own: a Ctrl-C in the terminal reaches the run only through this
                # launcher.
                self.running[spec] = subprocess.Popen(
                    command(spec, self.options),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=one_core(),
                    start_new_session=True,
                )

    def _reap(self) -> bool:
        """Note the processes that have ended; returns whether there were any."""
        before = len(self.running)
        for spec, process in list(self.running.items()):
            status = process.poll()
            if status is None:
                continue
            del self.running[spec]
            if status == 0:
                continue
            folder = self._folder(spec)
            if self._stop:
                self.waiting.append(spec)
            elif status == INTERRUPTED:  # another launcher has taken it in the meantime
                self.elsewhere.append(spec)
            else:
                self.failed.append(spec)
                if status != BAD_INPUT and folder.state() not in ("failed", "done"):
                    folder.fail(f"process ended with status {status}\n{tail(folder.path)}")
        return len(self.running) < before


class _Display:
    """A live bar for every run on a terminal; a line now and then elsewhere."""

    def __init__(self, total: int) -> None:
        self.total, self.began, self.reported = total, time.monotonic(), time.monotonic()
        self.live = Console().is_terminal
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=12),
            TextColumn("{task.fields[text]}"),
            TimeElapsedColumn(),
            disable=not self.live,
        )
        self.overall = self.progress.add_task("all runs", total=total, text="")
        self.tasks: dict[RunSpec, TaskID] = {}

    def __enter__(self) -> _Display:
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def show(self, status: dict[RunSpec, dict[str, float]], done: int) -> None:
        text = f"{done} of {self.total}"
        self.progress.update(self.overall, completed=done, total=self.total, text=text)
        for spec in [spec for spec in self.tasks if spec not in status]:
            self.progress.remove_task(self.tasks.pop(spec))
        lines = []
        for spec, now in status.items():
            text = _describe(now)
            if spec not in self.tasks:
                self.tasks[spec] = self.progress.add_task(str(spec), total=1.0, text=text)
            start, end, step = now.get("start", 0), now.get("end", 1), now.get("step", 0)
            share = (step - start) / max(end - start, 1) if now else 0.0
            self.progress.update(self.tasks[spec], completed=share, text=text)
            lines.append(f"  {spec}: {text}")
        if not self.live and time.monotonic() - self.reported >= _PLAIN_REPORT_S:
            self.reported = time.monotonic()
            elapsed = duration(self.reported - self.began)
            print(f"[{elapsed}] {done} of {self.total} runs finished", *lines, sep="\n", flush=True)


def _describe(now: dict[str, float]) -> str:
    if not now:
        return "starting"
    rate = now["steps_per_s"]
    left = (now["end"] - now["step"]) / rate if rate > 0 else float("nan")
    eta = f", {duration(left)} left" if rate > 0 else ""
    return f"{now['step']:,.0f}/{now['end']:,.0f}, {rate:.0f} steps/s{eta}"
