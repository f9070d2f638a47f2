"""Exact save and restore of a hand task in the middle of an episode.

The simulation's own ``get_env_state`` / ``set_env_state`` is not exact: it leaves out the solver's
warm start on all tasks, and on relocate it counts the object's displacement twice. What a step
depends on is MuJoCo's integration state and the parts of the model that a reset randomises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import gymnasium
import mujoco  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from envs.adroit import AdroitBinary

_W = TypeVar("_W")
_SIGNATURE = mujoco.mjtState.mjSTATE_INTEGRATION


@dataclass(frozen=True)
class EnvState:
    """Everything that the rest of an episode and all later resets depend on. Picklable.

    Attributes:
        task_id: the task it was saved from.
        physics: MuJoCo's integration state: time, positions, velocities, controls, warm start.
        body_pos, body_quat, site_pos: model arrays that a reset randomises.
        pen_length, tar_length: metres, pen only (else None): measured by the simulation at reset.
        elapsed_steps: steps since the reset, None without a time limit.
        generator: state of the generator that later resets draw from.
    """

    task_id: str
    physics: NDArray[np.float64]
    body_pos: NDArray[np.float64]
    body_quat: NDArray[np.float64]
    site_pos: NDArray[np.float64]
    pen_length: float | None
    tar_length: float | None
    elapsed_steps: int | None
    generator: dict[str, Any]


def save_state(env: gymnasium.Env[Any, Any]) -> EnvState:
    """Copy the state of ``env``. The last observation is not part of it; the caller has it.

    Raises:
        TypeError: if ``env`` is not one of the hand tasks.
    """
    simulation: Any = _binary(env).unwrapped
    physics = np.empty(mujoco.mj_stateSize(simulation.model, _SIGNATURE))
    mujoco.mj_getState(simulation.model, simulation.data, physics, _SIGNATURE)
    limit = _layer(env, gymnasium.wrappers.TimeLimit)
    is_pen = hasattr(simulation, "pen_length")
    return EnvState(
        task_id=_binary(env).task_id,
        physics=physics,
        body_pos=simulation.model.body_pos.copy(),
        body_quat=simulation.model.body_quat.copy(),
        site_pos=simulation.model.site_pos.copy(),
        pen_length=float(simulation.pen_length) if is_pen else None,
        tar_length=float(simulation.tar_length) if is_pen else None,
        elapsed_steps=None if limit is None else limit._elapsed_steps,
        generator=simulation.np_random.bit_generator.state,
    )


def restore_state(env: gymnasium.Env[Any, Any], state: EnvState) -> None:
    """Put ``env`` into ``state``; from there it continues to the same bits.

    ``env`` may be another instance of the same task, and need not have been reset.

    Raises:
        TypeError: if ``env`` is not one of the hand tasks.
        ValueError: if the state belongs to another task.
    """
    task_id = _binary(env).task_id
    if task_id != state.task_id:
        raise ValueError(f"a state of {state.task_id} cannot be restored into {task_id}")
    env.reset(seed=0)  # for the wrappers: a step without a reset is an error to them
    simulation: Any = env.unwrapped
    model, data = simulation.model, simulation.data
    model.body_pos[:] = state.body_pos
    model.body_quat[:] = state.body_quat
    model.site_pos[:] = state.site_pos
    if state.pen_length is not None:
        simulation.pen_length = state.pen_length
        simulation.tar_length = state.tar_length
    mujoco.mj_setState(model, data, state.physics, _SIGNATURE)
    mujoco.mj_forward(model, data)
    # Again: the forward pass solves for the contacts and may leave its own warm start behind.
    mujoco.mj_setState(model, data, state.physics, _SIGNATURE)
    simulation.np_random.bit_generator.state = state.generator
    limit: Any = _layer(env, gymnasium.wrappers.TimeLimit)
    if limit is not None and state.elapsed_steps is not None:
        limit._elapsed_steps = state.elapsed_steps


def _layer(env: gymnasium.Env[Any, Any], kind: type[_W]) -> _W | None:
    """Return the outermost wrapper of the given kind, None if there is none."""
    layer: Any = env
    while not isinstance(layer, kind):
        if not isinstance(layer, gymnasium.Wrapper):
            return None
        layer = layer.env
    return layer


def _binary(env: gymnasium.Env[Any, Any]) -> AdroitBinary:
    layer = _layer(env, AdroitBinary)
    if layer is None:
        raise TypeError(f"{env} is not one of the hand tasks of this project")
    return layer
