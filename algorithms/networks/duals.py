"""Dual variables: Lagrange multipliers and temperatures that gradient descent keeps positive."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class LogDual(nn.Module):
    """A positive scalar exp(log_value): a Lagrange multiplier, or SAC's temperature."""

    def __init__(self, initial: float) -> None:
        super().__init__()
        self.log_value = nn.Parameter(torch.tensor(math.log(initial)))

    def value(self) -> Tensor:
        """Scalar, with gradient."""
        return self.log_value.exp()


class Dual(nn.Module):
    """Lagrange variables kept positive by softplus: `size` of them, all `initial` at first."""

    def __init__(self, initial: float, size: int = 1) -> None:
        super().__init__()
        raw = initial + math.log(-math.expm1(-initial))  # softplus^-1
        self.raw = nn.Parameter(torch.full((size,), raw))

    def value(self) -> Tensor:
        """(size,), with gradient."""
        return functional.softplus(self.raw) + 1e-8
