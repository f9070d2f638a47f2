"""Models of the data's policy pi_beta, trained beside the policy on the replay buffer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from algorithms.behavior_base import Behavior
from algorithms.blueprint import Blueprint, Descent, Networks
from algorithms.config import Hyperparameters
from algorithms.duals import LogDual
from algorithms.losses import Losses, imitation_loss, weighted_mle_loss
from algorithms.policies import (
    Distribution,
    HeteroscedasticGaussian,
    Policy,
    SquashedGaussian,
    TanhMeanGaussian,
)
from algorithms.step import Step
from algorithms.temperature import LearnedTemperature, temperature_loss
from algorithms.types import Metrics, check_range, check_vectors
from algorithms.vae import ConditionalVAE, vae_loss
from algorithms.weights import Indicator, Weights, weight_metrics


@dataclass(frozen=True)
class NoBehavior(Behavior):
    """The data's policy is not modelled."""


@dataclass(frozen=True)
class OwnPolicy(Behavior):
    """The policy before the update is the prior: MPO without a network for it (Eq. 15)."""


@dataclass(frozen=True)
class PreviousPolicy(Behavior):
    """The policy of up to `period` updates ago: MPO's target policy (Acme: 100)."""

    period: int = 100

    def __post_init__(self) -> None:
        check_range("period", self.period, 1)

    def networks(self, blueprint: Blueprint) -> Networks:
        policy = blueprint.built["policy"]
        assert isinstance(policy, Policy)
        return {"behavior": policy.target_copy().requires_grad_(False)}

    def renews(self, updates: int) -> bool:
        return updates % self.period == 0

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        if self.renews(step.updates):
            step.behavior_policy.load_state_dict(step.policy.state_dict())
        return {}, {}


@dataclass(frozen=True)
class LikelihoodAlone:
    """The model's entropy is what the likelihood of the data makes it."""


@dataclass(frozen=True)
class GaussianBehavior(Behavior):
    """L_b = -mean_B log b(a|s), (s, a) from the replay buffer, during all of training (B.4, BRAC).

    With entropy=LearnedTemperature (Wu 2019) also + alpha mean_B log b(a'|s), a' ~ b(.|s)
    reparameterised, and alpha, a constant to L_b, descends -log alpha mean_B [log b(a'|s) + target
    entropy]: it keeps the entropy from falling below `entropy_per_dim * dim(A)` on data with little
    noise, where the likelihood alone drives the standard deviation to its floor.

    The floor of log-std, -5 as in BRAC's code, bounds the density: without it a divergence to
    this model explodes.
    """

    policy: SquashedGaussian | TanhMeanGaussian | HeteroscedasticGaussian = field(
        default_factory=lambda: SquashedGaussian(log_std_min=-5.0)
    )
    behavior_learning_rate: float = 3e-4
    entropy: LikelihoodAlone | LearnedTemperature = LikelihoodAlone()

    def __post_init__(self) -> None:
        check_range("behavior_learning_rate", self.behavior_learning_rate, 0.0)

    def networks(self, blueprint: Blueprint) -> Networks:
        networks: Networks = {"behavior": self.policy.build(blueprint)}
        if isinstance(self.entropy, LearnedTemperature):
            networks["behavior_temperature"] = LogDual(self.entropy.initial_alpha)
        return networks

    def trained(self, config: Hyperparameters) -> dict[str, Descent]:
        how = {"behavior": Descent(self.behavior_learning_rate, config.policy_weight_decay)}
        if isinstance(self.entropy, LearnedTemperature):
            how["behavior_temperature"] = Descent(self.entropy.alpha_learning_rate)
        return how

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        model = step.behavior_policy(step.batch.observations)
        loss = imitation_loss(model.log_prob(step.batch.actions))
        metrics = {"behavior_log_prob": -loss.detach()}
        if not isinstance(self.entropy, LearnedTemperature):
            return {"behavior": loss}, metrics
        return self._with_entropy(step, model, self.entropy, loss, metrics)

    def _with_entropy(
        self,
        step: Step,
        model: Distribution,
        rule: LearnedTemperature,
        loss: Tensor,
        metrics: Metrics,
    ) -> tuple[Losses, Metrics]:
        temperature = step.networks["behavior_temperature"]
        assert isinstance(temperature, LogDual)
        actions, log_prob = model.sample_with_log_prob(step.generator)
        check_vectors(log_prob=log_prob, rewards=step.batch.rewards)
        target = rule.entropy_per_dim * actions.shape[-1]
        alpha = temperature.value().detach()
        return {
            "behavior": loss + alpha * log_prob.mean(),
            "behavior_temperature": temperature_loss(temperature.log_value, log_prob, target),
        }, metrics | {
            "behavior_entropy": -log_prob.detach().mean(),
            "behavior_temperature": alpha,
        }


