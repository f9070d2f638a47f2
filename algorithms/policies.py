"""Policy classes: a Gaussian with tanh mean (the released code), a tanh-squashed one (SAC)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from algorithms.mlp import MLP

_LOG_SQRT_2PI = 0.5 * math.log(2 * math.pi)


class Distribution(Protocol):
    """pi(.|s) for B states."""

    @property
    def mean(self) -> Tensor: ...
    @property
    def log_std(self) -> Tensor: ...
    def mode(self) -> Tensor: ...
    def log_prob(self, actions: Tensor) -> Tensor: ...
    def sample(self, generator: torch.Generator | None, count: int = 1) -> Tensor: ...
    def sample_with_log_prob(self, generator: torch.Generator | None) -> tuple[Tensor, Tensor]: ...


def gaussian_log_prob(value: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """Log N(value; mean, exp(log_std)^2), summed over action dimensions: (B, A) -> (B,) nats."""
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
        """(B, A) -> (B,) nats."""
        return gaussian_log_prob(actions, self.mean, self.log_std)

    def sample(self, generator: torch.Generator | None, count: int = 1) -> Tensor:
        """(count * B, A), block k holding the k-th sample of every state; reparameterised."""
        mean = _repeated(self.mean, count)
        log_std = _repeated(self.log_std, count) if self.log_std.dim() > 1 else self.log_std
        return mean + torch.exp(log_std) * _noise(mean, generator)

    def sample_with_log_prob(self, generator: torch.Generator | None) -> tuple[Tensor, Tensor]:
        """Reparameterised sample (B, A) and its log-density (B,); both carry gradient."""
        actions = self.sample(generator)
        return actions, self.log_prob(actions)


@dataclass(frozen=True)
class TanhGaussian:
    """a = tanh(u), u ~ N(mean, std^2); log-density includes -log(1 - tanh(u)^2)."""

    mean: Tensor  # (B, A), before the tanh
    log_std: Tensor  # (B, A)

    def mode(self) -> Tensor:
        return torch.tanh(self.mean)

    def log_prob(self, actions: Tensor) -> Tensor:
        """(B, A) -> (B,) nats. Actions are clipped to +-(1 - 1e-4): the bounds have no density."""
        return self._density(torch.atanh(actions.clamp(-1 + 1e-4, 1 - 1e-4)))

    def sample(self, generator: torch.Generator | None, count: int = 1) -> Tensor:
        """(count * B, A), block k holding the k-th sample of every state; reparameterised."""
        mean, log_std = _repeated(self.mean, count), _repeated(self.log_std, count)
        return torch.tanh(mean + torch.exp(log_std) * _noise(mean, generator))

    def sample_with_log_prob(self, generator: torch.Generator | None) -> tuple[Tensor, Tensor]:
        """Reparameterised sample (B, A) and its log-density (B,); both carry gradient."""
        u = self.mean + torch.exp(self.log_std) * _noise(self.mean, generator)
        return torch.tanh(u), self._density(u)

    def _density(self, u: Tensor) -> Tensor:
        # log(1 - tanh(u)^2) = 2 (log 2 - u - softplus(-2u)), which does not cancel for large |u|
        squash = 2 * (math.log(2) - u - functional.softplus(-2 * u))
        return gaussian_log_prob(u, self.mean, self.log_std) - squash.sum(-1)


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


class _TanhGaussianPolicy(Policy):
    def __init__(self, mlp: MLP, low: float, high: float) -> None:
        super().__init__(mlp)
        self.low, self.high = low, high

    def head(self, output: Tensor) -> Distribution:
        mean, log_std = output.chunk(2, -1)
        return TanhGaussian(mean, log_std.clamp(self.low, self.high))


@dataclass(frozen=True)
class TanhMeanGaussian:
    """Mean tanh(f(s)); one free, bounded standard deviation per action dimension.

    log std = low + (high - low) sigmoid(p), p starting at 0: an initial std of exp(-3) = 0.0498
    (released code; the paper's text does not say). Weight decay pulls p to 0 as well.
    """

    log_std_min: float = -6.0
    log_std_max: float = 0.0

    def build(
        self,
        observation_dim: int,
        action_dim: int,
        hidden: Sequence[int],
        generator: torch.Generator,
        dtype: torch.dtype,
        compiled: bool,
    ) -> Policy:
        sizes = (observation_dim, *hidden, action_dim)
        mlp = MLP(sizes, last_scale=1e-3, generator=generator, dtype=dtype, compiled=compiled)
        return _TanhMeanPolicy(mlp, action_dim, self.log_std_min, self.log_std_max)


@dataclass(frozen=True)
class SquashedGaussian:
    """The standard SAC policy: state-dependent std, samples squashed by tanh (Haarnoja 2018)."""

    log_std_min: float = -20.0
    log_std_max: float = 2.0

    def build(
        self,
        observation_dim: int,
        action_dim: int,
        hidden: Sequence[int],
        generator: torch.Generator,
        dtype: torch.dtype,
        compiled: bool,
    ) -> Policy:
        sizes = (observation_dim, *hidden, 2 * action_dim)
        mlp = MLP(sizes, last_scale=1e-3, generator=generator, dtype=dtype, compiled=compiled)
        return _TanhGaussianPolicy(mlp, self.log_std_min, self.log_std_max)


PolicyClass = TanhMeanGaussian | SquashedGaussian
