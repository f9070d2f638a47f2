"""Print which runs are planned and how long they should take here, before anything starts."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from algorithms.agent import Agent
from algorithms.engine.compiled import IMITATION, GraphKey
from algorithms.training import use_one_core
from figures.labels import with_settings
from reproduce.commandline.durations import duration
from reproduce.commandline.options import EngineChoice
from reproduce.data.prior import make_env
from reproduce.runs import own_methods
from reproduce.runs.devices import cores, why_unusable
from reproduce.runs.engines import measured_ratio, random_batches, settled_update
from reproduce.runs.folder import ELSEWHERE, RunFolder, State
from reproduce.runs.resolved import resolved
from reproduce.specs.grid import RunSpec
from reproduce.specs.place import Place

_ENOUGH_S = 0.03  # for one measurement; a plan has dozens
_TOO_LARGE = ("memory", "allocat", "overflow", "too large", "too big")  # in torch's messages


def states(specs: Sequence[RunSpec], out: Path) -> dict[RunSpec, State]:
    """Read the state of each run from its folder below the results folder `out`."""
    return {spec: RunFolder(spec.folder(out)).state() for spec in specs}


def print_plan(
    experiment: str,
    specs: Sequence[RunSpec],
    out: Path,
    jobs: int | None,
    place: Place,
    engine: EngineChoice = "eager",
) -> dict[RunSpec, float]:
    """Print a table of task x method, with the state of its runs and the time still to spend.

    `jobs` is how many run at a time; None if a cluster decides that. The cache of `place` holds how
    much faster compiled updates were in earlier runs here. Returns the seconds that each run should
    take on this machine, in the order of `specs`. Runs that are done are left out. What is printed
    leaves out those that are running or queued as well.
    """
    found = states(specs, out)
    measured = place.device if why_unusable(place.device) is None else "cpu"
    pace = Pace(measured, engine, place.cache)
    at_a_time = "" if jobs is None else f", {jobs} at a time"
    several = "" if len(specs) == 1 else "s"
    table = Table(title=f"{experiment}: {len(specs)} run{several} into {out}{at_a_time}")
    for column in ("task", "data", "method", "seeds", "done", "pending", "time left"):
        table.add_column(column)
    every = {
        s: pace.seconds(s, RunFolder(s.folder(out)).status().get("step"))
        for s in specs
        if found[s] != "done"
    }
    left = {s: seconds for s, seconds in every.items() if found[s] not in ELSEWHERE}
    common = set.intersection(*(set(s.settings) for s in specs)) if specs else set()
    names = {s: with_settings(s.registered, sorted({*s.settings} - common)) for s in specs}
    for env, data, method in dict.fromkeys((s.env, s.data, names[s]) for s in specs):
        group = [s for s in specs if (s.env, s.data, names[s]) == (env, data, method)]
        done = sum(found[s] == "done" for s in group)
        other = _count([found[s] for s in group if found[s] != "done"])
        time_left = duration(sum(left.get(s, 0.0) for s in group))
        table.add_row(env, data, escape(method), str(len(group)), str(done), other, time_left)
    console = Console(width=110)
    console.print(table)
    if common:
        console.print(f"all with {escape(', '.join(sorted(common)))}")
    total, longest = sum(left.values()), max(left.values(), default=0.0)
    at_once = 1 if jobs is None else min(jobs, cores())
    clock = "" if jobs is None else f", {duration(max(total / at_once, longest))} on the clock"
    instead = "" if measured == place.device else f"; there is no {place.device} here"
    console.print(
        f"estimated on this machine: {duration(total)} of core time{clock} "
        f"(measured just now, {measured}{instead})"
    )
    return every


def _changes_work(setting: str) -> bool:
    """Whether an update may take longer with it: not where it is a number that is no count."""
    try:
        float(setting.partition("=")[2])
    except ValueError:
        return True
    return setting.partition("=")[2].isdigit()


def _count(values: Sequence[str]) -> str:
    return ", ".join(f"{values.count(v)} {v}" for v in dict.fromkeys(values)) or "-"


class Pace:
    """Estimate the seconds that a run needs, from short measurements of update and simulator.

    Processor time is measured on a CPU, so that other processes do not count. Nothing is compiled
    for an estimate. If the engine compiles, an update's time is multiplied by the ratio that runs
    of this shape have measured (`engines.py`). It stays as it is if no run has measured one.
    """

    def __init__(
        self, device: str, engine: EngineChoice = "eager", cache: Path | None = None
    ) -> None:
        self.device, self._engine, self._cache = device, engine, cache
        self._clock = time.process_time if device == "cpu" else time.perf_counter
        self._update: dict[tuple[str, ...], tuple[float, float]] = {}
        self._simulate: dict[str, float] = {}
        use_one_core()

    def seconds(self, spec: RunSpec, step: int | None = None) -> float:
        """Seconds from clock reading `step` (None: the start) to the end of the run."""
        run = resolved(spec)
        settings = run.settings
        schedule = settings.schedule
        offline = settings.config.offline_steps if settings.method.pretraining.offline else 0
        cloning = settings.method.initialisation.cloning_steps
        begin = -offline - cloning if step is None else step
        update, imitate = self._update_s(spec)
        simulate = self._simulate_s(spec)
        episode = run.task.horizon * simulate
        evaluations = sum(at >= begin for at in schedule.evaluations(offline))
        online = schedule.online_steps - max(begin, 0)
        per_step = settings.config.updates_per_step / settings.config.steps_per_update
        return (
            max(0, -offline - begin) * imitate
            + max(0, min(offline, -begin)) * update
            + online * (update * per_step + simulate)
            + evaluations * schedule.eval_episodes * episode
            + min(3, evaluations) * schedule.sampled_episodes * episode
        )

    def _update_s(self, spec: RunSpec) -> tuple[float, float]:
        key = (spec.env, spec.profile, spec.registered, *filter(_changes_work, spec.settings))
        if key not in self._update:
            self._update[key] = self._measured(spec)
        return self._update[key]

    def _measured(self, spec: RunSpec) -> tuple[float, float]:
        """Time an update and a cloning step, in seconds. Raises ValueError if memory is short."""
        run = resolved(spec)
        settings, known = run.settings, run.task
        try:
            sizes = (known.observation_dim, known.action_dim)
            agent = Agent(settings.method, settings.config, *sizes, seed=0, device=self.device)
            share, update, imitate = self._share(agent), 0.0, 0.0
            if agent.episodes_per_improvement == 0:  # else it updates every few thousand steps
                update = share * self._per_call(settled_update(agent))
            if settings.method.initialisation.cloning_steps > 0:
                kind = GraphKey(IMITATION, settings.config.offline_batch_size)
                batch, _ = random_batches(agent, kind)
                imitate = share * self._per_call(lambda: agent.imitate(batch))
            return update, imitate
        except Exception as error:  # a part of the user's own may fail in any way
            reason = (str(error) or type(error).__name__).splitlines()[0]
            if not any(sign in reason.lower() for sign in _TOO_LARGE):
                last = traceback.extract_tb(error.__traceback__)[-1]
                place = own_methods.place_of(error) or f"{last.filename}, line {last.lineno}"
                raise ValueError(
                    f"{spec.env} {spec.registered}: one update fails with {type(error).__name__}: "
                    f"{reason} ({place})"
                ) from error
            sizes_set = " ".join(spec.settings) or f"batch_size={settings.config.batch_size}"
            raise ValueError(
                f"{spec.env} {spec.registered}: one update does not fit into the memory of "
                f"{self.device} ({reason}); lower what is set ({sizes_set})"
            ) from None

    def _share(self, agent: Agent) -> float:
        """Time that the run's engine takes for an update, over the time of the eager engine."""
        if self._engine == "eager" or self._cache is None:
            return 1.0
        ratio = measured_ratio(agent, self._cache)
        if ratio is None:
            return 1.0
        return ratio if self._engine == "compiled" else min(1.0, ratio)

    def _simulate_s(self, spec: RunSpec) -> float:
        if spec.env not in self._simulate:
            env = make_env(spec.env, spec.profile)
            env.action_space.seed(0)
            env.reset(seed=0)
            began = time.process_time()
            for _ in range(100):
                env.step(env.action_space.sample())
            self._simulate[spec.env] = (time.process_time() - began) / 100
            env.close()
        return self._simulate[spec.env]

    def _per_call(self, call: Callable[[], object]) -> float:
        """Mean seconds of a call after the first one: over 3 calls, or up to 8 of short ones."""
        call()
        began, count = self._clock(), 0
        while count < 3 or (count < 8 and self._clock() - began < _ENOUGH_S):
            call()
            count += 1
        return (self._clock() - began) / count
