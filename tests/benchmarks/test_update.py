"""Cost of one update as a ratio to its matrix products, both measured in the same process.

    make benchmark

The floor of an update is the multiply-adds of its forward-equivalents, divided by the rate of
the very matrix products it consists of (same shapes, same process, one thread). An AWAC update
has 14: next action 1, target twin Q 2, twin Q forward and backward 6, policy forward and
backward 3, twin Q at (s, V's action) 2; Q(s, a) of the critic's loss serves the advantage.
(A backward pass counts 2; the gradient to the network's input is not needed, which the ratio
does not credit.) The floor with 12 is printed as well.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import torch

from algorithms.agent import Agent
from algorithms.catalogue.resolving import resolve
from algorithms.types import Batch

OBSERVATION, ACTION = 45, 24
SIZES = {
    "table1": ((256, 256, 256, 256), 1024, 1.25),
    "small": ((256, 256), 256, 1.4),
}


def seconds(call: Callable[[], Any], rounds: int = 12, inner: int = 10) -> list[float]:
    """Seconds per call in each round; the shortest rounds are the least disturbed ones."""
    for _ in range(inner):
        call()
    result = []
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(inner):
            call()
        result.append((time.perf_counter() - began) / inner)
    return result


def gemm_seconds(sizes: tuple[int, ...], batch: int) -> float:
    """Seconds of the products of one forward pass through layers `sizes`."""
    shapes = list(pairwise(sizes))
    inputs = [torch.randn(batch, i) for i, _ in shapes]
    weights = [torch.randn(i, o) for i, o in shapes]
    outputs = [torch.empty(batch, o) for _, o in shapes]

    def forward() -> None:
        for x, w, y in zip(inputs, weights, outputs, strict=True):
            torch.mm(x, w, out=y)

    return min(seconds(forward))


def make_update(hidden: tuple[int, ...], size: int, **settings: Any) -> Callable[[], Any]:
    preset = {"policy_hidden": hidden, "q_hidden": hidden, **settings}
    resolved = resolve("AWAC", preset=preset)
    agent = Agent(resolved.method, resolved.config, OBSERVATION, ACTION, seed=0)
    batch = Batch(
        torch.randn(size, OBSERVATION),
        torch.rand(size, ACTION) * 2 - 1,
        -torch.ones(size),
        torch.ones(size),
        torch.randn(size, OBSERVATION),
    )
    return lambda: agent.update(batch)


@pytest.mark.parametrize("name", SIZES)
def test_awac_update_against_its_floor(name: str, benchmark: Any) -> None:
    torch.set_num_threads(1)
    hidden, size, allowed = SIZES[name]
    update = make_update(hidden, size)
    policy = gemm_seconds((OBSERVATION, *hidden, ACTION), size)
    critic = gemm_seconds((OBSERVATION + ACTION, *hidden, 1), size)
    floor = 4 * policy + 10 * critic
    floor_12 = floor * 12 / 14
    rounds = seconds(update)
    benchmark.extra_info["ratio"] = ratio = min(rounds) / floor
    benchmark.pedantic(update, rounds=10, iterations=5)
    print(
        f"\n{name}: {min(rounds) * 1e3:.2f} ms, "
        f"median {statistics.median(rounds) * 1e3:.2f} ms, "
        f"floor {floor * 1e3:.2f} ms, ratio {ratio:.2f} "
        f"({min(rounds) / floor_12:.2f} against 12 forward-equivalents), aim {allowed}"
    )
    assert ratio <= allowed


def test_bfloat16_against_float32(benchmark: Any) -> None:
    torch.set_num_threads(1)
    hidden, size, _ = SIZES["table1"]
    full = min(seconds(make_update(hidden, size), rounds=5))
    half = make_update(hidden, size, precision="bfloat16")
    ratio = min(seconds(half, rounds=5)) / full
    benchmark.pedantic(half, rounds=5, iterations=2)
    print(f"\nbfloat16 takes {ratio:.2f} of float32's time at Table 1 size")
