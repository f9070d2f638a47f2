"""No critic: BC."""

from __future__ import annotations

from dataclasses import dataclass

from algorithms.critics.base import Critic


@dataclass(frozen=True)
class NoCritic(Critic):
    """The method learns no value function (BC)."""

    evaluates = False
