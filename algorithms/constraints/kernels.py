"""Maximum mean discrepancy between two sets of action samples, state by state (BEAR)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from algorithms.types import check_range


@dataclass(frozen=True)
class Laplacian:
    """k(x, y) = exp(-|x - y|_1 / (2 sigma)) (Kumar 2019); sigma in units of x and y."""

    sigma: float = 20.0

    def __post_init__(self) -> None:
        check_range("sigma", self.sigma, 0.0, above=True)

    def __call__(self, difference: Tensor) -> Tensor:
        """Differences x - y (..., A) -> k (...), with gradient to them."""
        return torch.exp(-difference.abs().sum(-1) / (2 * self.sigma))


@dataclass(frozen=True)
class GaussianKernel:
    """k(x, y) = exp(-|x - y|_2^2 / (2 sigma)); as in BEAR's code sigma is not squared.

    sigma has the units of x and y, squared.
    """

    sigma: float = 50.0

    def __post_init__(self) -> None:
        check_range("sigma", self.sigma, 0.0, above=True)

    def __call__(self, difference: Tensor) -> Tensor:
        """Differences x - y (..., A) -> k (...), with gradient to them."""
        return torch.exp(-difference.square().sum(-1) / (2 * self.sigma))


Kernel = Laplacian | GaussianKernel


def mmd(x: Tensor, y: Tensor, kernel: Kernel) -> Tensor:
    """sqrt(mean k(x, x') + mean k(y, y') - 2 mean k(x, y) + 1e-6), the diagonal included.

    x (N, B, A) and y (M, B, A), samples of two distributions for each of B states, -> (B,).
    Carries gradient to both. Identical samples give sqrt(1e-6) = 1e-3. What is under the root is
    clamped to at least 1e-6. Rounding alone takes it below; no gradient passes there. ValueError
    if the states or the action dimensions differ.
    """
    if x.dim() != 3 or y.dim() != 3 or x.shape[1:] != y.shape[1:]:
        raise ValueError(
            f"expected (N, B, A) and (M, B, A), got {tuple(x.shape)}, {tuple(y.shape)}"
        )

    def mean(a: Tensor, b: Tensor) -> Tensor:
        return kernel(a.unsqueeze(0) - b.unsqueeze(1)).mean((0, 1))

    return (mean(x, x) + mean(y, y) - 2 * mean(x, y) + 1e-6).clamp(min=1e-6).sqrt()
