"""Which engine makes a run's updates: the one asked for, recorded, or measured to be faster."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from filelock import FileLock

from algorithms.agent import Agent
from algorithms.catalogue.settings import describe
from algorithms.engine.compiled import (
    CannotCompile,
    Compiled,
    GraphKey,
    example_batches,
    has_compiler,
    kinds_of,
)
from algorithms.engine.update import phase
from algorithms.training import Training
from algorithms.types import Batch
from reproduce.commandline.files import write_json
from reproduce.commandline.options import Engine, EngineChoice
from reproduce.runs.folder import ConfigurationChanged

COLD_S = 30.0
"""Seconds to compile a graph for the first time, on a core of its own (measured)."""

WARM_S = 6.0
"""Seconds to take a graph from the cache on disk."""

_WORTH = 0.6
"""Time of a compiled update over that of an eager one: a hope, used before it is measured."""

_FOLDER = "TORCHINDUCTOR_CACHE_DIR"

_SETTLED = 10**6  # updates after which every warm start is over


@dataclass(frozen=True)
class Work:
    """How many updates a run makes, and of which kinds."""

    cloning: int
    offline: int
    online: int

    @property
    def updates(self) -> int:
        """How many updates the run makes in all."""
        return self.cloning + self.offline + self.online

    def kinds(self, agent: Agent) -> list[tuple[GraphKey, int]]:
        """Each kind of update, with the number (from 0) of the first update of that kind."""
        return kinds_of(agent, self.cloning, self.offline, self.online)


def work_of(training: Training) -> Work:
    """Count the updates of a whole run. An on-policy run counts only those of its cloning."""
    agent, config = training.agent, training.agent.config
    if agent.episodes_per_improvement:  # on-policy: only its cloning is made of small updates
        return Work(training.cloning_steps, 0, 0)
    steps = training.schedule.online_steps - config.learning_starts
    online = max(0, steps) * config.updates_per_step // config.steps_per_update
    return Work(training.cloning_steps, training.offline_steps, online)


def use_cache(cache: Path) -> None:
    """Keep compiled graphs under `cache`, for every run, unless $TORCHINDUCTOR_CACHE_DIR is set.

    PyTorch writes its own default into that variable when its compiler is imported.
    """
    # This imports PyTorch's compiler; only compiled runs need it.
    from torch._inductor.runtime.cache_dir_utils import default_cache_dir

    if os.environ.get(_FOLDER) in (None, default_cache_dir()):
        os.environ[_FOLDER] = str((cache / "graphs").absolute())


def settle(
    training: Training,
    wanted: EngineChoice,
    cache: Path,
    notify: Callable[[str], None] = print,
) -> Engine:
    """Choose the engine of a run that begins, and compile its graphs if it is `compiled`.

    `compiled` becomes `eager` if nothing can be compiled here. One line says why. `auto` compiles a
    run that is long enough to repay it. It keeps its measurements under `cache`, so that runs of
    the same shape choose alike. Only the first of them waits for the compiler.
    """
    agent, work = training.agent, work_of(training)
    kinds = work.kinds(agent)
    if wanted == "eager" or not kinds:
        return "eager"
    if wanted == "auto" and agent.episodes_per_improvement:
        return "eager"  # only its cloning could be compiled, and that is soon over
    if _lacks_compiler(agent):
        if wanted == "compiled":
            notify("engine: there is no C++ compiler (g++, or $CXX): eager")
        return "eager"
    use_cache(cache)
    path = cache / "engine" / f"{_shape(agent)}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    if wanted == "auto" and not path.exists() and not _repays(agent, work, len(kinds)):
        return "eager"
    with FileLock(path.with_suffix(".lock")):  # other processes then find the graphs in the cache
        try:
            if wanted == "auto":
                pace = _recorded(path) or _measured(agent, path)
                saved = (pace["eager_s"] - pace["compiled_s"]) * work.updates
                if saved < WARM_S * len(kinds):
                    return "eager"
            agent.compiled = Compiled(agent)
            agent.compiled.prepare(kinds)
        except CannotCompile as error:
            agent.compiled = None
            notify(f"engine: the update cannot be compiled here ({error}): eager")
            return "eager"
    return "compiled"


def resume(training: Training, engine: Engine, cache: Path) -> None:
    """Let a run go on with the engine that it began with. Graphs are compiled when needed.

    Raises ConfigurationChanged if this engine is `compiled` and this machine cannot compile.
    """
    if engine == "compiled":
        if _lacks_compiler(training.agent):
            raise ConfigurationChanged(
                "the run was begun with the compiled engine, and there is no C++ compiler here "
                "(g++, or $CXX): install one, or let the run go on where there is one"
            )
        use_cache(cache)
        training.agent.compiled = Compiled(training.agent)


def _lacks_compiler(agent: Agent) -> bool:
    """Whether this machine lacks a C++ compiler that it needs. A GPU needs none."""
    return agent.device.type == "cpu" and not has_compiler()


def seconds_per_update(agent: Agent) -> float:
    """Time an update that comes after every warm start: the mean of eight.

    A CPU gives processor time, any other device the time on the clock.
    """
    call = settled_update(agent)
    clock = time.process_time if agent.device.type == "cpu" else time.perf_counter
    call()
    began = clock()
    for _ in range(8):
        call()
    return (clock() - began) / 8


def measured_ratio(agent: Agent, cache: Path) -> float | None:
    """Time of a compiled update over that of an eager one; None if no run of this shape has
    measured it here."""
    pace = _recorded(cache / "engine" / f"{_shape(agent)}.json")
    return None if pace is None else pace["compiled_s"] / pace["eager_s"]


def _repays(agent: Agent, work: Work, graphs: int) -> bool:
    """Whether compiling would repay its time if updates became as fast as `_WORTH` hopes."""
    seconds = seconds_per_update(_scratch(agent)) * work.updates
    return (1 - _WORTH) * seconds > COLD_S * (graphs + 1)


def _measured(agent: Agent, path: Path) -> dict[str, float]:
    """Time both engines in turns, each on an agent of its own."""
    eager, compiled = _scratch(agent), _scratch(agent)
    compiled.compiled = Compiled(compiled)
    where = GraphKey(phase(agent.method, _SETTLED), agent.config.batch_size)
    compiled.compiled.prepare([(where, _SETTLED)])
    times = [(seconds_per_update(eager), seconds_per_update(compiled)) for _ in range(5)]
    pace = {"eager_s": min(e for e, _ in times), "compiled_s": min(c for _, c in times)}
    write_json(path, pace)
    return pace


def settled_update(agent: Agent) -> Callable[[], object]:
    """What makes one update of `agent`, on random transitions and after every warm start."""
    kind = GraphKey(phase(agent.method, _SETTLED), agent.config.batch_size)
    batch, demonstrations = random_batches(agent, kind)

    def call() -> None:
        agent.updates = _SETTLED
        agent.update(batch, demonstrations)

    return call


def random_batches(agent: Agent, kind: GraphKey) -> tuple[Batch, Batch | None]:
    """`example_batches` with observations and actions that are uniform in [-1, 1]."""
    batch, demonstrations = example_batches(agent, kind)
    noise = torch.Generator(agent.device).manual_seed(0)
    for column in (batch.observations, batch.actions, batch.next_observations):
        column.uniform_(-1.0, 1.0, generator=noise)
    return batch, demonstrations


def _scratch(agent: Agent) -> Agent:
    return Agent(agent.method, agent.config, *agent.sizes, seed=0, device=str(agent.device))


def _recorded(path: Path) -> dict[str, float] | None:
    try:
        pace = json.loads(path.read_text())
        return {name: float(pace[name]) for name in ("eager_s", "compiled_s")}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _shape(agent: Agent) -> str:
    """A digest of what the time of an update depends on."""
    what = {
        "method": describe(agent.method),
        "hyperparameters": describe(agent.config),
        "sizes": agent.sizes,
        "machine": [platform.node(), platform.machine(), str(agent.device), torch.__version__],
    }
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]
