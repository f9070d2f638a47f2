"""A model of the data's better actions: ABM's prior."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from algorithms.behaviors.base import Behavior
from algorithms.config import Hyperparameters
from algorithms.losses import Losses, weighted_mle_loss
from algorithms.networks.blueprint import Blueprint, Networks, OptimizerSettings
from algorithms.objectives.weights import Indicator, Weights, weight_metrics
from algorithms.policies.gaussians import HeteroscedasticGaussian, TanhMeanGaussian
from algorithms.policies.squashed import SquashedGaussian
from algorithms.step import Step
from algorithms.types import Metrics, check_range, check_vectors


@dataclass(frozen=True)
class CriticAdvantage:
    """A = Q(s, a) - V(s) by the critic, which B.4 uses in place of Eq. 16's returns."""

    columns: ClassVar[tuple[str, ...]] = ()

    def __call__(self, step: Step) -> Tensor:
        """A (B,) of the objective at the batch's actions, in units of reward, without gradient.

        ValueError if the objective defines no advantage.
        """
        return step.advantages


@dataclass(frozen=True)
class PriorAdvantage:
    """A = min_j Q_j(s, a) - min_j Q_j(s, a'), one a' ~ b(.|s) of the model itself (rlkit).

    What counts is better than the model, not than the policy as in `CriticAdvantage`.
    """

    columns: ClassVar[tuple[str, ...]] = ()

    @torch.no_grad()
    def __call__(self, step: Step) -> Tensor:
        """A (B,) at the batch's actions, in units of reward, without gradient; a' is clipped.

        ValueError if the behaviour model is no policy, or unless both values of Q are (B,).
        """
        s = step.batch.observations
        # clipped: Q is trained on what the simulator executes
        actions = step.behavior_policy(s).sample(step.generator).clamp(-1, 1)
        q, values = step.q.min(0).values, step.critic(s, actions).min(0).values
        check_vectors(q=q, values=values)
        advantages: Tensor = q - values
        return advantages


@dataclass(frozen=True)
class ReturnAdvantage:
    """A = R(tau_t:N) - V(s) with the return of the trajectory that the transition is from (Eq. 16).

    V(s) is the critic's value of the policy, as in `CriticAdvantage`; a transition whose episode
    has not ended yet has no return and counts as having no advantage.
    """

    columns: ClassVar[tuple[str, ...]] = ("returns",)

    def __call__(self, step: Step) -> Tensor:
        """G - V(s), (B,) in units of reward, without gradient; G is the batch's `returns`.

        ValueError if the batch has no returns, or the objective defines no V(s).
        """
        returns = step.batch.returns
        if returns is None:
            raise ValueError("ReturnAdvantage needs batches with returns: a buffer that keeps them")
        return returns - step.values


@dataclass(frozen=True)
class AdvantageWeightedBehavior(Behavior):
    """ABM's prior: arg max E_buffer[log b(a|s) f(A)], f = 1[A > 0] (Eq. 16).

    The released code weighs its prior by exp(A / lambda) over the batch and keeps the step
    function for the policy: the other way round.
    """

    has_density = True

    weights: Weights = field(default_factory=lambda: Weights(Indicator()))
    advantage: CriticAdvantage | PriorAdvantage | ReturnAdvantage = CriticAdvantage()
    policy: SquashedGaussian | TanhMeanGaussian | HeteroscedasticGaussian = TanhMeanGaussian()
    behavior_learning_rate: float = 3e-4

    def __post_init__(self) -> None:
        check_range("behavior_learning_rate", self.behavior_learning_rate, 0.0)

    @property
    def columns(self) -> tuple[str, ...]:
        """What the advantage reads: `returns` for `ReturnAdvantage`, else nothing."""
        return self.advantage.columns

    def networks(self, blueprint: Blueprint) -> Networks:
        """`behavior`: b(.|s), a policy of the class `policy`."""
        return {"behavior": self.policy.build(blueprint)}

    def trained(self, config: Hyperparameters) -> dict[str, OptimizerSettings]:
        """`behavior`, at `behavior_learning_rate` with the policy's weight decay."""
        return {
            "behavior": OptimizerSettings(self.behavior_learning_rate, config.policy_weight_decay)
        }

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        """`behavior`: -mean_B w log b(a|s), w (B,) of the batch's advantages.

        log b in nats carries gradient to the model alone; w is a constant. `behavior_kept` is the
        share of transitions with w > 0. ValueError if `advantage` or `weights` raises it, or unless
        w and log b are (B,).
        """
        weights = self.weights(self.advantage(step))
        log_prob = step.behavior_policy(step.batch.observations).log_prob(step.batch.actions)
        check_vectors(weights=weights, log_prob=log_prob)
        loss = weighted_mle_loss(log_prob, weights)
        metrics = weight_metrics(weights)
        return {"behavior": loss}, {
            "behavior_log_prob": log_prob.detach().mean(),
            "behavior_weights_ess": metrics["weights_ess"],
            "behavior_kept": (weights > 0).float().mean(),
        }
