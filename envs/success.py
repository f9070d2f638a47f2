"""Success and reward of the hand tasks, from their goal conditions (``envs.conditions``)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from envs.conditions import DOOR_ANGLE_RAD
from envs.tasks import task


def success_from_observation(
    task_id: str,
    next_observations: NDArray[np.floating],
    *,
    door_threshold: float = DOOR_ANGLE_RAD,
) -> NDArray[np.bool_]:
    """Tell for each observation whether the goal is reached in it.

    Args:
        task_id: one of the hand tasks.
        next_observations: (N, O), metres and radians; the observations *after* each action.
        door_threshold: hinge angle in radians beyond which the door counts as open.

    Returns:
        (N,) bool.

    Raises:
        ValueError: for a task that is not of the hand, or an array that is not (N, O).
    """
    spec = task(task_id)
    if spec.reached is None:
        raise ValueError(f"{task_id} is no hand task: its observations do not tell success")
    if next_observations.ndim != 2 or next_observations.shape[1] != spec.observation_dim:
        raise ValueError(
            f"{task_id}: next_observations must be (N, {spec.observation_dim}), "
            f"got {next_observations.shape}"
        )
    return spec.reached(next_observations.astype(np.float64), door_threshold)


def binary_rewards(
    task_id: str,
    next_observations: NDArray[np.floating],
    *,
    door_threshold: float = DOOR_ANGLE_RAD,
) -> NDArray[np.float32]:
    """Return the (N,) rewards ``1[success] - 1`` of transitions into ``next_observations``."""
    success = success_from_observation(task_id, next_observations, door_threshold=door_threshold)
    return success.astype(np.float32) - np.float32(1.0)
