"""A Gaussian model of the data by maximum likelihood: BRAC."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from algorithms.behaviors.base import Behavior
from algorithms.config import Hyperparameters
from algorithms.losses import Losses, imitation_loss
from algorithms.networks.blueprint import Blueprint, Networks, OptimizerSettings
from algorithms.networks.duals import LogDual
from algorithms.objectives.temperature import LearnedTemperature, temperature_loss
from algorithms.policies.distributions import Distribution
from algorithms.policies.gaussians import HeteroscedasticGaussian, TanhMeanGaussian
from algorithms.policies.squashed import SquashedGaussian
from algorithms.step import Step
from algorithms.types import Metrics, check_range, check_vectors


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

    has_density = True

    policy: SquashedGaussian | TanhMeanGaussian | HeteroscedasticGaussian = field(
        default_factory=lambda: SquashedGaussian(log_std_min=-5.0)
    )
    behavior_learning_rate: float = 3e-4
    entropy: LikelihoodAlone | LearnedTemperature = LikelihoodAlone()

    def __post_init__(self) -> None:
        check_range("behavior_learning_rate", self.behavior_learning_rate, 0.0)

    def networks(self, blueprint: Blueprint) -> Networks:
        """`behavior`: b(.|s); `behavior_temperature`: its alpha, where that is learned."""
        networks: Networks = {"behavior": self.policy.build(blueprint)}
        if isinstance(self.entropy, LearnedTemperature):
            networks["behavior_temperature"] = LogDual(self.entropy.initial_alpha)
        return networks

    def trained(self, config: Hyperparameters) -> dict[str, OptimizerSettings]:
        """`behavior`, at `behavior_learning_rate` with the policy's weight decay.

        `behavior_temperature`, where alpha is learned, at `alpha_learning_rate` without decay.
        """
        how = {
            "behavior": OptimizerSettings(self.behavior_learning_rate, config.policy_weight_decay)
        }
        if isinstance(self.entropy, LearnedTemperature):
            how["behavior_temperature"] = OptimizerSettings(self.entropy.alpha_learning_rate)
        return how

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        """`behavior`: -mean_B log b(a|s) in nats, with gradient to the model.

        With entropy=LearnedTemperature that loss has the term alpha mean_B log b(a'|s) besides, and
        `behavior_temperature` the loss that moves alpha: see the class.
        """
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
