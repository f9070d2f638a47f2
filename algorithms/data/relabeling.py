"""Hindsight goal relabelling: what a goal-conditioned batch looks like for other goals.

A goal-conditioned observation is the concatenation [observation, desired goal]; a method sees one
vector and needs no code of its own. (Andrychowicz et al. 2017; the shares are those of the
authors' SawyerPush scripts.)
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
    """Batches are seen as they were recorded."""


@dataclass(frozen=True)
class Hindsight:
    """Batches of a goal task are seen for other goals too: shares of each kind of goal.

    What is neither `original` nor `sampled` is a future achieved goal (0.3 by default: the
    authors' SawyerPush scripts).
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
    """For each sampled transition: keep its goal, or take a sampled or a future achieved one.

    As `shares` say, the stored goal stays or a new one is drawn by `sample_goals`;
    else it is what the same trajectory achieves at a step drawn uniformly from this one to its
    last, its own next state included. Rewards are recomputed from the next state for every
    transition whose goal changes.

    Attributes:
        observation_dim: length of the observation before the goal.
        achieved: observations (B, observation_dim) -> achieved goals (B, G).
        reward: (achieved goals of next states (B, G), goals (B, G)) -> (B,), as the task computes.
        sample_goals: (count, generator) -> (count, G), as the task draws its goals.
        shares: how often which.
    """

    observation_dim: int
    achieved: Achieved
    reward: Reward
    sample_goals: Sample
    shares: Hindsight = Hindsight()

    def __call__(self, batch: Batch, future: Tensor, rng: np.random.Generator) -> Batch:
        """The batch for other goals.

        batch: B transitions; future: (B, O) the next observation of the step of the same
        trajectory that a future goal is taken from. Neither is changed.
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
