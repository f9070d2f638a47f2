"""Weighted maximum likelihood: the forward-KL projection of the improved policy (Eq. 4, 14)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from algorithms.config import Hyperparameters
from algorithms.losses import Losses, weighted_mle_loss
from algorithms.networks.blueprint import Blueprint, Networks, OptimizerSettings
from algorithms.networks.duals import Dual
from algorithms.objectives.base import Objective
from algorithms.objectives.values import FromTargetCritic, PolicyMode, Value
from algorithms.objectives.weights import (
    DualExponential,
    PartitionFunction,
    Weights,
    temperature_dual_loss,
    weight_metrics,
)
from algorithms.step import Step
from algorithms.types import Metrics, check_range


@dataclass(frozen=True)
class BufferActions:
    """The actions of the replay batch: AWAC, AWR."""

    def queries(self, step: Step) -> dict[str, Tensor]:
        """None: `Step.q` is at the batch's actions already."""
        return {}


@dataclass(frozen=True)
class PolicyActions:
    """`samples` actions a state from the policy, without gradient (MPO, Eq. 15).

    Q is asked at the clipped action, which is what the simulator executes; log pi is taken at the
    action as drawn, since E[grad log pi(a)] = 0 holds for a ~ pi only: at clipped actions equal
    weights would still shrink the policy and push its mean away from the bounds. A policy squashed
    by tanh is an exception: its density clips the action to ±(1 - `squash_margin`).
    """

    samples: int = 20

    def __post_init__(self) -> None:
        check_range("samples", self.samples, 1)

    def queries(self, step: Step) -> dict[str, Tensor]:
        """`actions`: a ~ pi(.|s), (samples * B, A), without gradient, not clipped."""
        return {"actions": step.pi.sample(step.generator, self.samples).detach()}


@dataclass(frozen=True)
class UndetachedPolicyActions:
    """As the released code samples for MPO: the action still carries the policy's gradient.

    log pi(mu + sigma eps) = -eps^2 / 2 - log sigma, whose gradient in mu is 0 everywhere: this
    objective cannot move the mean. Kept to show that.
    """

    samples: int = 1

    def __post_init__(self) -> None:
        check_range("samples", self.samples, 1)

    def queries(self, step: Step) -> dict[str, Tensor]:
        """`actions`: a ~ pi(.|s) reparameterised, (samples * B, A), with gradient to the policy."""
        return {"actions": step.pi.sample(step.generator, self.samples)}


@dataclass(frozen=True)
class BehaviorActions:
    """`samples` actions a state from the behaviour model, without gradient (ABM, Eq. 17)."""

    samples: int = 10

    def __post_init__(self) -> None:
        check_range("samples", self.samples, 1)

    def queries(self, step: Step) -> dict[str, Tensor]:
        """`actions`: a ~ b(.|s), (samples * B, A), without gradient."""
        return {"actions": _from_behavior(step, self.samples)}


def _from_behavior(step: Step, samples: int) -> Tensor:
    model = step.behavior_policy(step.batch.observations)
    actions: Tensor = model.sample(step.generator, samples)
    return actions.detach()


Source = BufferActions | PolicyActions | BehaviorActions | UndetachedPolicyActions


@dataclass(frozen=True)
class WeightedMLE(Objective):
    """arg max E_{s ~ buffer, a ~ source} [w(A(s, a)) log pi(a|s)], A = min_j Q_j(s, a) - V(s)."""

    weights: Weights = Weights()
    value: Value = PolicyMode()
    actions: Source = BufferActions()

    def networks(self, blueprint: Blueprint) -> Networks:
        """`eta`, one dual variable, where the weights' shape is `DualExponential`; else none."""
        shape = self.weights.shape
        if not isinstance(shape, DualExponential):
            return {}
        return {"eta": Dual(shape.initial_eta)}

    def trained(self, config: Hyperparameters) -> dict[str, OptimizerSettings]:
        """`eta`, at `eta_learning_rate`, where the shape is `DualExponential`; else none."""
        shape = self.weights.shape
        if not isinstance(shape, DualExponential):
            return {}
        return {"eta": OptimizerSettings(shape.eta_learning_rate)}

    def queries(self, step: Step) -> dict[str, Tensor]:
        """`actions` of the source, `value` for V(s), `partition` for Z(s), each where it is needed.

        None at all with a value of the target critics, which `losses` asks.
        """
        if isinstance(self.value, FromTargetCritic):  # see _candidates
            return {}
        queries = self.actions.queries(step) | self.value.queries(step)
        normalisation = self.weights.normalisation
        if isinstance(normalisation, PartitionFunction):
            queries["partition"] = _from_behavior(step, normalisation.partition_samples)
        return queries

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        """`policy` always, `eta` where the weights' shape is `DualExponential`.

        `policy`: -mean w(A) log pi(a|s) over B transitions, or over K actions of each of B states;
        w is a constant, log pi in nats carries gradient to the policy.
        `eta`: eta epsilon + eta mean_B log mean_K exp(A / eta), with gradient to eta alone.
        """
        actions, advantages = self._candidates(step)
        losses: Losses = {}
        eta = None
        if isinstance(self.weights.shape, DualExponential):
            dual = step.networks["eta"]
            assert isinstance(dual, Dual)
            eta = dual.value()
            losses["eta"] = temperature_dual_loss(eta, advantages, self.weights.shape.epsilon)
        partition = None
        if isinstance(self.weights.normalisation, PartitionFunction):
            partition = step.q_at("partition") - step.values
        weights = self.weights(advantages, partition=partition, eta=eta)
        log_prob = step.pi.log_prob(actions)
        loss = weighted_mle_loss(log_prob, weights)
        metrics = {
            "policy_loss": loss.detach(),
            "log_prob_mean": log_prob.detach().mean(),
            "policy_std": step.pi.log_std.detach().exp().mean(),
            "advantage_mean": advantages.mean(),
            "advantage_max": advantages.max(),
            **weight_metrics(weights),
        }
        if eta is not None:
            metrics["eta"] = eta.detach().mean()
        return losses | {"policy": loss}, metrics

    def _candidates(self, step: Step) -> tuple[Tensor, Tensor]:
        """Actions (B, A) with advantages (B,), or (K, B, A) with (K, B)."""
        if isinstance(self.actions, BufferActions):
            return step.batch.actions, step.advantages
        if isinstance(self.value, FromTargetCritic):
            sampled = self.actions.queries(step)["actions"]
            advantages = self.value.at(step, sampled.detach())
        else:
            sampled = step.queries["actions"]
            advantages = step.q_at("actions") - step.values
        return sampled.view(*advantages.shape, sampled.shape[-1]), advantages
