"""What keeps the policy near the data.

A constraint may add a term to the policy's loss, lower the bootstrapped value, change the reward,
or bound the actions; most do one of these. `Constraint`'s methods are the defaults: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from algorithms.blueprint import Blueprint, Component, Descent, Networks
from algorithms.config import Hyperparameters
from algorithms.duals import Dual, LogDual
from algorithms.losses import Losses
from algorithms.mmd import GaussianKernel, Laplacian, mmd
from algorithms.policies import Distribution, gaussian_log_prob
from algorithms.step import Step
from algorithms.types import Metrics, check_range, check_vectors
from algorithms.vae import PerturbationPolicy


class Constraint(Component):
    """What a constraint may do; by default nothing."""

    def policy_term(self, step: Step) -> tuple[Tensor | float, Losses, Metrics]:
        """Added to the policy's loss, the losses of dual variables, and metrics."""
        return 0.0, {}, {}

    def next_value_penalty(self, step: Step) -> Tensor | float:
        """Taken from V(s') in the critic's target: (B,), under no_grad."""
        return 0.0

    def rewards(self, step: Step) -> Tensor:
        """The rewards that the critic learns from: (B,), under no_grad."""
        return step.batch.rewards

    def postpones_improvement(self, updates: int) -> bool:
        """Whether the policy follows the constraint alone at this update (a warm start)."""
        return False

    def after_update(self, networks: nn.ModuleDict) -> None:
        """Put dual variables back into their bounds."""


@dataclass(frozen=True)
class NoConstraint(Constraint):
    """Nothing keeps the policy near the data."""


@dataclass(frozen=True)
class Implicit(Constraint):
    """The objective only ever raises the likelihood of actions in the data (section 2)."""


@dataclass(frozen=True)
class Prior(Constraint):
    """The objective only ever raises the likelihood of actions of the policy before it (MPO)."""


@dataclass(frozen=True)
class LearnedPrior(Constraint):
    """The objective only ever raises the likelihood of actions of a model of the data (ABM)."""


@dataclass(frozen=True)
class InfinityNorm(Constraint):
    """|a - a_vae| <= phi in every dimension, a_vae an action of the VAE (BCQ)."""

    phi: float = 0.05

    def __post_init__(self) -> None:
        check_range("phi", self.phi, 0.0)

    def networks(self, blueprint: Blueprint) -> Networks:
        """Sets the bound on the policy (and on its target copy). ValueError for other policies."""
        for name in ("policy", "target_policy"):
            policy = blueprint.built.get(name)
            if policy is None:
                continue
            if not isinstance(policy, PerturbationPolicy):
                raise ValueError("constraint=InfinityNorm needs policy=Perturbation")
            policy.phi = self.phi
        return {}


def dual_loss(multiplier: Tensor, violation: Tensor) -> Tensor:
    """-mean_B multiplier * violation: descending it raises the multiplier where violation > 0.

    multiplier () carries the gradient; violation (B,) is detached.
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
        return {"multiplier": LogDual(self.initial_multiplier)}

    def trained(self, config: Hyperparameters) -> dict[str, Descent]:
        return {"multiplier": Descent(self.multiplier_learning_rate)}

    def policy_term(self, step: Step) -> tuple[Tensor | float, Losses, Metrics]:
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
        return updates < self.warm_start_steps

    @torch.no_grad()
    def after_update(self, networks: nn.ModuleDict) -> None:
        multiplier = networks["multiplier"]
        assert isinstance(multiplier, LogDual)
        multiplier.log_value.clamp_(-5.0, 10.0)


def log_probs_of_samples(
    pi: Distribution, model: Distribution, count: int, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """Log pi(a_k|s) and log b(a_k|s), a_k ~ pi reparameterised: two (count, B).

    Where both are squashed (or both are not) the densities are those before the tanh: its Jacobian
    is the same in both, and near the bounds atanh of a rounded action is not the sample any more.
    """
    if type(pi) is type(model):
        before = pi.sample_before_squash(generator, count)
        return tuple(  # type: ignore[return-value]
            gaussian_log_prob(before, of.mean, of.log_std) for of in (pi, model)
        )
    actions, log_prob = pi.sample_with_log_prob(generator, count)
    shape = (count, log_prob.shape[0] // count)
    return log_prob.view(shape), model.log_prob(actions.view(*shape, -1))


def sampled_kl(log_prob: Tensor, behavior_log_prob: Tensor) -> Tensor:
    """mean_k [log pi(a_k|s) - log b(a_k|s)], a_k ~ pi: (K, B) each -> (B,), one number a state."""
    if log_prob.dim() != 2 or log_prob.shape != behavior_log_prob.shape:
        raise ValueError(
            f"expected two (K, B), got {tuple(log_prob.shape)}, {tuple(behavior_log_prob.shape)}"
        )
    return (log_prob - behavior_log_prob).mean(0)


@dataclass(frozen=True)
class KLRegularisation(Constraint):
    """+ coefficient * D_KL(pi(.|s) || b(.|s)) in the policy's loss, per state (BRAC-p, Wu 2019).

    The divergence is estimated from `kl_samples` reparameterised actions of pi; the behaviour
    model is a constant to it. During the first `warm_start_steps` updates the policy follows the
    divergence alone.
    """

    coefficient: float = 0.1
    kl_samples: int = 4
    warm_start_steps: int = 0

    def __post_init__(self) -> None:
        check_range("coefficient", self.coefficient, 0.0)
        check_range("kl_samples", self.kl_samples, 1)
        check_range("warm_start_steps", self.warm_start_steps, 0)

    def policy_term(self, step: Step) -> tuple[Tensor | float, Losses, Metrics]:
        divergence = self._divergence(step, next_state=False)
        return (
            self.coefficient * divergence.mean(),
            {},
            {"constraint_kl": divergence.detach().mean()},
        )

    def _divergence(self, step: Step, *, next_state: bool) -> Tensor:
        """D_KL(pi || b) at s with gradient to pi, or at s' (then call it under no_grad): (B,)."""
        pi = step.next_pi if next_state else step.pi
        states = step.batch.next_observations if next_state else step.batch.observations
        with torch.no_grad():
            model = step.behavior_policy(states)
        return sampled_kl(*log_probs_of_samples(pi, model, self.kl_samples, step.generator))

    def postpones_improvement(self, updates: int) -> bool:
        return updates < self.warm_start_steps


