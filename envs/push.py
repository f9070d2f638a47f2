"""SawyerPush in numbers, without a simulator: its box, its goals, and its distance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

BOX_LOW = np.array([-0.2, 0.5])
BOX_HIGH = np.array([0.2, 0.7])
"""Corners (x, y), metres, of the box of the hand, of the puck's start and of both goals. The walls
keep the middle of a puck at rest at least 1.1 cm inside the box; one that starts at the rim comes
to rest 2.5 cm inside. They lean outwards, so that a hand that presses on holds the puck beyond the
rim: by up to 2.7 cm in 30 episodes (measured)."""
SUCCESS_DISTANCE_M = 0.06
"""Success: the puck is nearer to its goal than this."""


def distance(a: ArrayLike, b: ArrayLike) -> Any:
    """Euclidean distance in the plane, (..., 2), (..., 2) -> (...), in float64.

    The formula is written out, so that a row of a batch gives the same bits as the row alone.
    """
    difference = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    return np.sqrt(difference[..., 0] ** 2 + difference[..., 1] ** 2)


def puck_distance(achieved_goal: ArrayLike, desired_goal: ArrayLike) -> Any:
    """Return the puck's distance to its goal, metres: (..., 4), (..., 4) -> (...), in float64.

    Raises:
        ValueError: if a last dimension is not 4.
    """
    achieved, desired = np.asarray(achieved_goal), np.asarray(desired_goal)
    if achieved.shape[-1:] != (4,) or desired.shape[-1:] != (4,):
        raise ValueError(f"goals must be (..., 4), got {achieved.shape} and {desired.shape}")
    return distance(achieved[..., 2:], desired[..., 2:])


def sample_goals(n: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw n goals, (n, 4) float32, metres, uniformly from the box for both hand and puck.

    The goals are for relabelling. Hand and puck goals may coincide, as in the authors' code. A
    reset excludes that.
    """
    drawn = rng.uniform(np.tile(BOX_LOW, 2), np.tile(BOX_HIGH, 2), size=(n, 4))
    return drawn.astype(np.float32)
