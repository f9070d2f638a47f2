"""The goal conditions of the hand tasks, as functions of what the agent observes.

Every quantity the conditions need is part of the observation, so that the reward of a transition
is a function of its next observation. That makes relabelling exact, and lets data files be read
without a simulator.

Each takes observations (N, O) in float64, metres and radians, and the door's threshold (radians),
which the other tasks pass over; each returns (N,) bool.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Condition = Callable[[NDArray[np.float64], float], NDArray[np.bool_]]

PEN_DISTANCE_M = 0.075
"""Pen: largest distance between pen and target (paper, appendix on the environments)."""
PEN_COSINE = 0.95
"""Pen: the cosine between pen and target axis must exceed this. (The paper prints "|cos| <= .95",
a slip of the sign: the authors' environment asks for cos > 0.95.)"""
DOOR_ANGLE_RAD = 1.4
"""Door: the hinge must turn further than this (paper). The authors' released environment uses
1.35, to be passed as ``door_threshold``."""
RELOCATE_DISTANCE_M = 0.1
"""Relocate: largest distance between ball and target (paper)."""

# Where gymnasium-robotics' `_get_obs` puts what the conditions need.
_PEN_AXIS = slice(33, 36)
_PEN_TARGET_AXIS = slice(36, 39)
_PEN_OFFSET = slice(39, 42)
DOOR_HINGE = 28
_RELOCATE_OFFSET = slice(36, 39)


def pen_is_turned(o: NDArray[np.float64], door_threshold: float) -> NDArray[np.bool_]:
    """The pen is at its target, and its axis along the target's."""
    cosine = (o[:, _PEN_AXIS] * o[:, _PEN_TARGET_AXIS]).sum(axis=1)
    reached: NDArray[np.bool_] = (np.linalg.norm(o[:, _PEN_OFFSET], axis=1) <= PEN_DISTANCE_M) & (
        cosine > PEN_COSINE
    )
    return reached


def door_is_open(o: NDArray[np.float64], door_threshold: float) -> NDArray[np.bool_]:
    """The hinge has turned beyond the threshold."""
    reached: NDArray[np.bool_] = o[:, DOOR_HINGE] > door_threshold
    return reached


def ball_is_there(o: NDArray[np.float64], door_threshold: float) -> NDArray[np.bool_]:
    """The ball is at its target."""
    reached: NDArray[np.bool_] = (
        np.linalg.norm(o[:, _RELOCATE_OFFSET], axis=1) <= RELOCATE_DISTANCE_M
    )
    return reached
