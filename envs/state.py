"""Exact save and restore of a task in the middle of an episode.

The hand simulation's own ``get_env_state`` / ``set_env_state`` is not exact. It leaves out the
solver's warm start on all tasks. On relocate it counts the object's displacement twice. Here the
``snapshot`` and ``restore`` of each environment cover everything that its steps depend on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class EnvState:
    """Everything that the rest of an episode and all later resets depend on. Picklable.

    Attributes:
        task_id: the task it was saved from.
        simulation: the environment's snapshot, arrays by name. "physics" is MuJoCo's integration
            state, in every task. Other arrays are the parts of the hand's model that a reset
            randomises, the goal of a goal task, the body positions of a locomotion task.
        elapsed_steps: steps since the reset; None without a time limit.
        generator: state of the generator that later resets draw from.
    """

    task_id: str
    simulation: dict[str, NDArray[np.floating]]
    elapsed_steps: int | None
    generator: dict[str, Any]


def save_state(env: gymnasium.Env[Any, Any]) -> EnvState:
    """Copy the state of ``env``, without the last observation, which the caller has.

    Raises:
        TypeError: if ``env`` is not one of the tasks.
        gymnasium.error.ResetNeeded: before the first reset.
    """
    task, limit = _layers(env)
    if limit is not None and limit._elapsed_steps is None:
        raise gymnasium.error.ResetNeeded(f"{task.task_id}: no state before the first reset")
    return EnvState(
        task_id=task.task_id,
        simulation=task.snapshot(),
        elapsed_steps=None if limit is None else limit._elapsed_steps,
        generator=task.np_random.bit_generator.state,
    )


def restore_state(env: gymnasium.Env[Any, Any], state: EnvState) -> None:
    """Put ``env`` into ``state``, so that it continues to the same bits.

    ``env`` may be another instance of the same task. It need not have been reset.

    Raises:
        TypeError: if ``env`` is not one of the tasks.
        ValueError: if the state belongs to another task.
    """
    task, limit = _layers(env)
    if task.task_id != state.task_id:
        raise ValueError(f"a state of {state.task_id} cannot be restored into {task.task_id}")
    env.reset(seed=0)  # for the wrappers, which refuse a step without a reset
    task.restore(state.simulation)
    task.np_random.bit_generator.state = state.generator
    if limit is not None and state.elapsed_steps is not None:
        limit._elapsed_steps = state.elapsed_steps


def _layers(env: gymnasium.Env[Any, Any]) -> tuple[Any, Any]:
    """Return the layer of ``env`` that is the task, and its time limit or None."""
    layer: Any = env
    limit = None
    while not hasattr(layer, "snapshot"):
        if isinstance(layer, gymnasium.wrappers.TimeLimit):
            limit = layer
        if not isinstance(layer, gymnasium.Wrapper):
            raise TypeError(f"{env} is not one of the tasks of this project")
        layer = layer.env
    return layer, limit
