"""How many episodes of a hand task's data reach the goal."""

from __future__ import annotations

import numpy as np

from envs.tasks import task
from envs.trajectory import Dataset


def success_rate(dataset: Dataset) -> float:
    """Share of trajectories with the reward of the goal in at least one step."""
    goal = task(dataset.task_id).reward_high
    return float(np.mean([(t.rewards >= goal).any() for t in dataset.trajectories]))
