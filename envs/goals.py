"""Goal tasks as a policy sees them, and the functions that give a transition another goal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from envs import push
from envs.tasks import task

Rows = NDArray[np.float32]
_PARTS = ("observation", "desired_goal")


class GoalObservations(
    gymnasium.ObservationWrapper[Rows, Any, dict[str, Any]], gymnasium.utils.RecordConstructorArgs
):
    """A goal environment's observation and desired goal as one vector (O,) float32, in that order.

    Args:
        env: its observations are a dictionary that has at least these two one-dimensional arrays.

    Raises:
        TypeError: for an environment with other observations.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        gymnasium.utils.RecordConstructorArgs.__init__(self)  # lets Gymnasium make it from its spec
        gymnasium.ObservationWrapper.__init__(self, env)
        space = env.observation_space
        if not isinstance(space, gymnasium.spaces.Dict) or not set(_PARTS) <= set(space):
            raise TypeError(f"{env} is no goal environment: its observations are {space}")
        low, high = (
            np.concatenate([getattr(space[part], bound) for part in _PARTS], dtype=np.float32)
            for bound in ("low", "high")
        )
        self.observation_space = gymnasium.spaces.Box(low, high, dtype=np.float32)

    def observation(self, observation: dict[str, Any]) -> Rows:
        """Concatenate the two. The vector shares no memory with the dictionary."""
        return np.concatenate([observation[part] for part in _PARTS], dtype=np.float32)


@dataclass(frozen=True)
class GoalTask:
    """The functions of a task that hindsight relabelling needs, for batches of B transitions.

    Attributes:
        observation_dim: length of an observation without its goal.
        achieved: observations (B, observation_dim) -> the goals (B, G) that they achieve.
        reward: (goals achieved by the next observations (B, G), goals (B, G)) -> (B,) float32,
            the environment's float64 reward, rounded.
        sample_goals: (n, generator) -> (n, G) float32.
    """

    observation_dim: int
    achieved: Callable[[Rows], Rows]
    reward: Callable[[Rows, Rows], Rows]
    sample_goals: Callable[[int, np.random.Generator], Rows]


def goal_task(task_id: str) -> GoalTask:
    """Return the goal functions of a task.

    Raises:
        ValueError: for an unknown task, or one without goals.
    """
    spec = task(task_id)
    if not spec.goal_dim:
        raise ValueError(f"{task_id} has no goals to relabel")
    width = spec.observation_dim - spec.goal_dim
    return GoalTask(width, _push_achieved, _push_reward, push.sample_goals)


def _push_achieved(observations: Rows) -> Rows:
    # An observation is the positions of hand and puck, and so is a goal.
    if observations.ndim != 2 or observations.shape[1] != 4:
        raise ValueError(f"observations without goals must be (B, 4), got {observations.shape}")
    return observations


def _push_reward(achieved: Rows, goals: Rows) -> Rows:
    if achieved.shape != goals.shape:
        raise ValueError(f"a goal for each row: got {achieved.shape} and {goals.shape}")
    rewards: Rows = (-push.puck_distance(achieved, goals)).astype(np.float32)
    return rewards
