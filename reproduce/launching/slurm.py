"""Runs as SLURM jobs: submitted, watched through their folders, started again if they die.

The runs do not need the launcher. It may be interrupted, or its machine lost. A later call of the
same command takes over, on any machine that sees the folder.
"""

from __future__ import annotations

import math
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from filelock import FileLock
from submitit import SlurmExecutor
from submitit.core.utils import FailedJobError, FailedSubmissionError

from reproduce.commandline.durations import duration
from reproduce.commandline.files import write_json
from reproduce.commandline.options import FigureOptions
from reproduce.launching import slurm_client, slurm_queue
from reproduce.launching.clusters import further
from reproduce.launching.cost import Cost, cost_of
from reproduce.launching.launcher import Interrupted, command, tail
from reproduce.launching.packing import packs, shape_of
from reproduce.launching.slurm_client import Job, SlurmError
from reproduce.launching.slurm_job import RunsJob, Work
from reproduce.runs.folder import ELSEWHERE, RunFolder
from reproduce.runs.plan import states
from reproduce.runs.provenance import commit, fingerprint
from reproduce.specs.grid import RunSpec

_ROOT = Path(__file__).resolve().parents[2]
_RESTARTS = 2
_POLL_S = (2.0, 30.0)  # at first, and after a while: the controller serves others too
_COLLECT_S = 30.0
_FULL_S = 60.0  # wait before more jobs are tried when SLURM has taken no more
_WARNING_S = 180  # before the time limit: SLURM may warn a minute early, checkpoints take seconds
_DEFAULTS = ("account", "partition", "qos", "constraint", "reservation", "wckey")
_TIME_LIMITS = 1000  # a job may reach its time limit so often: a run may need many jobs


