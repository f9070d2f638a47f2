"""Reinforcement learning plus imitation: SAC+BC, TD3+BC, AWAC[imitation]."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from algorithms.config import Hyperparameters
from algorithms.losses import Losses
from algorithms.networks.blueprint import Blueprint, Networks, OptimizerSettings
from algorithms.objectives.base import Objective
from algorithms.objectives.imitation import Imitation
from algorithms.objectives.reverse_kl import DeterministicPolicyGradient, ReverseKL
from algorithms.objectives.weighted_mle import WeightedMLE
from algorithms.policies.distributions import Distribution
from algorithms.step import Step, ValueRule
from algorithms.types import Batch, Metrics, check_range, check_vectors


@dataclass(frozen=True)
class NoFilter:
    """Every transition is imitated."""

    def __call__(self, step: Step, batch: Batch, pi: Distribution) -> Tensor:
        """Ones (B,)."""
        return torch.ones_like(batch.rewards)


@dataclass(frozen=True)
class QFilter:
    """Only actions that Q prefers to the policy's: 1[Q(s, a_data) > Q(s, mode)] (Nair 2018)."""

    @torch.no_grad()
    def __call__(self, step: Step, batch: Batch, pi: Distribution) -> Tensor:
        """0 or 1 a transition: (B,), without gradient; each Q is the ensemble's minimum."""
        s = batch.observations
        of_data = step.critic(s, batch.actions).min(0).values
        of_policy = step.critic(s, pi.mode()).min(0).values
        kept: Tensor = (of_data > of_policy).float()
        return kept


@dataclass(frozen=True)
class Mixed(Objective):
    """RL's policy loss plus `imitation_weight` times imitation of the data."""

    improvement: ReverseKL | DeterministicPolicyGradient | WeightedMLE = field(
        default_factory=ReverseKL
    )
    imitation: Imitation = field(default_factory=Imitation)
    imitation_weight: float = 1.0
    filter: NoFilter | QFilter = NoFilter()

    def __post_init__(self) -> None:
        check_range("imitation_weight", self.imitation_weight, 0.0)

    @property
    def needs_demonstrations(self) -> bool:
        """Whether `imitation` takes its actions from the demonstrations."""
        return self.imitation.needs_demonstrations

    @property
    def fixed_alpha(self) -> float:
        """The weight of the entropy term that `improvement` has."""
        return self.improvement.fixed_alpha

    @property
    def value(self) -> ValueRule | None:
        """How `improvement` defines V(s) and the advantage, if it does."""
        return self.improvement.value

    def queries(self, step: Step) -> dict[str, Tensor]:
        """Those of `improvement`."""
        return self.improvement.queries(step)

    def networks(self, blueprint: Blueprint) -> Networks:
        """Those of `improvement`: `temperature` or `eta` where it is learned, else none."""
        return self.improvement.networks(blueprint)

    def trained(self, config: Hyperparameters) -> dict[str, OptimizerSettings]:
        """Those of `improvement`: `temperature` or `eta` at its own rate, else none."""
        return self.improvement.trained(config)

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        """`policy`: that of `improvement` + imitation_weight * mean_B [kept error(pi, a)].

        (s, a) are from the demonstrations or from the replay batch; error (B,) carries gradient to
        the policy, kept (B,) of `filter` is 0 or 1 and a constant. The losses of other networks
        (`temperature`, `eta`) are those of `improvement`. ValueError if demonstrations are imitated
        and the caller gave none, or unless error and kept are (B,); TypeError if a part needs a
        density that the policy lacks.
        """
        losses, metrics = self.improvement.losses(step)
        if self.needs_demonstrations:
            batch = step.demonstrations
            pi = step.policy(batch.observations)
        else:
            batch, pi = step.batch, step.pi
        error, kept = self.imitation.error(pi, batch.actions), self.filter(step, batch, pi)
        check_vectors(error=error, kept=kept)
        imitation = (kept * error).mean()
        losses["policy"] = losses["policy"] + self.imitation_weight * imitation
        metrics["imitation_loss"] = imitation.detach()
        metrics["imitation_kept"] = kept.mean()
        return losses, metrics
