"""MuJoCo's state: all that a step depends on, copied out and put back exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.simulator import mujoco

Snapshot = dict[str, NDArray[Any]]
"""All that the rest of an episode depends on, arrays by name; "physics" is :func:`get_physics`."""

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

    What MuJoCo derives from the state is computed from it. (During an episode some of that lags
    behind: after a step it belongs to the beginning of the last simulation step.)
    """
    mujoco.mj_resetData(model, data)
    mujoco.mj_setState(model, data, physics, _SIGNATURE)
    mujoco.mj_forward(model, data)
    # Again: in some versions the forward pass leaves its own warm start behind.
    mujoco.mj_setState(model, data, physics, _SIGNATURE)
