"""Compiled updates over eager ones, and over XLA's, measured in turns within one process.

    make benchmark

XLA's column needs JAX (`pip install -e '.[bench]'`). Times are the processor's, so that what else
runs here counts little; the ratio is the median over the turns. Compiling takes minutes.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest

from algorithms.agent import Agent
from algorithms.catalogue.resolving import resolve
from algorithms.engine.compiled import Compiled, GraphKey, example_batches
from algorithms.engine.update import phase
from algorithms.training import use_one_core

os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)
OBSERVATION, ACTION = 45, 24
SMALL, MIDDLE = ((128, 128), 128), ((256, 256), 256)  # the first: preset `small`
OTHERS = ("SAC", "BC", "IQL", "MPO", "ABM-MPO", "BRAC", "TD3+BC", "Cal-QL", "AWR", "BEAR", "BCQ")
Call = Callable[[], Any]


def make_call(name: str, hidden: tuple[int, ...], size: int, *, compiled: bool) -> Call:
    """One update past every warm start, on a batch of random transitions."""
    sizes = {"policy_hidden": hidden, "q_hidden": hidden, "behavior.vae_hidden": hidden}
    settings = resolve(name, preset={**sizes, "batch_size": size, "offline_batch_size": size})
    agent = Agent(settings.method, settings.config, OBSERVATION, ACTION, seed=0)
    agent.updates = 10**6
    batch, demonstrations = example_batches(agent, GraphKey(phase(agent.method, 10**6), size))
    for column in (batch.observations, batch.actions, batch.next_observations):
        column.uniform_(-1, 1, generator=agent.generator)
    batch.rewards.fill_(-1.0)
    batch.masks.fill_(1.0)
    if compiled:
        agent.compiled = Compiled(agent)

    def call() -> None:
        agent.updates = 10**6
        agent.update(batch, demonstrations)

    call()
    return call


def in_turns(calls: dict[str, Call], turns: int = 15, inner: int = 20) -> dict[str, list[float]]:
    """Milliseconds of processor time a call, by turns."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(turns):
        for name, call in calls.items():
            began = time.process_time()
            for _ in range(inner):
                call()
            found[name].append((time.process_time() - began) / inner * 1e3)
    return found


def report(title: str, found: dict[str, list[float]], of: str) -> dict[str, float]:
    """Print medians and ratios of `of` to each other; return the ratios."""
    ratios = {
        name: statistics.median(a / b for a, b in zip(found[of], times, strict=True))
        for name, times in found.items()
        if name != of
    }
    times = ", ".join(f"{name} {statistics.median(t):.2f}" for name, t in found.items())
    print(
        f"\n{title}: {times} ms; {of} over " + ", ".join(f"{n} {r:.2f}" for n, r in ratios.items())
    )
    return ratios


@pytest.mark.parametrize(("hidden", "size"), [SMALL, MIDDLE, ((256,) * 4, 1024)])
def test_awac_over_eager_and_xla(hidden: tuple[int, ...], size: int) -> None:
    use_one_core()
    calls = {
        "compiled": make_call("AWAC", hidden, size, compiled=True),
        "eager": make_call("AWAC", hidden, size, compiled=False),
    }
    try:
        from tests.benchmarks import xla
    except ImportError:
        print("\nno JAX here: no comparison with XLA")
    else:
        calls["xla"] = xla.make_update(OBSERVATION, ACTION, hidden, size)
        calls["xla"]()
    large = size == 1024
    found = in_turns(calls, turns=7 if large else 15, inner=4 if large else 20)
    report(f"AWAC {len(hidden)}x{hidden[0]}, batch {size}", found, "compiled")


@pytest.mark.parametrize("name", OTHERS)
def test_other_methods_over_eager(name: str) -> None:
    use_one_core()
    calls = {
        "compiled": make_call(name, *SMALL, compiled=True),
        "eager": make_call(name, *SMALL, compiled=False),
    }
    report(f"{name} 2x128, batch 128", in_turns(calls, turns=9), "compiled")


@pytest.mark.parametrize(("hidden", "size"), [SMALL, MIDDLE])
@pytest.mark.parametrize("name", ["BEAR", "BCQ"])
def test_many_samples_over_awac(name: str, hidden: tuple[int, ...], size: int) -> None:
    use_one_core()
    calls = {which: make_call(which, hidden, size, compiled=True) for which in (name, "AWAC")}
    report(f"{name} 2x{hidden[0]}, batch {size}", in_turns(calls, turns=9, inner=8), name)


def test_acting_beside_a_step_of_the_simulator() -> None:
    """The policy at one state, and the pen's simulator for one step."""
    import numpy as np

    from reproduce.data.prior import make_env

    use_one_core()
    settings = resolve("AWAC", preset={"policy_hidden": (256, 256), "q_hidden": (256, 256)})
    agent = Agent(settings.method, settings.config, OBSERVATION, ACTION, seed=0)
    state = np.zeros(OBSERVATION, dtype=np.float32)
    env = make_env("pen-binary-v0", "paper")
    env.reset(seed=0)
    action = np.zeros(ACTION, dtype=np.float32)
    calls = {
        "acting": lambda: agent.act(state, deterministic=False),
        "simulator": lambda: env.step(action),
    }
    report("one step", in_turns(calls, turns=9, inner=50), "acting")
    env.close()