@dataclass(frozen=True)
class CriticAdvantage:
    """A = Q(s, a) - V(s) by the critic, which B.4 uses in place of Eq. 16's returns."""

    columns: ClassVar[tuple[str, ...]] = ()

    def __call__(self, step: Step) -> Tensor:
        return step.advantages


@dataclass(frozen=True)
class PriorAdvantage:
    """A = min_j Q_j(s, a) - min_j Q_j(s, a'), one a' ~ b(.|s) of the model itself (rlkit).

    What counts is better than the model, not than the policy as in `CriticAdvantage`.
    """

    columns: ClassVar[tuple[str, ...]] = ()

    @torch.no_grad()
    def __call__(self, step: Step) -> Tensor:
        """(B,), without gradient."""
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

    weights: Weights = field(default_factory=lambda: Weights(Indicator()))
    advantage: CriticAdvantage | PriorAdvantage | ReturnAdvantage = CriticAdvantage()
    policy: SquashedGaussian | TanhMeanGaussian | HeteroscedasticGaussian = TanhMeanGaussian()
    behavior_learning_rate: float = 3e-4

    def __post_init__(self) -> None:
        check_range("behavior_learning_rate", self.behavior_learning_rate, 0.0)

    @property
    def columns(self) -> tuple[str, ...]:
        return self.advantage.columns

    def networks(self, blueprint: Blueprint) -> Networks:
        return {"behavior": self.policy.build(blueprint)}

    def trained(self, config: Hyperparameters) -> dict[str, Descent]:
        return {"behavior": Descent(self.behavior_learning_rate, config.policy_weight_decay)}

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
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


@dataclass(frozen=True)
class VAEBehavior(Behavior):
    """Conditional VAE of the buffer's actions (BCQ, BEAR): latent of 2 dim(A), Adam 1e-3."""

    vae_hidden: tuple[int, ...] = (750, 750)
    latents_per_action: int = 2
    kl_weight: float = 0.5
    vae_learning_rate: float = 1e-3

    def __post_init__(self) -> None:
        for width in self.vae_hidden:
            check_range("vae_hidden", width, 1)
        check_range("latents_per_action", self.latents_per_action, 1)
        check_range("kl_weight", self.kl_weight, 0.0)
        check_range("vae_learning_rate", self.vae_learning_rate, 0.0)

    def networks(self, blueprint: Blueprint) -> Networks:
        observations, actions = blueprint.observation_dim, blueprint.action_dim
        latent = self.latents_per_action * actions
        encoder = blueprint.mlp(observations + actions, self.vae_hidden, 2 * latent)
        decoder = blueprint.mlp(observations + latent, self.vae_hidden, actions)
        return {"behavior": ConditionalVAE(encoder, decoder, latent)}

    def trained(self, config: Hyperparameters) -> dict[str, Descent]:
        return {"behavior": Descent(self.vae_learning_rate)}

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        vae, batch = step.vae, step.batch
        mean, log_std = vae.encode(batch.observations, batch.actions)
        noise = torch.randn(mean.shape, generator=step.generator, device=mean.device)
        reconstruction = vae.decode(batch.observations, mean + log_std.exp() * noise)
        loss, error, divergence = vae_loss(
            reconstruction, batch.actions, mean, log_std, self.kl_weight
        )
        return {"behavior": loss}, {
            "behavior_error": error.detach(),
            "behavior_divergence": divergence.detach(),
        }


AnyBehavior = (
    NoBehavior
    | OwnPolicy
    | PreviousPolicy
    | GaussianBehavior
    | AdvantageWeightedBehavior
    | VAEBehavior
)
