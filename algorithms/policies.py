"""Policy classes: Gaussians with tanh mean (the authors' code), a tanh-squashed one (SAC)."""

from __future__ import annotations

import copy
import itertools
import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from algorithms.blueprint import Blueprint
from algorithms.log_std import ClippedLogStd, LogStd
from algorithms.mlp import MLP
from algorithms.types import check_order, check_range

_LOG_SQRT_2PI = 0.5 * math.log(2 * math.pi)
_LARGEST_LOG_STD = 40.0
"""Of either sign: beyond it the variance or its inverse leaves the range of float32."""


def _check_log_std(**bounds: float) -> None:
    """Raise ValueError unless the bounds are finite and in ascending order."""
    for name, value in bounds.items():
        check_range(name, value, -_LARGEST_LOG_STD, _LARGEST_LOG_STD)
    for (low_name, low), (high_name, high) in itertools.pairwise(bounds.items()):
        check_order(low_name, low, high_name, high)


class Distribution(Protocol):
    """pi(.|s) for B states."""

    @property
    def mean(self) -> Tensor: ...
    @property
    def log_std(self) -> Tensor: ...
    def mode(self) -> Tensor: ...
    def log_prob(self, actions: Tensor) -> Tensor: ...
    def sample(self, generator: torch.Generator | None, count: int = 1) -> Tensor: ...
    def sample_with_log_prob(
        self, generator: torch.Generator | None, count: int = 1
    ) -> tuple[Tensor, Tensor]: ...
    def sample_before_squash(self, generator: torch.Generator | None, count: int) -> Tensor: ...
    def improvable(self, generator: torch.Generator | None) -> Tensor: ...


