"""pi(.|s) for a batch of states: densities, samples, modes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

_LOG_SQRT_2PI = 0.5 * math.log(2 * math.pi)


class Distribution(Protocol):
    """pi(.|s) for B states."""

    @property
    def mean(self) -> Tensor:
        """Mean of the Gaussian, before the tanh if one squashes it; else the mode: (B, A)."""
        ...

    @property
    def log_std(self) -> Tensor:
        """Log of the standard deviation: (A,) or (B, A). TypeError if there is none."""
        ...

    def mode(self) -> Tensor:
        """The action of a deterministic evaluation: (B, A), with gradient to the policy.

        The mean of a Gaussian, not clipped; tanh(mean) where a tanh squashes it; else the action
        that the policy's class defines.
        """
        ...

    def log_prob(self, actions: Tensor) -> Tensor:
        """Log pi(a|s) of (B, A) or (K, B, A): (B,) or (K, B) nats. TypeError without a density."""
        ...

    def sample(self, generator: torch.Generator | None, count: int = 1) -> Tensor:
        """`count` actions a state: (count * B, A), block k holding the k-th of every state."""
        ...

    def sample_with_log_prob(
        self, generator: torch.Generator | None, count: int = 1
    ) -> tuple[Tensor, Tensor]:
        """Reparameterised samples (K * B, A) and their log-densities (K * B,) in nats.

        TypeError without a density.
        """
        ...

    def sample_before_squash(self, generator: torch.Generator | None, count: int) -> Tensor:
        """Samples of the Gaussian itself: (count, B, A). TypeError if there is none."""
        ...

    def action_for_gradient(self, generator: torch.Generator | None) -> Tensor:
        """The action along which Q is ascended: (B, A), with gradient to the policy."""
        ...


def gaussian_log_prob(value: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """Log N(value; mean, exp(log_std)^2), summed over action dimensions: (B, A) -> (B,) nats.

    value may be (K, B, A), K actions a state: (K, B).
    """
    z = (value - mean) * torch.exp(-log_std)
    dims = value.shape[-1]
    spread = log_std.sum(-1) if log_std.dim() > 1 else log_std.sum()
    return -0.5 * z.square().sum(-1) - spread - dims * _LOG_SQRT_2PI


def gaussian_kl(mean_p: Tensor, log_std_p: Tensor, mean_q: Tensor, log_std_q: Tensor) -> Tensor:
    """KL(p || q) of diagonal Gaussians, each dimension by itself: means (B, A) -> (B, A) nats.

    log sigma_q - log sigma_p + (sigma_p^2 + (mu_p - mu_q)^2) / (2 sigma_q^2) - 1/2; the log-stds
    are (A,) or (B, A). Gradient to all four.
    """
    ratio = 2 * (log_std_p - log_std_q)
    distance = ((mean_p - mean_q) * torch.exp(-log_std_q)).square()
    # expm1: p and q are often one small step apart, where exp(ratio) - 1 loses its digits
    return 0.5 * (distance + torch.expm1(ratio) - ratio)


@dataclass(frozen=True)
class Gaussian:
    """Diagonal Gaussian, not squashed: actions at the bounds +-1 have finite density."""

    mean: Tensor  # (B, A)
    log_std: Tensor  # (A,) state-independent, or (B, A)

    def mode(self) -> Tensor:
        """The mean (B, A), with gradient; not clipped."""
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

    def action_for_gradient(self, generator: torch.Generator | None) -> Tensor:
        """(B, A), the action along which Q is ascended: a reparameterised sample."""
        return self.sample(generator)


@dataclass(frozen=True)
class TanhGaussian:
    """a = tanh(u), u ~ N(mean, std^2); log-density includes -log(1 - tanh(u)^2)."""

    mean: Tensor  # (B, A), before the tanh
    log_std: Tensor  # (B, A)
    margin: float = 1e-4
    """Of the bounds, in units of actions: actions beyond 1 - margin have the density there."""

    def mode(self) -> Tensor:
        """tanh(mean), (B, A) in (-1, 1), with gradient: the image of the Gaussian's mode."""
        return torch.tanh(self.mean)

    def log_prob(self, actions: Tensor) -> Tensor:
        """(B, A) or (K, B, A) -> (B,) or (K, B) nats.

        Actions are clipped to +-(1 - margin): the bounds have no density.
        """
        return self._density(torch.atanh(actions.clamp(-1 + self.margin, 1 - self.margin)))

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
        """Samples u = mean + std * noise before the tanh: (count, B, A), reparameterised."""
        noise = _noise(self.mean.expand(count, *self.mean.shape), generator)
        return self.mean + torch.exp(self.log_std) * noise

    def action_for_gradient(self, generator: torch.Generator | None) -> Tensor:
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
        """log(noise) everywhere: (B, A), without gradient."""
        return torch.full_like(self.mean, self.noise).log()

    def mode(self) -> Tensor:
        """The action itself: (B, A), with gradient."""
        return self.mean

    def log_prob(self, actions: Tensor) -> Tensor:
        """Always raises TypeError: one action has no density."""
        raise TypeError("a deterministic policy has no density: this objective cannot train it")

    def sample(self, generator: torch.Generator | None, count: int = 1) -> Tensor:
        """(count * B, A): the action with exploration noise, clipped to [-1, 1]."""
        mean = _repeated(self.mean, count)
        return (mean + self.noise * _noise(mean, generator)).clamp(-1, 1)

    def sample_with_log_prob(
        self, generator: torch.Generator | None, count: int = 1
    ) -> tuple[Tensor, Tensor]:
        """Always raises TypeError: one action has no density."""
        raise TypeError("a deterministic policy has no density: this objective cannot train it")

    def sample_before_squash(self, generator: torch.Generator | None, count: int) -> Tensor:
        """Always raises TypeError: nothing random stands before the tanh."""
        raise TypeError("a deterministic policy has no distribution before a squashing function")

    def action_for_gradient(self, generator: torch.Generator | None) -> Tensor:
        """(B, A), the action along which Q is ascended: without exploration noise."""
        return self.mean


def _noise(like: Tensor, generator: torch.Generator | None) -> Tensor:
    return torch.randn(like.shape, generator=generator, device=like.device, dtype=like.dtype)


def _repeated(values: Tensor, count: int) -> Tensor:
    """(B, A) -> (count * B, A), block by block."""
    return values if count == 1 else values.repeat(count, 1)