@dataclass(frozen=True)
class KLPenalty(KLRegularisation):
    """`KLRegularisation`, and V(s') less coefficient * D_KL(pi(.|s') || b(.|s')) (BRAC-v)."""

    def next_value_penalty(self, step: Step) -> Tensor | float:
        divergence = self._divergence(step, next_state=True)
        check_vectors(divergence=divergence, rewards=step.batch.rewards)
        return self.coefficient * divergence


@dataclass(frozen=True)
class BatchConstantShift(Constraint):
    """What the published trainer computes for BRAC: r + mean over the batch of log b(a|s).

    It adds log b(a|s) (B,) to rewards (B, 1); the sum is (B, B), and a squared error against it
    regresses every sample on the batch mean. So each batch moves all rewards by one number, at the
    data's actions, and the policy's loss has no constraint at all. (Released code at ac45a9d; not
    necessarily what the paper ran.)
    """

    coefficient: float = 1.0

    def __post_init__(self) -> None:
        check_range("coefficient", self.coefficient, 0.0)

    def rewards(self, step: Step) -> Tensor:
        model = step.behavior_policy(step.batch.observations)
        shift: Tensor = self.coefficient * model.log_prob(step.batch.actions).mean()
        return step.batch.rewards + shift


def gaussian_kl_per_dim(
    mean_p: Tensor, log_std_p: Tensor, mean_q: Tensor, log_std_q: Tensor
) -> Tensor:
    """D_KL(N_p || N_q) of diagonal Gaussians, each dimension by itself: (B, A)."""
    ratio = (2 * (log_std_p - log_std_q)).exp()
    distance = (mean_p - mean_q).square() * (-2 * log_std_q).exp()
    return 0.5 * (ratio + distance - 1) - (log_std_p - log_std_q)


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
        return {
            "mean_multiplier": Dual(self.initial_mean_multiplier, blueprint.action_dim),
            "std_multiplier": Dual(self.initial_std_multiplier, blueprint.action_dim),
        }

    def trained(self, config: Hyperparameters) -> dict[str, Descent]:
        how = Descent(self.multiplier_learning_rate)
        return {"mean_multiplier": how, "std_multiplier": how}

    def policy_term(self, step: Step) -> tuple[Tensor | float, Losses, Metrics]:
        with torch.no_grad():
            old = step.behavior_policy(step.batch.observations)
            old_mean, old_std = old.mean, old.log_std.expand_as(old.mean)
        mean, std = step.pi.mean, step.pi.log_std.expand_as(step.pi.mean)
        by_mean = gaussian_kl_per_dim(old_mean, old_std, mean, old_std).mean(0)
        by_std = gaussian_kl_per_dim(old_mean, old_std, old_mean, std).mean(0)
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


AnyConstraint = (
    NoConstraint
    | Implicit
    | Prior
    | LearnedPrior
    | InfinityNorm
    | MMD
    | KLRegularisation
    | KLPenalty
    | BatchConstantShift
    | TrustRegion
)
