"""A bound on the maximum mean discrepancy from the data's policy: BEAR."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from algorithms.config import Hyperparameters
from algorithms.constraints.base import Constraint
from algorithms.constraints.kernels import GaussianKernel, Laplacian, mmd
from algorithms.losses import Losses
from algorithms.networks.blueprint import Blueprint, Networks, OptimizerSettings
from algorithms.networks.duals import LogDual
from algorithms.step import Step
from algorithms.types import Metrics, check_range, check_vectors


def dual_loss(multiplier: Tensor, violation: Tensor) -> Tensor:
    """-mean_B multiplier * violation: descending it raises the multiplier where violation > 0.

    multiplier () carries the gradient; violation (B,) is detached; the result is (). ValueError
    unless violation is (B,).
    """
    check_vectors(violation=violation)
    return -(multiplier * violation.detach()).mean()


@dataclass(frozen=True)
class MMD(Constraint):
    """MMD(pi(.|s), pi_beta(.|s)) <= threshold, by a dual variable (BEAR, Kumar 2019).

    Samples are compared before the tanh. Policy: + alpha (MMD - threshold), averaged over states;
    log alpha ascends alpha (MMD - threshold), kept in [-5, 10]. During the first
    `warm_start_steps` updates the policy follows this constraint alone. The authors of AWAC swept
    the threshold; pass others with --set threshold=. Kernel and samples are those of their
    scripts.
    """

    threshold: float = 0.05
    kernel: Laplacian | GaussianKernel = Laplacian(sigma=50.0)
    mmd_samples: int = 10
    initial_multiplier: float = 1.0
    multiplier_learning_rate: float = 1e-3
    warm_start_steps: int = 20_000

    def __post_init__(self) -> None:
        check_range("threshold", self.threshold, 0.0)
        check_range("mmd_samples", self.mmd_samples, 1)
        check_range("initial_multiplier", self.initial_multiplier, 0.0, above=True)
        check_range("multiplier_learning_rate", self.multiplier_learning_rate, 0.0)
        check_range("warm_start_steps", self.warm_start_steps, 0)

    def networks(self, blueprint: Blueprint) -> Networks:
        """`multiplier`: alpha, a `LogDual` that starts at `initial_multiplier`."""
        return {"multiplier": LogDual(self.initial_multiplier)}

    def trained(self, config: Hyperparameters) -> dict[str, OptimizerSettings]:
        """`multiplier`, at `multiplier_learning_rate`."""
        return {"multiplier": OptimizerSettings(self.multiplier_learning_rate)}

    def policy_term(self, step: Step) -> tuple[Tensor | float, Losses, Metrics]:
        """The term alpha mean_B (MMD - threshold), (), and the loss of `multiplier`.

        The term's gradient reaches the policy alone; to it alpha and the VAE's samples
        are constants.
        `multiplier`: -mean_B alpha (MMD - threshold), with gradient to log alpha alone.
        """
        with torch.no_grad():
            of_data = step.vae.sample_before_squash(
                step.batch.observations, self.mmd_samples, step.generator
            )
        of_policy = step.pi.sample_before_squash(step.generator, self.mmd_samples)
        distance = mmd(of_data, of_policy, self.kernel)
        multiplier = step.networks["multiplier"]
        assert isinstance(multiplier, LogDual)
        violation = distance - self.threshold
        term = multiplier.value().detach() * violation.mean()
        losses = {"multiplier": dual_loss(multiplier.value(), violation)}
        return (
            term,
            losses,
            {
                "constraint_mmd": distance.detach().mean(),
                "constraint_multiplier": multiplier.value().detach(),
            },
        )

    def postpones_improvement(self, updates: int) -> bool:
        """Whether `updates` < `warm_start_steps`."""
        return updates < self.warm_start_steps

    @torch.no_grad()
    def after_update(self, networks: nn.ModuleDict) -> None:
        """Clamp log alpha to [-5, 10], in place."""
        multiplier = networks["multiplier"]
        assert isinstance(multiplier, LogDual)
        multiplier.log_value.clamp_(-5.0, 10.0)