class SlurmLauncher:
    """Submits what is pending, then watches until every run has ended."""

    def __init__(
        self, specs: Sequence[RunSpec], seconds: Mapping[RunSpec, float], options: FigureOptions
    ) -> None:
        """`seconds` says how long each run that is not done should take. Raises SlurmError.

        The shape of a job holds for all of them: runs that are queued or running now may die.
        """
        self.options = replace(options, out=options.results.resolve(), **_absolute(options))
        self.out = self.options.results
        self.specs, self.seconds = specs, dict(seconds)
        self.limits = slurm_client.limits(options.partition or os.environ.get("SBATCH_PARTITION"))
        self._largest = self.limits.max_array
        """Elements of the array that is tried next."""
        self.shape = shape_of(list(seconds.values()), options, self.limits)
        self.elsewhere: list[RunSpec] = []  # none: this launcher waits for others' jobs too
        self.reasons: dict[RunSpec, str] = {}
        """Why runs are given up; they may be resumable."""
        self._restarts: Counter[RunSpec] = Counter()
        """Times that a run was submitted again without having come further than before."""
        self._reached: dict[RunSpec, float] = {}
        """The step that a run had come to when it last died."""
        self._had_job: set[RunSpec] = set()
        self._absent: set[RunSpec] = set()
        self._ends: dict[RunSpec, tuple[Job, Path]] = {}
        """Each run's last job, which SLURM may have forgotten since."""
        self._launch: slurm_queue.Launch | None = None
        self._files = tuple(path.resolve() for path in options.methods_from)
        self._code = fingerprint(*self._files)
        self._full_until = 0.0
        self._stop = False
        self._said = ("", 0.0)

    def cost(self) -> Cost:
        """The cost of the runs that will be submitted now."""
        found = states(list(self.seconds), self.out)
        now = {s: each for s, each in self.seconds.items() if found[s] not in ELSEWHERE}
        jobs = packs(now, self.shape.runs)
        return cost_of([[self.seconds[spec] for spec in job] for job in jobs], self.shape)

    def run(self, on_finished: Callable[[], object] = lambda: None) -> list[RunSpec]:
        """Do what `Launcher.run` says, and wait for runs that others have submitted too.

        Raises SlurmError if SLURM takes none of the jobs.
        """
        left: list[RunSpec] = list(self.specs)
        with self._signals():
            self._submit([spec for spec in self.specs if spec in self.seconds])
            began = collected = time.monotonic()
            before = -1
            while not self._stop:
                left, jobs = self._look()
                ended = len(self.specs) - len(left)
                if ended != before and (not left or time.monotonic() - collected > _COLLECT_S):
                    on_finished()
                    before, collected = ended, time.monotonic()
                if not left:
                    return [s for s in self.specs if s in self.reasons or self._failed(s)]
                self._say(left, jobs, began)
                self._sleep(min(_POLL_S[1], _POLL_S[0] + (time.monotonic() - began) / 20))
        raise Interrupted(f"{len(left)} runs go on as jobs of SLURM")

    # Submission

    def _submit(self, specs: Sequence[RunSpec]) -> set[RunSpec]:
        """Submit runs that nobody runs or has submitted. One launcher at a time does this.

        SLURM takes an array as a whole or not at all. Of an array that a limit forbids, half is
        tried, down to one job. What it does not take waits. Returns what it has taken. Raises
        SlurmError if that is nothing and no job of the runs is there.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        with FileLock(self.out / ".submit.lock"):
            jobs = slurm_queue.refresh(self.specs, self.out)
            free = ("pending", "resumable", "failed")
            todo = {s: self.seconds.get(s, 0.0) for s in specs if self._folder(s).state() in free}
            todo = {s: t for s, t in todo.items() if s not in jobs or not jobs[s][0].live}
            if not todo:
                return set()
            if self._launch is None:
                self._launch = slurm_queue.new_launch(self.out, *self._files)
                where = f"code {self._launch.code}, commit {commit() or 'unknown'}"
                print(f"jobs of {self.shape}; {where}; launch {self._launch.folder}", flush=True)
                if (self._launch.folder / "changes.patch").exists():
                    print("the working tree differs from the commit (changes.patch there)")
            taken: set[RunSpec] = set()
            waiting = packs(todo, self.shape.runs)
            while waiting:
                array = waiting[: self._largest]
                try:
                    first = self._submit_array(self._launch, array)
                except SlurmError as error:
                    if len(array) > 1 and "limit" in error.said.lower():
                        self._largest = len(array) // 2
                        continue
                    if not taken and not any(job.live for job, _ in jobs.values()):
                        raise
                    self._wait(error, sum(map(len, waiting)))
                    break
                del waiting[: len(array)]
                self._largest = min(2 * self._largest, self.limits.max_array)
                taken |= {spec for pack in array for spec in pack}
                print(
                    f"submitted {sum(map(len, array))} runs in {len(array)} jobs: {first}",
                    flush=True,
                )
            return taken

    def _wait(self, error: SlurmError, runs: int) -> None:
        """Try no submission for a while."""
        print(f"SLURM takes no more jobs now ({error.said}); {runs} runs wait", flush=True)
        self._full_until = time.monotonic() + _FULL_S

    def _submit_array(self, launch: slurm_queue.Launch, array: Sequence[list[RunSpec]]) -> str:
        """Submit an array; returns its first job's id. Raises SlurmError if none was submitted."""
        folders = [[spec.folder(self.out) for spec in pack] for pack in array]
        name = launch.array(folders, self.out)
        for pack in folders:
            for path in pack:
                path.mkdir(parents=True, exist_ok=True)
                RunFolder(path).queue(slurm_queue.note(name))
        parameters = self._parameters(name, len(array))
        grace_s = parameters["signal_delay_s"] * 0.8
        executor = SlurmExecutor(launch.jobs, max_num_timeout=_TIME_LIMITS)
        try:
            executor.update_parameters(**parameters)
            with outside_of_jobs(parameters), executor.batch():
                jobs = [executor.submit(self._job(launch, pack, grace_s)) for pack in array]
        except (FailedJobError, FailedSubmissionError, OSError, ValueError) as error:
            for pack in folders:
                for path in pack:
                    (path / "queued.json").unlink(missing_ok=True)
            said = [line for line in str(error).splitlines() if line.strip()]
            raise SlurmError(said[-1].strip() if said else "sbatch failed") from error
        for job, pack_specs in zip(jobs, array, strict=True):
            for spec in pack_specs:
                self._had_job.add(spec)
                folder = self._folder(spec)
                if folder.queued().get("job") == name:  # unless it has begun already
                    write_json(folder.path / "queued.json", slurm_queue.note(job.job_id))
        return str(jobs[0].job_id)

    def _job(self, launch: slurm_queue.Launch, pack: Sequence[RunSpec], grace_s: float) -> RunsJob:
        works = tuple(
            Work(str(spec.folder(self.out)), tuple(command(spec, self.options))) for spec in pack
        )
        shape = self.shape
        files = tuple(map(str, self._files))
        return RunsJob(
            works, shape.at_once, shape.gpus, launch.code, str(launch.folder), grace_s, files
        )

    def _parameters(self, name: str, jobs: int) -> dict[str, Any]:
        options, shape = self.options, self.shape
        chosen = {
            "partition": options.partition,
            "account": options.account,
            "qos": options.qos,
            "exclude": options.exclude,
            "gpus_per_node": shape.gpus or None,
        }
        return {
            "job_name": name,
            "time": shape.minutes,
            "mem": shape.memory,
            "cpus_per_task": shape.cores,
            # srun has not taken this over from the job since SLURM 22.05
            "srun_args": [f"--cpus-per-task={shape.cores}"],
            # The job's Python looks here first. It finds the code that submitted the job, from
            # whichever folder the command was typed in.
            "additional_parameters": {"chdir": str(_ROOT)},
            "array_parallelism": options.array_parallelism or jobs,
            "signal_delay_s": min(_WARNING_S, shape.minutes * 60 // 3),
            **{key: value for key, value in chosen.items() if value is not None},
            **further(options.slurm),
        }

    # Watching

    def _look(self) -> tuple[list[RunSpec], slurm_queue.Jobs]:
        """Return the runs that have not ended, and the jobs. Submits dead runs again."""
        left = [s for s in self.specs if s not in self.reasons and not self._ended(s)]
        if not left:
            return [], {}
        try:
            jobs = slurm_queue.refresh(left, self.out)
        except SlurmError as error:
            print(f"SLURM does not answer ({error.said}); jobs go on, asking again", flush=True)
            return left, {}
        self._had_job |= {spec for spec, (job, _) in jobs.items() if job.live}
        nobodys = {
            s
            for s in left
            if (s not in jobs or not jobs[s][0].live)
            and self._folder(s).state() in ("pending", "resumable")
        }
        # A run must seem dead twice in a row: files and controller may be seconds apart.
        dead, self._absent = [s for s in left if s in nobodys & self._absent], nobodys
        self._ends |= jobs
        if dead and time.monotonic() >= self._full_until:
            self._submit_again([spec for spec in dead if self._worth_another(spec)])
        return [s for s in left if s not in self.reasons and not self._failed(s)], jobs

    def _submit_again(self, specs: Sequence[RunSpec]) -> None:
        """Submit dead runs, and count it as an attempt of those that SLURM takes."""
        if not specs:
            return
        had_one = self._had_job & set(specs)
        try:
            taken = self._submit(specs)
        except SlurmError as error:  # the controller is busy: other jobs go on meanwhile
            self._wait(error, len(specs))
            return
        self._absent -= taken
        for spec in [spec for spec in specs if spec in taken & had_one]:
            self._restarts[spec] += 1
            how = self._how_it_ended(spec)
            self._ends.pop(spec, None)
            print(f"died: {spec} ({how}); attempt {self._restarts[spec] + 1}", flush=True)

    def _how_it_ended(self, spec: RunSpec) -> str:
        last = self._ends.get(spec)
        if last is None or last[0].live:  # SLURM forgot it before it was seen to end
            return "its job ended before it"
        return f"job {last[0].id}: {last[0].state}"

    def _worth_another(self, spec: RunSpec) -> bool:
        """Whether a dead run is to be submitted again; if not, `reasons` or its folder says why.

        It is given up where it has died in the same place `_RESTARTS` times after the first. A job
        that others have taken the place of is no death of the run.
        """
        last = self._ends.get(spec)
        if spec not in self._had_job:  # SLURM has not taken it yet
            pass
        elif last is not None and slurm_queue.refusal(last[1]):
            self.reasons[spec] = f"{slurm_queue.refusal(last[1])}; the same command submits it anew"
        elif last is not None and last[0].state == "CANCELLED":
            self.reasons[spec] = f"job {last[0].id} was cancelled; the same command continues it"
        elif last is not None and last[0].state == "OUT_OF_MEMORY":
            self._folder(spec).fail(f"job {last[0].id} needed more than --mem {self.shape.memory}")
        if spec in self.reasons or self._failed(spec):
            return False
        if fingerprint(*self._files) != self._code:
            self.reasons[spec] = "the code was changed since this command began; call it again"
            return False
        step = self._folder(spec).status().get("step", -math.inf)
        if step > self._reached.get(spec, step) or (last and last[0].state == "PREEMPTED"):
            self._restarts[spec] = 0
        self._reached[spec] = max(step, self._reached.get(spec, step))
        if self._restarts[spec] >= _RESTARTS and spec in self._had_job:
            end = tail(spec.folder(self.out))
            output = _job_output(last)
            times, how = self._restarts[spec] + 1, self._how_it_ended(spec)
            self._folder(spec).fail(f"died {times} times, at last with {how}\n{end}\n{output}")
            return False
        return True

    def _ended(self, spec: RunSpec) -> bool:
        return self._folder(spec).state() in ("done", "failed")

    def _failed(self, spec: RunSpec) -> bool:
        return self._folder(spec).state() == "failed"

    def _folder(self, spec: RunSpec) -> RunFolder:
        return RunFolder(spec.folder(self.out))

    def _say(self, left: Sequence[RunSpec], jobs: slurm_queue.Jobs, began: float) -> None:
        """Print a line if something has changed."""
        states = Counter(self._folder(spec).state() for spec in left)
        live = {job.id: job for job, _ in jobs.values() if job.live}
        waiting = Counter(job.reason for job in live.values() if job.state == "PENDING")
        why = f" ({', '.join(waiting)})" if waiting else ""
        parts = [f"{len(self.specs) - len(left)} of {len(self.specs)} runs ended"]
        parts += [f"{count} {state}" for state, count in states.items()]
        text = f"{', '.join(parts)}; {len(live)} jobs, {sum(waiting.values())} waiting{why}"
        if text != self._said[0]:
            self._said = (text, time.monotonic())
            print(f"[{duration(time.monotonic() - began)}] {text}", flush=True)

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._stop and time.monotonic() < end:
            time.sleep(0.2)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        before = {n: signal.signal(n, self._request) for n in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _request(self, number: int, frame: FrameType | None) -> None:
        self._stop = True


def _absolute(options: FigureOptions) -> dict[str, Any]:
    """Full paths of the folders: a job may have another environment and working directory."""
    named = options.named_data_dir
    data_dir = named.resolve() if named is not None and named.is_dir() else None
    return {"cache_dir": options.cache.resolve(), "data_dir": data_dir}


def _job_output(last: tuple[Job, Path] | None, lines: int = 20) -> str:
    """The last lines that a job itself has printed."""
    if last is None:
        return ""
    job, launch = last
    for path in sorted((launch / "jobs").glob(f"{job.id}_*_log.err")):
        with suppress(OSError):
            return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    return ""


@contextmanager
def outside_of_jobs(parameters: Mapping[str, Any]) -> Iterator[None]:
    """Hide the job that this process may be part of: sbatch would take over its settings.

    The user's own defaults for sbatch (``SBATCH_ACCOUNT`` and others of `_DEFAULTS`) stay, but for
    those that `parameters` decides: sbatch would prefer the variable.
    """
    kept = {"SLURM_CONF", *(f"SBATCH_{n.upper()}" for n in _DEFAULTS if n not in parameters)}
    inside = {
        key: os.environ.pop(key)
        for key in list(os.environ)
        if key.startswith(("SLURM_", "SLURMD_", "SUBMITIT_", "SBATCH_")) and key not in kept
    }
    try:
        yield
    finally:
        os.environ.update(inside)
