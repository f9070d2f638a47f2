"""The state of an environment in the middle of an episode, through all of its wrappers."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import gymnasium

from envs.physics import Snapshot


class Saved(NamedTuple):
    """What the rest of an episode depends on, a time limit apart, and what later resets draw."""

    simulation: Snapshot
    generator: dict[str, Any]


def save(env: gymnasium.Env[Any, Any]) -> Saved:
    """The task's own snapshot, and the state of its generator."""
    generator = env.unwrapped.np_random.bit_generator.state
    return Saved(env.get_wrapper_attr("snapshot")(), copy.deepcopy(dict(generator)))


def restore(env: gymnasium.Env[Any, Any], saved: Saved) -> None:
    """Put any environment of the same task into that state."""
    env.reset(seed=0)  # for the wrappers, which refuse a step without a reset
    env.get_wrapper_attr("restore")(saved.simulation)
    env.unwrapped.np_random.bit_generator.state = saved.generator