def gaussian_log_prob(value: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """Log N(value; mean, exp(log_std)^2), summed over action dimensions: (B, A) -> (B,) nats.

    value may be (K, B, A), K actions a state: (K, B).
    """
    z = (value - mean) * torch.exp(-log_std)
    dims = value.shape[-1]
    spread = log_std.sum(-1) if log_std.dim() > 1 else log_std.sum()
    return -0.5 * z.square().sum(-1) - spread - dims * _LOG_SQRT_2PI


@dataclass(frozen=True)
class Gaussian:
    """Diagonal Gaussian, not squashed: actions at the bounds +-1 have finite density."""

    mean: Tensor  # (B, A)
    log_std: Tensor  # (A,) state-independent, or (B, A)

    def mode(self) -> Tensor:
        return self.mean

    def log_prob(self, actions: Tensor) -> Tensor:
        """(B, A) or (K, B, A) -> (B,) or (K, B) nats."""
        return gaussian_log_prob(actions, self.mean, self.log_std)

    def sample(self, generator: torch.Generator | None, count: int = 1) -> Tensor:
        """(count * B, A), block k holding the k-th sample of every state; reparameterised."""
        mean = _repeated(self.mean, count)
        log_std = _repeated(self.log_std, count) if self.log_std.dim() > 1 else self.log_std
        return mean + torch.exp(log_std) * _noise(mean, generator)

    def sample_with_log_prob(
        self, generator: torch.Generator | None, count: int = 1
    ) -> tuple[Tensor, Tensor]:
        """Reparameterised samples (K * B, A), their log-densities (K * B,); both carry gradient."""
        actions = self.sample(generator, count)
        return actions, self.log_prob(actions.view(count, *self.mean.shape)).view(-1)

    def sample_before_squash(self, generator: torch.Generator | None, count: int) -> Tensor:
        """(count, B, A); nothing squashes this Gaussian, so these are its samples."""
        return self.sample(generator, count).view(count, *self.mean.shape)

    def improvable(self, generator: torch.Generator | None) -> Tensor:
        """(B, A), the action along which Q is ascended: a reparameterised sample."""
        return self.sample(generator)


@dataclass(frozen=True)
class TanhGaussian:
    """a = tanh(u), u ~ N(mean, std^2); log-density includes -log(1 - tanh(u)^2)."""

    mean: Tensor  # (B, A), before the tanh
    log_std: Tensor  # (B, A)

    def mode(self) -> Tensor:
        return torch.tanh(self.mean)

    def log_prob(self, actions: Tensor) -> Tensor:
        """(B, A) or (K, B, A) -> (B,) or (K, B) nats.

        Actions are clipped to +-(1 - 1e-4): the bounds have no density.
        """
        return self._density(torch.atanh(actions.clamp(-1 + 1e-4, 1 - 1e-4)))

    def sample(self, generator: torch.Generator | None, count: int = 1) -> Tensor:
        """(count * B, A), block k holding the k-th sample of every state; reparameterised."""
        return torch.tanh(self.sample_before_squash(generator, count)).flatten(0, 1)

    def sample_with_log_prob(
        self, generator: torch.Generator | None, count: int = 1
    ) -> tuple[Tensor, Tensor]:
        """Reparameterised samples (K * B, A), their log-densities (K * B,); both carry gradient."""
        u = self.sample_before_squash(generator, count)
        return torch.tanh(u).flatten(0, 1), self._density(u).flatten()

    def sample_before_squash(self, generator: torch.Generator | None, count: int) -> Tensor:
        """U = mean + std * noise: (count, B, A), reparameterised."""
        noise = _noise(self.mean.expand(count, *self.mean.shape), generator)
        return self.mean + torch.exp(self.log_std) * noise

    def improvable(self, generator: torch.Generator | None) -> Tensor:
        """(B, A), the action along which Q is ascended: a reparameterised sample."""
        return self.sample(generator)

    def _density(self, u: Tensor) -> Tensor:
        # log(1 - tanh(u)^2) = 2 (log 2 - u - softplus(-2u)), which does not cancel for large |u|
        squash = 2 * (math.log(2) - u - functional.softplus(-2 * u))
        return gaussian_log_prob(u, self.mean, self.log_std) - squash.sum(-1)


@dataclass(frozen=True)
class Deterministic:
    """One action a state (TD3). Exploration adds Gaussian noise of `noise` to it."""

    mean: Tensor  # (B, A), in [-1, 1]
    noise: float

    @property
    def log_std(self) -> Tensor:
        return torch.full_like(self.mean, self.noise).log()

    def mode(self) -> Tensor:
        return self.mean

    def log_prob(self, actions: Tensor) -> Tensor:
        raise TypeError("a deterministic policy has no density: this objective cannot train it")

    def sample(self, generator: torch.Generator | None, count: int = 1) -> Tensor:
        """(count * B, A): the action with exploration noise, clipped to [-1, 1]."""
        mean = _repeated(self.mean, count)
        return (mean + self.noise * _noise(mean, generator)).clamp(-1, 1)

    def sample_with_log_prob(
        self, generator: torch.Generator | None, count: int = 1
    ) -> tuple[Tensor, Tensor]:
        raise TypeError("a deterministic policy has no density: this objective cannot train it")

    def sample_before_squash(self, generator: torch.Generator | None, count: int) -> Tensor:
        raise TypeError("a deterministic policy has no distribution before a squashing function")

    def improvable(self, generator: torch.Generator | None) -> Tensor:
        """(B, A), the action along which Q is ascended: without exploration noise."""
        return self.mean


def _noise(like: Tensor, generator: torch.Generator | None) -> Tensor:
    return torch.randn(like.shape, generator=generator, device=like.device, dtype=like.dtype)


def _repeated(values: Tensor, count: int) -> Tensor:
    """(B, A) -> (count * B, A), block by block."""
    return values if count == 1 else values.repeat(count, 1)


class Policy(nn.Module):
    """pi_theta: observations (B, O) -> distribution. Subclasses only turn outputs into one."""

    def __init__(self, mlp: MLP) -> None:
        super().__init__()
        self.mlp = mlp

    def head(self, output: Tensor) -> Distribution:
        raise TypeError("a policy class defines head()")

    def target_copy(self) -> Policy:
        """A copy with parameters of its own, for a slowly moving target."""
        return copy.deepcopy(self)

    def forward(self, observations: Tensor) -> Distribution:
        """(B, O) -> distribution whose parameters carry gradient."""
        return self.head(self.mlp(observations).squeeze(0))

    def pair(
        self, observations: Tensor, next_observations: Tensor
    ) -> tuple[Distribution, Distribution]:
        """pi(.|s) with gradient and pi(.|s') without, in one pass over the network."""
        both = torch.cat([observations, next_observations])
        output, next_output = self.mlp.split(both, observations.shape[0])
        with torch.no_grad():
            following = self.head(next_output.squeeze(0))
        return self.head(output.squeeze(0)), following


class _TanhMeanPolicy(Policy):
    def __init__(self, mlp: MLP, action_dim: int, low: float, high: float) -> None:
        super().__init__(mlp)
        self.low, self.high = low, high
        self.std_logits = nn.Parameter(torch.zeros(action_dim))

    def head(self, output: Tensor) -> Distribution:
        log_std = self.low + (self.high - self.low) * torch.sigmoid(self.std_logits)
        return Gaussian(torch.tanh(output), log_std)


class _HeteroscedasticPolicy(Policy):
    def __init__(self, mlp: MLP, low: float, high: float) -> None:
        super().__init__(mlp)
        self.low, self.high = low, high

    def head(self, output: Tensor) -> Distribution:
        mean, logits = output.chunk(2, -1)
        return Gaussian(torch.tanh(mean), self.low + (self.high - self.low) * torch.sigmoid(logits))


class _TanhGaussianPolicy(Policy):
    def __init__(self, mlp: MLP, low: float, high: float, log_std: nn.Module) -> None:
        super().__init__(mlp)
        self.low, self.high, self.log_std = low, high, log_std

    def head(self, output: Tensor) -> Distribution:
        mean, log_std = output.chunk(2, -1)
        return TanhGaussian(mean, self.log_std(log_std, self.low, self.high))


class FreeGaussianPolicy(Policy):
    """Linear mean, one free log-std per action dimension with a floor."""

    def __init__(self, mlp: MLP, action_dim: int, initial: float, low: float) -> None:
        super().__init__(mlp)
        self.low = low
        self.log_std = nn.Parameter(torch.full((action_dim,), initial))

    def head(self, output: Tensor) -> Distribution:
        return Gaussian(output, self.log_std.clamp(min=self.low))

    def plain_mean(self, observations: Tensor, flat: Tensor) -> Tensor:
        """The mean (B, A) as ordinary operations of `flat` (the MLP's parameters): torch.func
        transforms, forward mode included, apply to it."""
        return self.mlp.plain(observations, flat).squeeze(0)


class _DeterministicPolicy(Policy):
    def __init__(self, mlp: MLP, noise: float) -> None:
        super().__init__(mlp)
        self.noise = noise

    def head(self, output: Tensor) -> Distribution:
        return Deterministic(torch.tanh(output), self.noise)


def _policy_mlp(blueprint: Blueprint, outputs: int) -> MLP:
    hidden = blueprint.config.policy_hidden
    return blueprint.mlp(blueprint.observation_dim, hidden, outputs, last_scale=1e-3)


@dataclass(frozen=True)
class TanhMeanGaussian:
    """Mean tanh(f(s)); one free, bounded standard deviation per action dimension.

    log std = low + (high - low) sigmoid(p), p starting at 0: an initial std of exp(-3) = 0.0498
    (released code; the paper's text does not say). Weight decay pulls p to 0 as well.
    """

    log_std_min: float = -6.0
    log_std_max: float = 0.0

    def __post_init__(self) -> None:
        _check_log_std(log_std_min=self.log_std_min, log_std_max=self.log_std_max)

    def build(self, blueprint: Blueprint) -> Policy:
        mlp = _policy_mlp(blueprint, blueprint.action_dim)
        return _TanhMeanPolicy(mlp, blueprint.action_dim, self.log_std_min, self.log_std_max)


@dataclass(frozen=True)
class HeteroscedasticGaussian:
    """`TanhMeanGaussian` with a standard deviation that depends on the state.

    Mean tanh(f(s)), log std = low + (high - low) sigmoid(g(s)); f and g are two linear heads of
    one network. g starts near 0: an initial std of exp(-3) = 0.0498 everywhere. The authors'
    scripts for MuJoCo and SawyerPush ran this one, those for the hand the other.
    """

    log_std_min: float = -6.0
    log_std_max: float = 0.0

    def __post_init__(self) -> None:
        _check_log_std(log_std_min=self.log_std_min, log_std_max=self.log_std_max)

    def build(self, blueprint: Blueprint) -> Policy:
        mlp = _policy_mlp(blueprint, 2 * blueprint.action_dim)
        return _HeteroscedasticPolicy(mlp, self.log_std_min, self.log_std_max)


@dataclass(frozen=True)
class SquashedGaussian:
    """The standard SAC policy: state-dependent std, samples squashed by tanh (Haarnoja 2018)."""

    log_std_min: float = -20.0
    log_std_max: float = 2.0
    log_std: LogStd = ClippedLogStd()
    """How the network's output becomes log sigma within the bounds."""

    def __post_init__(self) -> None:
        _check_log_std(log_std_min=self.log_std_min, log_std_max=self.log_std_max)

    def build(self, blueprint: Blueprint) -> Policy:
        mlp = _policy_mlp(blueprint, 2 * blueprint.action_dim)
        return _TanhGaussianPolicy(mlp, self.log_std_min, self.log_std_max, self.log_std.build())


@dataclass(frozen=True)
class FreeGaussian:
    """Linear mean, free log-std that starts at `log_std_init` (DAPG's policy).

    DAPG's own network is tanh (32, 32); here it is the ReLU network of all methods, so that a
    comparison varies the algorithm alone. Nothing bounds the mean: actions are clipped where they
    are executed.
    """

    log_std_init: float = 0.0
    log_std_min: float = -3.0

    def __post_init__(self) -> None:  # below the floor the clamp passes no gradient
        _check_log_std(log_std_min=self.log_std_min, log_std_init=self.log_std_init)

    def build(self, blueprint: Blueprint) -> Policy:
        mlp = _policy_mlp(blueprint, blueprint.action_dim)
        return FreeGaussianPolicy(mlp, blueprint.action_dim, self.log_std_init, self.log_std_min)


@dataclass(frozen=True)
class DeterministicTanh:
    """a = tanh(f(s)); while exploring, Gaussian noise is added (TD3, Fujimoto 2018)."""

    exploration_noise: float = 0.1

    def __post_init__(self) -> None:
        check_range("exploration_noise", self.exploration_noise, 0.0)

    def build(self, blueprint: Blueprint) -> Policy:
        return _DeterministicPolicy(
            _policy_mlp(blueprint, blueprint.action_dim), self.exploration_noise
        )
