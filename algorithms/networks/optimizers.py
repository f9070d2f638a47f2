"""How parameters descend: as PyTorch's optimiser, and the same step as ordinary operations."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from algorithms.networks.blueprint import OptimizerSettings
from algorithms.types import check_range

Moments = tuple[Tensor, ...]
"""What an optimiser remembers of one parameter, in the order of its `moments`."""


@dataclass(frozen=True)
class Adam:
    """Adam with an L2 term (not AdamW); Table 1's learning rates are for it."""

    moments: ClassVar[tuple[str, ...]] = ("step", "exp_avg", "exp_avg_sq")

    def build(
        self, parameters: Iterable[torch.nn.Parameter], descent: OptimizerSettings
    ) -> torch.optim.Optimizer:
        """PyTorch's Adam at `descent`'s learning rate; decay * theta is added to the gradient."""
        lr, decay = descent
        return torch.optim.Adam(parameters, lr=lr, weight_decay=decay, fused=True)

    def initial(self, parameter: Tensor) -> Moments:
        """Moments before the first step, as `build`'s optimiser would make them."""
        step = torch.zeros((), device=parameter.device)
        return step, torch.zeros_like(parameter), torch.zeros_like(parameter)

    def step(
        self, parameter: Tensor, gradient: Tensor, moments: Moments, rate: Tensor, decay: float
    ) -> tuple[Tensor, Moments]:
        """Parameter and moments after one step (Kingma 2015, Algorithm 1; g includes the L2 term).

        m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2,
        theta - rate m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps); b1 .9, b2 .999, eps 1e-8.
        rate () is float64: 1 - b2^t has no digits to lose.
        """
        count, mean, square = moments
        if decay:
            gradient = gradient + decay * parameter
        count, mean = count + 1, torch.lerp(mean, gradient, 1 - 0.9)
        square = 0.999 * square + (1 - 0.999) * gradient * gradient
        corrections = (-torch.expm1(count.double() * math.log(beta)) for beta in (0.9, 0.999))
        of_mean, of_square = corrections
        root = square.sqrt() / of_square.sqrt().to(square.dtype) + 1e-8
        return parameter - (rate / of_mean).to(square.dtype) * mean / root, (count, mean, square)


@dataclass(frozen=True)
class MomentumSGD:
    """Gradient descent with momentum (AWR's own: 0.9)."""

    momentum: float = 0.9

    moments: ClassVar[tuple[str, ...]] = ("momentum_buffer",)

    def __post_init__(self) -> None:
        check_range("momentum", self.momentum, 0.0, 1.0)

    def build(
        self, parameters: Iterable[torch.nn.Parameter], descent: OptimizerSettings
    ) -> torch.optim.Optimizer:
        """PyTorch's SGD at `descent`'s learning rate; decay * theta is added to the gradient."""
        lr, decay = descent
        return torch.optim.SGD(parameters, lr=lr, momentum=self.momentum, weight_decay=decay)

    def initial(self, parameter: Tensor) -> Moments:
        """As `Adam.initial`."""
        return (torch.zeros_like(parameter),)

    def step(
        self, parameter: Tensor, gradient: Tensor, moments: Moments, rate: Tensor, decay: float
    ) -> tuple[Tensor, Moments]:
        """The buffer b = momentum b + g, then theta - rate b."""
        if decay:
            gradient = gradient + decay * parameter
        buffer = self.momentum * moments[0] + gradient
        return parameter - rate.to(buffer.dtype) * buffer, (buffer,)


Optimizer = Adam | MomentumSGD
