"""How parameters descend."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch

from algorithms.blueprint import Descent
from algorithms.types import check_range


@dataclass(frozen=True)
class Adam:
    """Adam with an L2 term (not AdamW); Table 1's learning rates are for it."""

    def build(
        self, parameters: Iterable[torch.nn.Parameter], descent: Descent
    ) -> torch.optim.Optimizer:
        lr, decay = descent
        return torch.optim.Adam(parameters, lr=lr, weight_decay=decay, fused=True)


@dataclass(frozen=True)
class MomentumSGD:
    """Gradient descent with momentum (AWR's own: 0.9)."""

    momentum: float = 0.9

    def __post_init__(self) -> None:
        check_range("momentum", self.momentum, 0.0, 1.0)

    def build(
        self, parameters: Iterable[torch.nn.Parameter], descent: Descent
    ) -> torch.optim.Optimizer:
        lr, decay = descent
        return torch.optim.SGD(parameters, lr=lr, momentum=self.momentum, weight_decay=decay)


Optimizer = Adam | MomentumSGD
