"""The tasks by name: sizes, horizon and reward range, without importing a simulator."""

from __future__ import annotations

import difflib
from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """One task of the paper.

    Attributes:
        id: the Gymnasium id.
        observation_dim: O, length of an observation.
        action_dim: A, length of an action; every entry lies in [-1, 1].
        horizon: steps an episode. 200 on all three hand tasks, which is what the authors ran
            (their launcher strips the registered limit, 100 for pen, and rolls out 200).
        success_steps_sustained: an episode is a sustained success when it spends *more* than
            this many steps at the goal (the authors' ``evaluate_success``).
        domain: which group of hyperparameters applies.
        reward_low: reward of a step away from the goal.
        reward_high: reward of a step at the goal.
    """

    id: str
    observation_dim: int
    action_dim: int
    horizon: int
    success_steps_sustained: int
    domain: str = "hand"
    reward_low: float = -1.0
    reward_high: float = 0.0

    def score(self, episode_return: float) -> float:
        """A return on the scale 0 (the worst possible episode) to 100 (the best possible one)."""
        low, high = self.reward_low * self.horizon, self.reward_high * self.horizon
        return 100.0 * (episode_return - low) / (high - low)


TASKS: dict[str, Task] = {
    t.id: t
    for t in (
        Task("pen-binary-v0", 45, 24, horizon=200, success_steps_sustained=20),
        Task("door-binary-v0", 39, 28, horizon=200, success_steps_sustained=25),
        Task("relocate-binary-v0", 39, 30, horizon=200, success_steps_sustained=25),
    )
}


def task(id: str) -> Task:
    """Return the task registered as ``id``.

    Raises:
        ValueError: for an unknown id; the message names the nearest known ones.
    """
    if id in TASKS:
        return TASKS[id]
    near = difflib.get_close_matches(id, TASKS, n=2, cutoff=0.3)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise ValueError(f"unknown task {id!r}{hint} Known tasks: {', '.join(TASKS)}.")
