"""What a model of the data's policy may do, by default nothing."""

from __future__ import annotations

from algorithms.losses import Losses
from algorithms.networks.blueprint import Component
from algorithms.step import Step
from algorithms.types import Metrics


class Behavior(Component):
    """One level of defaults."""

    def renews(self, updates: int) -> bool:
        """Whether the model replaces its network at update number `updates`."""
        return False

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        """Of the model, from one batch."""
        return {}, {}
