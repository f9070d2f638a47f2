"""What flows between buffer, agent and log, and the shape checks that keep it honest."""

from __future__ import annotations

import math
from typing import NamedTuple

from torch import Tensor

Metrics = dict[str, Tensor]
"""Name -> scalar tensor without gradient. Turned into numbers only when a row is written."""


class Batch(NamedTuple):
    """B transitions. Per-sample scalars are (B,), never (B, 1)."""

    observations: Tensor  # (B, O)
    actions: Tensor  # (B, A), in [-1, 1]
    rewards: Tensor  # (B,)
    masks: Tensor  # (B,) 1 = bootstrap from the next state, 0 = true terminal (not a time limit)
    next_observations: Tensor  # (B, O)
    returns: Tensor | None = None  # (B,) discounted return-to-go, where the buffer keeps it
    targets: Tensor | None = None  # (B,) TD(lambda) return, where a critic has filled it in
    advantages: Tensor | None = None  # (B,) its difference to V(s), likewise


def check_vectors(**tensors: Tensor) -> None:
    """Raise ValueError unless all tensors have one and the same shape (B,).

    A (B, 1) beside a (B,) broadcasts to (B, B) and trains every sample on the batch mean: the
    released trainer's BRAC penalty and SAC entropy do just that.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if any(len(shape) != 1 for shape in shapes.values()) or len(set(shapes.values())) > 1:
        raise ValueError(f"expected one common shape (B,), got {shapes}")


def check_same_shape(**tensors: Tensor) -> None:
    """Raise ValueError unless all tensors have one and the same shape, (B,) or (K, B)."""
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if any(len(shape) not in (1, 2) for shape in shapes.values()) or len(set(shapes.values())) > 1:
        raise ValueError(f"expected one common shape (B,) or (K, B), got {shapes}")


def check_ensemble(q: Tensor, target: Tensor) -> None:
    """Raise ValueError unless q is (E, B) and target is (B,)."""
    if q.dim() != 2 or target.dim() != 1 or q.shape[1] != target.shape[0]:
        raise ValueError(
            f"expected q (E, B) and target (B,), got {tuple(q.shape)}, {tuple(target.shape)}"
        )


def check_range(
    name: str,
    value: float,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    above: bool = False,
    finite: bool = True,
) -> None:
    """Raise ValueError unless low <= value <= high (low < value if `above`).

    NaN is refused always, infinity unless `finite` is False (a bound that may be absent).
    """
    if finite and value in (math.inf, -math.inf):
        raise ValueError(f"{name} must be finite, got {value}")
    if not (low <= value <= high) or (above and value == low):
        lower = [f"above {low:,}" if above else f"at least {low:,}"] * (low > -math.inf)
        upper = [f"at most {high:,}"] * (high < math.inf)
        bounds = " and ".join(lower + upper) or "a number"
        raise ValueError(f"{name} must be {bounds}, got {value}")


def check_order(low_name: str, low: float, high_name: str, high: float) -> None:
    """Raise ValueError if the lower bound is above the upper one."""
    if low > high:
        raise ValueError(f"{low_name} must be at most {high_name}, got {low} and {high}")
