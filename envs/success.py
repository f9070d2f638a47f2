"""Success and reward of the hand tasks, from their goal conditions (``envs.conditions``)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from envs.tasks import Task


def success_from_observation(
    task: Task, next_observations: NDArray[np.floating]
) -> NDArray[np.bool_]:
    """Tell for each observation whether the goal is reached in it.

    Args:
        task: one of the hand tasks.
        next_observations: (N, O), metres and radians; the observations *after* each action.

    Returns:
        (N,) bool.

    Raises:
        ValueError: for a task that is not of the hand, or an array that is not (N, O).
    """
    if task.reached is None:
        raise ValueError(f"{task.id} is no hand task: its observations do not tell success")
    if next_observations.ndim != 2 or next_observations.shape[1] != task.observation_dim:
        raise ValueError(
            f"{task.id}: next_observations must be (N, {task.observation_dim}), "
            f"got {next_observations.shape}"
        )
    return task.reached(next_observations.astype(np.float64))


def binary_rewards(task: Task, next_observations: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the (N,) rewards ``1[success] - 1`` of transitions into ``next_observations``."""
    success = success_from_observation(task, next_observations)
    return success.astype(np.float32) - np.float32(1.0)
