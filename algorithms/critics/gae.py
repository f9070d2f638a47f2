"""DAPG's critic: a state-value baseline fitted to Monte Carlo returns, advantages by GAE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from algorithms.config import Hyperparameters
from algorithms.critics.base import Critic
from algorithms.data.returns import Rollout, discounted_returns, gae
from algorithms.networks.blueprint import Blueprint, Networks, OptimizerSettings
from algorithms.networks.mlp import MLP
from algorithms.types import Metrics, check_range, check_vectors

_TIME_POWERS = 4


class ValueBaseline(nn.Module):
    """V(s, t): an MLP of the clipped observation and of powers of the time in the episode."""

    def __init__(
        self, observation_dim: int, hidden: Sequence[int], generator: torch.Generator
    ) -> None:
        super().__init__()
        self.mlp = MLP((observation_dim + _TIME_POWERS, *hidden, 1), generator=generator)

    def features(self, observations: Tensor) -> Tensor:
        """[clip(s_t, -10, 10) / 10, t/1000, .., (t/1000)^4] of one episode.

        (T, O) in order from the episode's first step, t = 0..T-1 -> (T, O + 4).
        """
        time = torch.arange(observations.shape[0], device=observations.device) / 1000
        powers = [time**power for power in range(1, _TIME_POWERS + 1)]
        return torch.cat([observations.clamp(-10, 10) / 10, torch.stack(powers, -1)], -1)

    def forward(self, features: Tensor) -> Tensor:
        """(B, O + 4) -> values (B,) in units of reward, with gradient to the parameters."""
        values: Tensor = self.mlp(features)
        return values[0, :, 0]


@dataclass(frozen=True)
class GAE(Critic):
    """Advantages by GAE(lam), and the baseline they are measured against.

    Numbers of DAPG's released code (mjrl: examples and `MLPBaseline`); `discount` is DAPG's own,
    not that of the other methods. The optimiser is Adam with `baseline_learning_rate` and
    `baseline_weight_decay` as its `weight_decay` (L2 added to the gradient, not decoupled).

    An episode cut by its time limit bootstraps with the baseline's value of its last state, as
    mjrl's advantages do; one that ended by itself with 0.
    """

    lam: float = 0.97
    discount: float = 0.995
    hidden: tuple[int, ...] = (128, 128)
    baseline_learning_rate: float = 1e-3
    baseline_weight_decay: float = 1e-3
    minibatch: int = 64
    epochs: int = 2

    def __post_init__(self) -> None:
        check_range("lam", self.lam, 0.0, 1.0)
        check_range("discount", self.discount, 0.0, 1.0)
        for width in self.hidden:
            check_range("hidden", width, 1)
        check_range("baseline_learning_rate", self.baseline_learning_rate, 0.0, above=True)
        check_range("baseline_weight_decay", self.baseline_weight_decay, 0.0)
        check_range("minibatch", self.minibatch, 1)
        check_range("epochs", self.epochs, 1)

    def networks(self, blueprint: Blueprint) -> Networks:
        """`baseline`: V(s, t), a `ValueBaseline` with layers `hidden`."""
        return {
            "baseline": ValueBaseline(blueprint.observation_dim, self.hidden, blueprint.generator)
        }

    def trained(self, config: Hyperparameters) -> dict[str, OptimizerSettings]:
        """`baseline`, at `baseline_learning_rate` with `baseline_weight_decay`."""
        return {
            "baseline": OptimizerSettings(self.baseline_learning_rate, self.baseline_weight_decay)
        }

    def advantages_of(self, networks: nn.ModuleDict, rollouts: Sequence[Rollout]) -> Tensor:
        """`advantages`, (N,) of the rollouts' N transitions, by the networks' baseline."""
        return self.advantages(_baseline(networks), rollouts)

    def fit_to(
        self,
        networks: nn.ModuleDict,
        optimizers: Mapping[str, torch.optim.Optimizer],
        rollouts: Sequence[Rollout],
        generator: torch.Generator,
    ) -> Metrics:
        """`fit` of the networks' baseline by its optimiser."""
        return self.fit(_baseline(networks), optimizers["baseline"], rollouts, generator)

    def advantages(self, baseline: ValueBaseline, rollouts: Sequence[Rollout]) -> Tensor:
        """GAE of every rollout in turn: (N,), N the sum of their lengths, in units of reward.

        Without gradient, not whitened.

        Raises:
            ValueError: If the rewards of a rollout are not (T,).
        """
        estimates = []
        for rollout in rollouts:
            values = _values(baseline, rollout)
            bootstrap = _bootstrap(rollout, values)
            estimates.append(
                gae(rollout.rewards, values, bootstrap, discount=self.discount, lam=self.lam)
            )
        return torch.cat(estimates)

    def fit(
        self,
        baseline: ValueBaseline,
        optimizer: torch.optim.Optimizer,
        rollouts: Sequence[Rollout],
        generator: torch.Generator,
    ) -> Metrics:
        """Regress the baseline on the rollouts' discounted returns by minibatch MSE.

        To be called after the policy's step, so that the advantages of one iteration are measured
        against the baseline of the iterations before: fitted first, it would explain away the
        very returns that the step is to learn from.

        Returns:
            `baseline_loss`, the MSE over the last epoch (units of reward squared), and
            `baseline_explained_variance`, 1 - Var(G - V) / Var(G) before fitting (0 where G does
            not vary).

        Raises:
            ValueError: If the rewards of a rollout are not (T,).
        """
        features = torch.cat([baseline.features(rollout.observations) for rollout in rollouts])
        # as in mjrl not bootstrapped, also where the time limit cut: V(s, t) knows the time
        returns = torch.cat(
            [discounted_returns(rollout.rewards, self.discount) for rollout in rollouts]
        )
        values = torch.cat([_values(baseline, rollout) for rollout in rollouts])
        explained = explained_variance(values, returns)
        for _ in range(self.epochs):
            squares = returns.new_zeros(())
            order = torch.randperm(returns.shape[0], generator=generator, device=generator.device)
            for rows in torch.split(order.to(returns.device), self.minibatch):
                optimizer.zero_grad()
                loss = functional.mse_loss(baseline(features[rows]), returns[rows])
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                squares += loss.detach() * rows.shape[0]
        return {
            "baseline_loss": squares / returns.shape[0],
            "baseline_explained_variance": explained,
        }


def explained_variance(values: Tensor, returns: Tensor) -> Tensor:
    """1 - Var(G - V) / Var(G), at most 1; 0 where G does not vary. Both (N,) -> ().

    Raises ValueError unless both are (N,).
    """
    check_vectors(values=values, returns=returns)
    total = returns.var(correction=0)
    return torch.where(total > 0, 1 - (returns - values).var(correction=0) / total, 0.0)


def _baseline(networks: nn.ModuleDict) -> ValueBaseline:
    baseline = networks["baseline"]
    assert isinstance(baseline, ValueBaseline)
    return baseline


@torch.no_grad()
def _values(baseline: ValueBaseline, rollout: Rollout) -> Tensor:
    values: Tensor = baseline(baseline.features(rollout.observations))
    return values


def _bootstrap(rollout: Rollout, values: Tensor) -> Tensor | float:
    return 0.0 if rollout.terminated else values[-1]
