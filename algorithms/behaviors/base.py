"""What a model of the data's policy may do, by default nothing."""

from __future__ import annotations

from torch import nn

from algorithms.losses import Losses
from algorithms.networks.blueprint import Component
from algorithms.step import Step
from algorithms.types import Metrics


class Behavior(Component):
    """Base of all behaviour models. By default nothing is done; a model overrides what it needs."""

    has_density = False
    """Whether its network `behavior` is a policy with a density."""

    def before_update(self, networks: nn.ModuleDict, updates: int) -> None:
        """Change networks in place before the losses of update number `updates` are taken.

        Losses may not change a network: a compiled update would mistake their order.
        """

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        """Losses of the model, from one batch of B transitions.

        Returns the losses, each a scalar by the name of a network of `trained`, to which alone it
        carries gradient, and scalar metrics without gradient. Changes no network.
        """
        return {}, {}
