"""MuJoCo's state: everything that a step depends on, copied and restored exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.simulator import mujoco

Snapshot = dict[str, NDArray[Any]]
"""Everything that the rest of an episode depends on, arrays by name. "physics" is from
:func:`get_physics`."""

_SIGNATURE = mujoco.mjtState.mjSTATE_INTEGRATION


def get_physics(model: Any, data: Any) -> NDArray[np.float64]:
    """Copy MuJoCo's integration state.

    Args:
        model: mujoco.MjModel.
        data: mujoco.MjData.

    Returns:
        (S,): time, positions, velocities, controls, mocap bodies and the solver's warm start. What
        MuJoCo derives from them (such as body positions, ``xpos``) is not part of it.
    """
    physics = np.empty(mujoco.mj_stateSize(model, _SIGNATURE))
    mujoco.mj_getState(model, data, physics, _SIGNATURE)
    return physics


def set_physics(model: Any, data: Any, physics: NDArray[np.float64]) -> None:
    """Put a simulation into a state of :func:`get_physics`, exactly.

    MuJoCo computes all derived quantities anew from this state. During an episode some of them are
    older: after a step they belong to the beginning of the last simulation step.
    """
    mujoco.mj_resetData(model, data)
    mujoco.mj_setState(model, data, physics, _SIGNATURE)
    mujoco.mj_forward(model, data)
    # Set it again: in some versions the forward pass overwrites the warm start.
    mujoco.mj_setState(model, data, physics, _SIGNATURE)
