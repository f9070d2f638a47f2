"""Policy evaluation: temporal differences for Q^pi (Algorithm 1, "Bellman eqn.").

`TD` is put together from: how many networks and of which layers, how their values are combined
(`ensembles.py`), which actions stand for V(s') (`NextValue`), whose policy draws them (`actor`),
what keeps Q in bounds (`clamp`), and a regulariser.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from algorithms.baseline import GAE
from algorithms.blueprint import Blueprint, Component, Descent, Networks
from algorithms.config import Hyperparameters
from algorithms.critic_base import Critic
from algorithms.ensembles import (
    Clamp,
    ClampOutput,
    ClampTarget,
    Combination,
    First,
    Mean,
    Minimum,
    NoClamp,
    QEnsemble,
    RandomSubset,
    SoftClipped,
    ValueNetwork,
)
from algorithms.lambda_critic import TDLambda
from algorithms.losses import Losses
from algorithms.policies import Policy
from algorithms.step import Step
from algorithms.types import Metrics, check_ensemble, check_range, check_vectors


def td_target(
    rewards: Tensor, masks: Tensor, next_q: Tensor, *, discount: float, clamp: Clamp
) -> Tensor:
    """Y = r + discount * mask * Q'(s', a'), a' ~ pi(.|s'); all (B,), no gradient leaves it.

    `next_q` is the minimum over the target networks, less alpha log pi(a'|s') where the method
    has an entropy term.
    """
    check_vectors(rewards=rewards, masks=masks, next_q=next_q)
    return clamp.target(rewards + discount * masks * next_q).detach()


def td_loss(q: Tensor, target: Tensor) -> tuple[Tensor, Metrics]:
    """sum_j mean_B (Q_j(s, a) - y)^2: q (E, B) carries the gradient, target (B,) does not."""
    check_ensemble(q, target)
    loss = (q - target.detach()).square().mean(1).sum()
    value = q.detach()
    return loss, {
        "critic_loss": loss.detach(),
        "q_mean": value.mean(),
        "q_max": value.max(),
        "q_target_mean": target.mean(),
    }


def expectile_loss(difference: Tensor, expectile: float) -> Tensor:
    """mean_B |tau - 1[u < 0]| u^2 with u = Q - V (B,), which carries the gradient (IQL, Eq. 5)."""
    check_vectors(difference=difference)
    weight = torch.where(difference.detach() < 0, 1 - expectile, expectile)
    return (weight * difference.square()).mean()


@torch.no_grad()
def polyak_update(target: nn.Module, source: nn.Module, tau: float) -> None:
    """Target <- (1 - tau) target + tau source, in place."""
    torch._foreach_lerp_(list(target.parameters()), list(source.parameters()), tau)


@dataclass(frozen=True)
class SampledAction:
    """V(s') = Q'(s', a') - alpha log pi(a'|s') at one action a' ~ pi(.|s')."""

    def __call__(self, step: Step, combine: Combination) -> Tensor:
        """(B,), under no_grad."""
        alpha = step.alpha
        if isinstance(alpha, float) and alpha == 0:
            actions = step.next_pi.sample(step.generator)
            cost: Tensor | float = 0.0
        else:
            actions, log_prob = step.next_pi.sample_with_log_prob(step.generator)
            cost = alpha * log_prob
        # the simulator clips what it executes, so Q^pi is the value of the clipped action
        q = step.target_critic(step.batch.next_observations, actions.clamp(-1, 1))
        return combine(q, step.generator) - cost


@dataclass(frozen=True)
class BestCandidate:
    """V(s') = max_k Q'(s', a_k) over `candidates` actions of the policy (BCQ, BEAR).

    The maximum is taken over the candidates of each state. A released BCQ reshapes them so that
    it runs over different states.
    """

    candidates: int = 10

    def __post_init__(self) -> None:
        check_range("candidates", self.candidates, 1)

    def __call__(self, step: Step, combine: Combination) -> Tensor:
        """(B,), under no_grad."""
        actions = step.next_pi.sample(step.generator, self.candidates).clamp(-1, 1)
        q = step.target_critic.candidates(step.batch.next_observations, actions)
        return combine(q, step.generator).max(0).values


@dataclass(frozen=True)
class SmoothedAction:
    """V(s') = Q'(s', mode + clipped noise): target policy smoothing (TD3)."""

    noise: float = 0.2
    clip: float = 0.5

    def __post_init__(self) -> None:
        check_range("noise", self.noise, 0.0)
        check_range("clip", self.clip, 0.0, finite=False)

    def __call__(self, step: Step, combine: Combination) -> Tensor:
        """(B,), under no_grad."""
        mode = step.next_pi.mode()
        noise = torch.randn(mode.shape, generator=step.generator, device=mode.device)
        actions = mode + (self.noise * noise).clamp(-self.clip, self.clip)
        q = step.target_critic(step.batch.next_observations, actions.clamp(-1, 1))
        return combine(q, step.generator)


@dataclass(frozen=True)
class EntropyFreeAction:
    """V(s') = Q'(s', a') at one action a' ~ pi(.|s'), also where the actor has an entropy term.

    Q is then the return itself, and bounds of the return hold for it (RLPD, Cal-QL:
    "backup_entropy = False").
    """

    def __call__(self, step: Step, combine: Combination) -> Tensor:
        """(B,), under no_grad."""
        actions = step.next_pi.sample(step.generator).clamp(-1, 1)
        return combine(step.target_critic(step.batch.next_observations, actions), step.generator)


NextValue = SampledAction | EntropyFreeAction | BestCandidate | SmoothedAction


@dataclass(frozen=True)
class CurrentPolicy(Component):
    """The next action is the current policy's."""


@dataclass(frozen=True)
class TargetPolicy(Component):
    """The next action is that of a slowly moving copy of the policy (BCQ, TD3), by tau."""

    def networks(self, blueprint: Blueprint) -> Networks:
        policy = blueprint.built["policy"]
        assert isinstance(policy, Policy)
        return {"target_policy": policy.target_copy().requires_grad_(False)}


@dataclass(frozen=True)
class PlainLayers:
    """ReLU after every hidden layer."""

    normalised = False


@dataclass(frozen=True)
class NormalisedLayers:
    """Layer normalisation before every ReLU, which bounds Q far from the data (RLPD)."""

    normalised = True


@dataclass(frozen=True)
class NoRegulariser:
    """Nothing is added to the temporal-difference loss."""

    columns: ClassVar[tuple[str, ...]] = ()

    def losses(self, step: Step) -> tuple[Tensor | float, Metrics]:
        return 0.0, {}


@dataclass(frozen=True)
class Uncalibrated:
    """CQL: every value is pushed down, however low it is already."""

    columns: ClassVar[tuple[str, ...]] = ()

    def __call__(self, q: Tensor, step: Step) -> Tensor:
        return q


@dataclass(frozen=True)
class ReturnCalibrated:
    """Cal-QL: the policy's values are not pushed below the return of the data, max(Q, G).

    (Nakamoto 2023). G is the buffer's discounted return-to-go; a transition of an episode that
    has not ended yet has none and is not calibrated.
    """

    columns: ClassVar[tuple[str, ...]] = ("returns",)

    def __call__(self, q: Tensor, step: Step) -> Tensor:
        """(E, K, B) -> (E, K, B)."""
        if step.batch.returns is None:
            raise ValueError("Cal-QL needs batches with returns: a buffer that keeps them")
        return torch.maximum(q, step.batch.returns)


@dataclass(frozen=True)
class Conservative:
    """weight * sum_j mean_B [T log-sum-exp_a (Q_j(s, a) / T) - Q_j(s, a_data)].

    CQL(H) (Kumar 2020). The sum over actions is estimated from `samples` uniform actions,
    `samples` of pi(.|s) and of pi(.|s') each, corrected by their densities p:
    T log mean_k exp(Q_j(s, a_k) / T - log p(a_k)). `calibration` says which values enter it.
    The gradient reaches the critic alone.

    T is `softmax_temperature`, in units of reward. CQL's code has T = 1 at its own rewards r'.
    Where r' = c r + const, its values are Q' = c Q + const, and its loss (Q' - y')^2 +
    w (log-sum-exp(Q' - log p) - Q'_data) is c^2 times this one with weight w / c and T = 1 / c.
    """

    conservative_weight: float = 1.0
    samples: int = 10
    calibration: Uncalibrated | ReturnCalibrated = ReturnCalibrated()
    softmax_temperature: float = 1.0

    def __post_init__(self) -> None:
        check_range("conservative_weight", self.conservative_weight, 0.0)
        check_range("samples", self.samples, 1)
        check_range("softmax_temperature", self.softmax_temperature, 0.0, above=True)

    @property
    def columns(self) -> tuple[str, ...]:
        return self.calibration.columns

    def losses(self, step: Step) -> tuple[Tensor | float, Metrics]:
        s, count = step.batch.observations, self.samples
        size, dims = step.batch.actions.shape
        with torch.no_grad():
            draw = torch.rand((count * size, dims), generator=step.generator, device=s.device)
            uniform = 2 * draw - 1
            here, log_here = step.pi.sample_with_log_prob(step.generator, count)
            there, log_there = step.next_pi.sample_with_log_prob(step.generator, count)
            log_density = torch.cat(
                [
                    torch.full((count, size), -dims * math.log(2), device=s.device),
                    log_here.view(count, size),
                    log_there.view(count, size),
                ]
            )
        q = step.critic.candidates(s, torch.cat([uniform, here, there]))  # (E, 3 K, B)
        of_policy = self.calibration(q[:, count:], step)
        temperature = self.softmax_temperature
        values = torch.cat([q[:, :count], of_policy], 1) / temperature - log_density
        # log of the mean over the samples, so that the estimate does not grow with their number
        spread = temperature * (torch.logsumexp(values, 1) - math.log(3 * count))
        gap = (spread - step.q).mean(1).sum()
        return self.conservative_weight * gap, {"conservative_gap": gap.detach()}


@dataclass(frozen=True)
class NoCritic(Critic):
    """The method learns no value function (BC)."""

    evaluates = False


@dataclass(frozen=True)
class TD(Critic):
    """Q^pi by one-step temporal differences; `members` networks and their slow targets."""

    members: int = 2
    clamp: Clamp = NoClamp()
    ensemble: Combination = Minimum()
    next_value: NextValue = SampledAction()
    actor: CurrentPolicy | TargetPolicy = CurrentPolicy()
    layers: PlainLayers | NormalisedLayers = PlainLayers()
    regulariser: NoRegulariser | Conservative = NoRegulariser()
    updates_per_improvement: int = 1
    """The policy is improved at every n-th update of the critic (TD3: 2)."""

    def __post_init__(self) -> None:
        check_range("members", self.members, 1)
        check_range("updates_per_improvement", self.updates_per_improvement, 1)

    @property
    def columns(self) -> tuple[str, ...]:
        return self.regulariser.columns

    def improves(self, updates: int) -> bool:
        return updates % self.updates_per_improvement == 0

    def networks(self, blueprint: Blueprint) -> Networks:
        return q_networks(
            blueprint, self.members, self.clamp, self.layers.normalised
        ) | self.actor.networks(blueprint)

    def trained(self, config: Hyperparameters) -> dict[str, Descent]:
        return {"critic": Descent(config.q_learning_rate, config.q_weight_decay)}

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
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


@dataclass(frozen=True)
class ExpectileTD(Critic):
    """IQL: V is an expectile of Q over the data's actions, Q bootstraps from V (Kostrikov 2021).

    V: expectile loss of min_j target Q_j(s, a) - V(s). Q: (r + discount mask V(s') - Q_j(s, a))^2.
    No action of the policy is ever evaluated.
    """

    expectile: float = 0.7
    members: int = 2
    clamp: Clamp = NoClamp()

    def __post_init__(self) -> None:
        check_range("expectile", self.expectile, 0.0, 1.0, above=True)
        check_range("members", self.members, 1)

    def networks(self, blueprint: Blueprint) -> Networks:
        networks = q_networks(blueprint, self.members, self.clamp, False)
        mlp = blueprint.mlp(blueprint.observation_dim, blueprint.config.q_hidden, 1)
        return networks | {"value": ValueNetwork(mlp)}

    def trained(self, config: Hyperparameters) -> dict[str, Descent]:
        how = Descent(config.q_learning_rate, config.q_weight_decay)
        return {"critic": how, "value": how}

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        batch = step.batch
        with torch.no_grad():
            target_q = step.target_critic(batch.observations, batch.actions).min(0).values
            y = td_target(
                batch.rewards,
                batch.masks,
                step.value_network(batch.next_observations),
                discount=step.config.discount,
                clamp=self.clamp,
            )
        values = step.value_network(batch.observations)
        value_loss = expectile_loss(target_q - values, self.expectile)
        loss, metrics = td_loss(step.q, y)
        return {"critic": loss, "value": value_loss}, metrics | {
            "value_loss": value_loss.detach(),
            "value_mean": values.detach().mean(),
        }


def q_networks(blueprint: Blueprint, members: int, clamp: Clamp, normalised: bool) -> Networks:
    """The ensemble, and its targets as an equal copy without gradient."""
    inputs = blueprint.observation_dim + blueprint.action_dim
    mlp = blueprint.mlp(
        inputs, blueprint.config.q_hidden, 1, members=members, layer_norm=normalised
    )
    critic = QEnsemble(mlp, clamp)
    return {"critic": critic, "target_critic": copy.deepcopy(critic).requires_grad_(False)}


AnyCritic = NoCritic | TD | ExpectileTD | TDLambda | GAE

__all__ = [
    "GAE",
    "TD",
    "BestCandidate",
    "Clamp",
    "ClampOutput",
    "ClampTarget",
    "Conservative",
    "CurrentPolicy",
    "EntropyFreeAction",
    "ExpectileTD",
    "First",
    "Mean",
    "Minimum",
    "NoClamp",
    "NoCritic",
    "NoRegulariser",
    "NormalisedLayers",
    "PlainLayers",
    "QEnsemble",
    "RandomSubset",
    "ReturnCalibrated",
    "SampledAction",
    "SmoothedAction",
    "SoftClipped",
    "TDLambda",
    "TargetPolicy",
    "Uncalibrated",
    "expectile_loss",
    "polyak_update",
    "td_loss",
    "td_target",
]
