"""Policy improvement: each objective is a frozen dataclass beside the pure loss it uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from algorithms.policies import Distribution
from algorithms.step import Step
from algorithms.temperature import (
    FixedTemperature,
    LearnedTemperature,
    Temperature,
    TemperatureRule,
    temperature_loss,
)
from algorithms.types import Metrics, check_range, check_vectors
from algorithms.weights import Weights, weight_metrics

Losses = dict[str, Tensor]
"""Name of the network that the loss trains -> scalar."""


def weighted_mle_loss(log_prob: Tensor, weights: Tensor) -> Tensor:
    """-mean_B w log pi(a|s): forward-KL projection of the improved policy (Eq. 4, 14).

    log_prob (B,) nats carries the gradient; weights (B,) are detached.
    """
    check_vectors(log_prob=log_prob, weights=weights)
    return -(weights.detach() * log_prob).mean()


def imitation_loss(log_prob: Tensor) -> Tensor:
    """-mean_B log pi(a|s): behaviour cloning by maximum likelihood."""
    check_vectors(log_prob=log_prob)
    return -log_prob.mean()


def reverse_kl_loss(log_prob: Tensor, q: Tensor, alpha: Tensor | float) -> Tensor:
    """mean_B [alpha log pi(a|s) - Q(s, a)], a ~ pi reparameterised (SAC's policy loss).

    log_prob (B,) and q (B,) both carry gradient through the sampled action.
    """
    check_vectors(log_prob=log_prob, q=q)
    return (alpha * log_prob - q).mean()


@dataclass(frozen=True)
class PolicyMode:
    """V(s) = min_j Q_j(s, mode of pi): what the authors ran on the hand."""

    def actions(self, pi: Distribution, generator: torch.Generator | None) -> Tensor:
        return pi.mode()

    def value(self, q: Tensor) -> Tensor:
        """(E, B) -> (B,)."""
        return q.min(0).values


@dataclass(frozen=True)
class PolicySamples:
    """V(s) = mean_k min_j Q_j(s, a_k), a_k ~ pi, k = 1..samples."""

    samples: int = 1

    def __post_init__(self) -> None:
        check_range("samples", self.samples, 1)

    def actions(self, pi: Distribution, generator: torch.Generator | None) -> Tensor:
        # clipped: Q is trained on what the simulator executes
        return pi.sample(generator, self.samples).clamp(-1, 1)

    def value(self, q: Tensor) -> Tensor:
        """(E, K * B), sample-major -> (B,)."""
        return q.min(0).values.view(self.samples, -1).mean(0)


Value = PolicyMode | PolicySamples


@dataclass(frozen=True)
class WeightedMLE:
    """arg max E_{s,a ~ buffer} [w(A(s, a)) log pi(a|s)] (Eq. 4), A = min_j Q_j(s, a) - V(s)."""

    weights: Weights = Weights()
    value: Value = PolicyMode()

    needs_demonstrations = False

    def build(self, action_dim: int) -> dict[str, nn.Module]:
        return {}

    def query(self, pi: Distribution, generator: torch.Generator | None) -> Tensor:
        return self.value.actions(pi, generator)

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        advantages = step.q.detach().min(0).values - self.value.value(step.q_queried)
        weights = self.weights(advantages)
        log_prob = step.pi.log_prob(step.batch.actions)
        loss = weighted_mle_loss(log_prob, weights)
        return {"policy": loss}, {
            "policy_loss": loss.detach(),
            "log_prob_mean": log_prob.detach().mean(),
            "policy_std": step.pi.log_std.detach().exp().mean(),
            "advantage_mean": advantages.mean(),
            "advantage_max": advantages.max(),
            **weight_metrics(weights),
        }


@dataclass(frozen=True)
class Imitation:
    """Maximum likelihood of the demonstrations (BC), or of everything in the buffer."""

    actions: Literal["demonstrations", "buffer"] = "demonstrations"

    query = None

    @property
    def needs_demonstrations(self) -> bool:
        return self.actions == "demonstrations"

    def build(self, action_dim: int) -> dict[str, nn.Module]:
        return {}

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        batch = step.demonstrations if self.needs_demonstrations else step.batch
        pi = step.policy(batch.observations)
        log_prob = pi.log_prob(batch.actions)
        loss = imitation_loss(log_prob)
        return {"policy": loss}, {
            "policy_loss": loss.detach(),
            "log_prob_mean": log_prob.detach().mean(),
            "policy_std": pi.log_std.detach().exp().mean(),
        }


@dataclass(frozen=True)
class ReverseKL:
    """arg min D_KL(pi || exp(Q / alpha)): SAC's reparameterised policy update.

    With an unsquashed policy (profile released) the sampled action may lie outside [-1, 1]; it
    is not clipped, as in the released code: clipping would cut its gradient.
    """

    temperature: TemperatureRule = LearnedTemperature()

    needs_demonstrations = False
    query = None

    def build(self, action_dim: int) -> dict[str, nn.Module]:
        if isinstance(self.temperature, FixedTemperature):
            return {}
        return {"temperature": Temperature(self.temperature.initial_alpha)}

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        actions, log_prob = step.pi.sample_with_log_prob(step.generator)
        q = step.critic.frozen(step.batch.observations, actions).min(0).values
        losses: Losses = {}
        if isinstance(self.temperature, LearnedTemperature) and step.temperature is not None:
            target_entropy = self.temperature.entropy_per_dim * actions.shape[-1]
            losses["temperature"] = temperature_loss(
                step.temperature.log_alpha, log_prob, target_entropy
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
class Mixed:
    """SAC + BC: reverse KL plus `imitation_weight` times imitation of demonstrations."""

    improvement: ReverseKL = ReverseKL()
    imitation: Imitation = Imitation()
    imitation_weight: float = 1.0

    def __post_init__(self) -> None:
        check_range("imitation_weight", self.imitation_weight, 0.0)

    query = None

    @property
    def needs_demonstrations(self) -> bool:
        return self.imitation.needs_demonstrations

    @property
    def temperature(self) -> TemperatureRule:
        return self.improvement.temperature

    def build(self, action_dim: int) -> dict[str, nn.Module]:
        return self.improvement.build(action_dim)

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        losses, metrics = self.improvement.losses(step)
        imitation, imitation_metrics = self.imitation.losses(step)
        losses["policy"] = losses["policy"] + self.imitation_weight * imitation["policy"]
        metrics["imitation_loss"] = imitation_metrics["policy_loss"]
        return losses, metrics


Objective = WeightedMLE | Imitation | ReverseKL | Mixed
