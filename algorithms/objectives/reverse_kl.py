"""Improvement along the gradient of Q with respect to the policy's own action."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from algorithms.config import Hyperparameters
from algorithms.critics.ensembles import Combination, First, Minimum
from algorithms.losses import Losses, deterministic_loss, reverse_kl_loss
from algorithms.networks.blueprint import Blueprint, Networks, OptimizerSettings
from algorithms.networks.duals import LogDual
from algorithms.objectives.base import Objective
from algorithms.objectives.temperature import (
    FixedTemperature,
    LearnedTemperature,
    TemperatureRule,
    temperature_loss,
)
from algorithms.step import Step
from algorithms.types import Metrics, check_range


@dataclass(frozen=True)
class ReverseKL(Objective):
    """arg min D_KL(pi || exp(Q / alpha)): SAC's reparameterised policy update.

    At alpha = 0 it is arg max E[Q(s, a)], a ~ pi(.|s): the reparameterised policy gradient. BEAR
    and BRAC run it so, and SAC on the hand.

    With an unsquashed policy (profile released) the sampled action may lie outside [-1, 1]; it
    is not clipped, as in the released code: clipping would cut its gradient.
    """

    temperature: TemperatureRule = LearnedTemperature()
    combination: Combination = Minimum()
    """How the ensemble's values become the one that the policy ascends."""

    @property
    def fixed_alpha(self) -> float:
        """The alpha of `FixedTemperature`; 0 where alpha is learned."""
        return self.temperature.alpha if isinstance(self.temperature, FixedTemperature) else 0.0

    def networks(self, blueprint: Blueprint) -> Networks:
        """`temperature`, alpha as a `LogDual`, where it is learned; else none."""
        if isinstance(self.temperature, FixedTemperature):
            return {}
        return {"temperature": LogDual(self.temperature.initial_alpha)}

    def trained(self, config: Hyperparameters) -> dict[str, OptimizerSettings]:
        """`temperature`, at `alpha_learning_rate`, where alpha is learned; else none."""
        if isinstance(self.temperature, FixedTemperature):
            return {}
        return {"temperature": OptimizerSettings(self.temperature.alpha_learning_rate)}

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        """`policy` always, `temperature` where alpha is learned.

        `policy`: mean_B [alpha log pi(a|s) - Q(s, a)], a ~ pi(.|s) reparameterised, Q by
        `combination`; the gradient reaches the policy alone, by log pi and by a.
        `temperature`: -log alpha mean_B [log pi(a|s) + entropy_per_dim dim(A)], with gradient to
        log alpha alone. TypeError if the policy has no density.
        """
        actions, log_prob = step.pi.sample_with_log_prob(step.generator)
        q = self.combination(step.critic.frozen(step.batch.observations, actions), step.generator)
        losses: Losses = {}
        if isinstance(self.temperature, LearnedTemperature) and step.temperature is not None:
            target_entropy = self.temperature.entropy_per_dim * actions.shape[-1]
            losses["temperature"] = temperature_loss(
                step.temperature.log_value, log_prob, target_entropy
            )
        alpha = step.alpha
        loss = reverse_kl_loss(log_prob, q, alpha)
        losses["policy"] = loss
        return losses, {
            "policy_loss": loss.detach(),
            "log_prob_mean": log_prob.detach().mean(),
            "policy_std": step.pi.log_std.detach().exp().mean(),
            "temperature": torch.as_tensor(alpha),
        }


@dataclass(frozen=True)
class UnscaledQ:
    """Q as it is."""

    def __call__(self, q: Tensor) -> float:
        """1.0: the factor of Q."""
        return 1.0


@dataclass(frozen=True)
class NormalisedQ:
    """Q times scale / mean |Q|, so that it weighs the same against imitation on every task
    (TD3+BC, Fujimoto 2021: 2.5)."""

    scale: float = 2.5

    def __post_init__(self) -> None:
        check_range("scale", self.scale, 0.0)

    def __call__(self, q: Tensor) -> Tensor:
        """The factor of Q, scale / mean_B |Q|: (B,) -> (), without gradient."""
        return self.scale / q.detach().abs().mean().clamp(min=1e-8)


@dataclass(frozen=True)
class DeterministicPolicyGradient(Objective):
    """arg max E[Q(s, a)], a the policy's `action_for_gradient`: `ReverseKL` without entropy.

    It needs no density. For BCQ a is a perturbed candidate of the VAE, for TD3 the policy's mode.
    A Gaussian policy, such as AWAC's, is accepted too: a is then a reparameterised sample, and the
    loss is that of `ReverseKL` at alpha = 0. The action carries the gradient; Q's parameters get
    none.
    """

    combination: Combination = First()
    q_scale: UnscaledQ | NormalisedQ = UnscaledQ()

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        """`policy`: -c mean_B Q(s, a), a by `action_for_gradient`, c by `q_scale`.

        Q is the ensemble's value by `combination`, in units of reward; the gradient reaches the
        policy through a alone.
        """
        actions = step.pi.action_for_gradient(step.generator)
        q = self.combination(step.critic.frozen(step.batch.observations, actions), step.generator)
        loss = deterministic_loss(q, self.q_scale(q))
        return {"policy": loss}, {"policy_loss": loss.detach(), "q_policy": q.detach().mean()}
