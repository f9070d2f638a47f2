"""Hindsight goal relabelling: what a goal-conditioned batch looks like for other goals.

A goal-conditioned observation is the concatenation [observation, desired goal]. A method sees one
vector, so no method needs code for goals. The idea is that of Andrychowicz et al. 2017. The shares
are those of the authors' SawyerPush scripts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from algorithms.types import Batch, check_range

Sample = Callable[[int, np.random.Generator], np.ndarray]
Reward = Callable[[np.ndarray, np.ndarray], np.ndarray]
Achieved = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class RecordedGoals:
    """Batches keep the goals with which they were recorded."""


@dataclass(frozen=True)
class Hindsight:
    """The shares of each kind of goal in the batches of a goal task.

    The rest, which is neither `original` nor `sampled`, is future achieved goals: 0.3 by default,
    as in the authors' SawyerPush scripts.
    """

    original: float = 0.2
    sampled: float = 0.5

    def __post_init__(self) -> None:
        check_range("original", self.original, 0.0, 1.0)
        check_range("sampled", self.sampled, 0.0, 1.0)
        if self.original + self.sampled > 1:
            raise ValueError(
                f"original={self.original} and sampled={self.sampled} are shares of one whole; "
                "lower one of them before you raise the other"
            )


Goals = RecordedGoals | Hindsight


@dataclass(frozen=True)
class HindsightRelabeling:
    """Give each sampled transition its own goal, a sampled goal or a future achieved goal.

    `shares` says how often each happens. `sample_goals` draws a sampled goal. A future goal is what
    the same trajectory achieves after a later step. That step is drawn uniformly from this step to
    the last one, so it may be the transition's own. Rewards are recomputed from the next state for
    every transition whose goal changes.

    Attributes:
        observation_dim: length of the observation before the goal.
        achieved: observations (B, observation_dim) -> achieved goals (B, G).
        reward: (achieved goals of next states (B, G), goals (B, G)) -> (B,), as the task computes.
        sample_goals: (count, generator) -> (count, G), as the task draws its goals.
        shares: how often each kind of goal is used.
    """

    observation_dim: int
    achieved: Achieved
    reward: Reward
    sample_goals: Sample
    shares: Hindsight = Hindsight()

    def __call__(self, batch: Batch, future: Tensor, rng: np.random.Generator) -> Batch:
        """Return the batch with other goals.

        batch: B transitions. future: (B, O) next observations of the steps that future goals are
        taken from, each in the transition's own trajectory. Neither argument is changed.
        """
        count, width = len(batch.rewards), self.observation_dim
        draw = rng.random(count)
        goals = batch.observations[:, width:].cpu().numpy().copy()
        kept, drawn = self.shares.original, self.shares.original + self.shares.sampled
        new = (draw >= kept) & (draw < drawn)
        later = draw >= drawn
        if new.any():
            goals[new] = self.sample_goals(int(new.sum()), rng)
        if later.any():
            goals[later] = self.achieved(future[:, :width].cpu().numpy()[later])
        changed = new | later
        rewards = batch.rewards.cpu().numpy().copy()
        reached = self.achieved(batch.next_observations[:, :width].cpu().numpy()[changed])
        rewards[changed] = self.reward(reached, goals[changed])
        device = batch.rewards.device
        goal = torch.from_numpy(goals).to(device)
        return batch._replace(
            observations=torch.cat([batch.observations[:, :width], goal], -1),
            next_observations=torch.cat([batch.next_observations[:, :width], goal], -1),
            rewards=torch.from_numpy(rewards).to(device),
        )
