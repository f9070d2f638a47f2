"""No model of the data."""

from __future__ import annotations

from dataclasses import dataclass

from algorithms.behaviors.base import Behavior


@dataclass(frozen=True)
class NoBehavior(Behavior):
    """The data's policy is not modelled."""
