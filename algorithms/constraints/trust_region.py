"""Bounds on the step from the policy before it: MPO's M-step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from algorithms.config import Hyperparameters
from algorithms.constraints.base import Constraint
from algorithms.losses import Losses
from algorithms.networks.blueprint import Blueprint, Networks, OptimizerSettings
from algorithms.networks.duals import Dual
from algorithms.policies.distributions import gaussian_kl
from algorithms.step import Step
from algorithms.types import Metrics, check_range


@dataclass(frozen=True)
class TrustRegion(Constraint):
    """MPO's M-step: D_KL(pi_old || pi) bounded for mean and standard deviation separately.

    KL_mean = D_KL(pi_old || N(mean, std_old)) <= epsilon_mean, KL_std = D_KL(pi_old ||
    N(mean_old, std)) <= epsilon_std, in every action dimension, by a dual variable each
    (Abdolmaleki 2018b; numbers of Acme). The losses of the dual variables are sums over the
    dimensions, as in Acme: of a mean each dimension would get 1 / dim(A) of its gradient, which
    beside Adam's epsilon of 1e-8 is a slower multiplier where violations are small. Needs
    behavior=PreviousPolicy and a Gaussian policy.
    """

    epsilon_mean: float = 2.5e-3
    epsilon_std: float = 1e-6
    initial_mean_multiplier: float = 10.0
    initial_std_multiplier: float = 1000.0
    multiplier_learning_rate: float = 1e-2

    def __post_init__(self) -> None:
        for name in ("mean", "std"):
            check_range(f"epsilon_{name}", getattr(self, f"epsilon_{name}"), 0.0)
            multiplier = f"initial_{name}_multiplier"
            check_range(multiplier, getattr(self, multiplier), 0.0, above=True)
        check_range("multiplier_learning_rate", self.multiplier_learning_rate, 0.0)

    def networks(self, blueprint: Blueprint) -> Networks:
        """`mean_multiplier` and `std_multiplier`: a `Dual` of size dim(A) each."""
        return {
            "mean_multiplier": Dual(self.initial_mean_multiplier, blueprint.action_dim),
            "std_multiplier": Dual(self.initial_std_multiplier, blueprint.action_dim),
        }

    def trained(self, config: Hyperparameters) -> dict[str, OptimizerSettings]:
        """`mean_multiplier` and `std_multiplier`, both at `multiplier_learning_rate`."""
        how = OptimizerSettings(self.multiplier_learning_rate)
        return {"mean_multiplier": how, "std_multiplier": how}

    def policy_term(self, step: Step) -> tuple[Tensor | float, Losses, Metrics]:
        """The term sum_A alpha_mean KL_mean + alpha_std KL_std, (), and both dual losses.

        Each KL (A,) is the mean over B states, in nats. The term's gradient
        reaches the policy alone.
        `mean_multiplier`: -sum_A alpha_mean (KL_mean - epsilon_mean), with gradient to alpha_mean
        alone.
        `std_multiplier`: likewise with KL_std and epsilon_std.
        """
        with torch.no_grad():
            old = step.behavior_policy(step.batch.observations)
            old_mean, old_std = old.mean, old.log_std.expand_as(old.mean)
        mean, std = step.pi.mean, step.pi.log_std.expand_as(step.pi.mean)
        by_mean = gaussian_kl(old_mean, old_std, mean, old_std).mean(0)
        by_std = gaussian_kl(old_mean, old_std, old_mean, std).mean(0)
        term: Tensor | float = 0.0
        losses: Losses = {}
        for name, divergence, epsilon in (
            ("mean_multiplier", by_mean, self.epsilon_mean),
            ("std_multiplier", by_std, self.epsilon_std),
        ):
            dual = step.networks[name]
            assert isinstance(dual, Dual)
            term = term + (dual.value().detach() * divergence).sum()
            losses[name] = -(dual.value() * (divergence.detach() - epsilon)).sum()
        return (
            term,
            losses,
            {
                "constraint_kl_mean": by_mean.detach().mean(),
                "constraint_kl_std": by_std.detach().mean(),
            },
        )
