"""How the output of a network becomes the log of a standard deviation, within two bounds."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from algorithms.types import check_order, check_range


@dataclass(frozen=True)
class ClippedLogStd:
    """log sigma = clip(x, low, high): no gradient beyond a bound (SAC, Haarnoja 2018)."""

    def build(self) -> nn.Module:
        """The module (x, low, high) -> log sigma, without parameters; the shape is that of x."""
        return _Clipped()


@dataclass(frozen=True)
class TanhLogStd:
    """log sigma = low + (high - low) (tanh(x) + 1) / 2: in the middle at x = 0 (BRAC, Wu 2019).

    With BRAC's bounds [-5, 0] the initial sigma is exp(-2.5) = 0.082.
    """

    def build(self) -> nn.Module:
        """The module (x, low, high) -> log sigma, without parameters; the shape is that of x."""
        return _TanhScaled()


@dataclass(frozen=True)
class AffineLogStd:
    """log sigma = clip(m x + c, low, high), m and c trained scalars (Cal-QL, Nakamoto 2023).

    `multiplier` and `offset` are what m and c start at: an initial sigma of exp(-1) = 0.37.
    """

    multiplier: float = 1.0
    offset: float = -1.0

    def __post_init__(self) -> None:
        check_range("multiplier", self.multiplier)
        check_range("offset", self.offset)

    def build(self) -> nn.Module:
        """The module (x, low, high) -> log sigma, of parameters m and c; the shape is that of x."""
        return _Affine(self.multiplier, self.offset)


LogStd = ClippedLogStd | TanhLogStd | AffineLogStd


class _Clipped(nn.Module):
    def forward(self, output: Tensor, low: float, high: float) -> Tensor:
        return output.clamp(low, high)


class _TanhScaled(nn.Module):
    def forward(self, output: Tensor, low: float, high: float) -> Tensor:
        return low + 0.5 * (high - low) * (torch.tanh(output) + 1)


class _Affine(nn.Module):
    def __init__(self, multiplier: float, offset: float) -> None:
        super().__init__()
        self.multiplier = nn.Parameter(torch.tensor(multiplier))
        self.offset = nn.Parameter(torch.tensor(offset))

    def forward(self, output: Tensor, low: float, high: float) -> Tensor:
        return (self.multiplier * output + self.offset).clamp(low, high)


_LARGEST_LOG_STD = 40.0
"""Of either sign: beyond it the variance or its inverse leaves the range of float32."""


def check_log_std(**bounds: float) -> None:
    """Raise ValueError unless the bounds are finite and in ascending order."""
    for name, value in bounds.items():
        check_range(name, value, -_LARGEST_LOG_STD, _LARGEST_LOG_STD)
    for (low_name, low), (high_name, high) in itertools.pairwise(bounds.items()):
        check_order(low_name, low, high_name, high)
