"""Policy evaluation by one-step temporal differences."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from algorithms.config import Hyperparameters
from algorithms.critics.base import Critic
from algorithms.critics.conservative import Conservative, NoRegulariser
from algorithms.critics.ensembles import Clamp, Combination, Minimum, NoClamp
from algorithms.critics.losses import td_loss, td_target
from algorithms.critics.networks import q_networks
from algorithms.critics.next_value import NextValue, SampledAction
from algorithms.losses import Losses
from algorithms.networks.blueprint import Blueprint, Component, Networks, OptimizerSettings
from algorithms.networks.layers import HiddenLayers, PlainLayers
from algorithms.policies.policy import Policy
from algorithms.step import Step
from algorithms.types import Metrics, check_range


@dataclass(frozen=True)
class CurrentPolicy(Component):
    """The next action is the current policy's."""


@dataclass(frozen=True)
class TargetPolicy(Component):
    """The next action is that of a slowly moving copy of the policy (BCQ, TD3), by tau."""

    def networks(self, blueprint: Blueprint) -> Networks:
        """`target_policy`: an equal copy of the policy, without gradient."""
        policy = blueprint.built["policy"]
        assert isinstance(policy, Policy)
        return {"target_policy": policy.target_copy().requires_grad_(False)}


@dataclass(frozen=True)
class TD(Critic):
    """Q^pi by one-step temporal differences; `members` networks and their slow targets."""

    has_q = True

    members: int = 2
    clamp: Clamp = NoClamp()
    ensemble: Combination = Minimum()
    next_value: NextValue = SampledAction()
    actor: CurrentPolicy | TargetPolicy = CurrentPolicy()
    layers: HiddenLayers = PlainLayers()
    regulariser: NoRegulariser | Conservative = NoRegulariser()
    updates_per_improvement: int = 1
    """The policy is improved at every n-th update of the critic (TD3: 2)."""

    def __post_init__(self) -> None:
        check_range("members", self.members, 1)
        check_range("updates_per_improvement", self.updates_per_improvement, 1)

    @property
    def columns(self) -> tuple[str, ...]:
        """What the regulariser reads of the buffer: `returns` for Cal-QL, else nothing."""
        return self.regulariser.columns

    def improves(self, updates: int) -> bool:
        """Whether `updates` is a multiple of `updates_per_improvement`."""
        return updates % self.updates_per_improvement == 0

    def networks(self, blueprint: Blueprint) -> Networks:
        """`critic`, its equal copy `target_critic`; `target_policy` where the actor has one."""
        return q_networks(blueprint, self.members, self.clamp, self.layers) | self.actor.networks(
            blueprint
        )

    def trained(self, config: Hyperparameters) -> dict[str, OptimizerSettings]:
        """`critic` alone, at `q_learning_rate` with `q_weight_decay`; targets follow by tau."""
        return {"critic": OptimizerSettings(config.q_learning_rate, config.q_weight_decay)}

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        """`critic`: sum_j mean_B (Q_j(s, a) - y)^2 + the regulariser's term.

        y = clamp(r + discount mask (V(s') - penalty)), (B,) in units of reward, without gradient.
        `next_value` defines V(s'); the constraint defines r and the penalty at s'.
        """
        batch, constraint = step.batch, step.constraint
        with torch.no_grad():
            next_q = self.next_value(step, self.ensemble) - constraint.next_value_penalty(step)
            y = td_target(
                constraint.rewards(step),
                batch.masks,
                next_q,
                discount=step.config.discount,
                clamp=self.clamp,
            )
        loss, metrics = td_loss(step.q, y)
        extra, extra_metrics = self.regulariser.losses(step)
        return {"critic": loss + extra}, metrics | extra_metrics
