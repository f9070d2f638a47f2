"""What a component needs to make its networks, and how it asks for them to be trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import nn

from algorithms.config import Hyperparameters
from algorithms.networks.layers import PLAIN, HiddenLayers
from algorithms.networks.mlp import MLP

Networks = dict[str, nn.Module]


class OptimizerSettings(NamedTuple):
    """How one network is trained: learning rate and L2 term of its optimiser."""

    learning_rate: float
    weight_decay: float = 0.0


@dataclass(frozen=True)
class Blueprint:
    """Sizes of the task, the hyperparameters, and the stream of random initial weights.

    `built` holds what has been made so far, in the order policy, critic, objective, behaviour
    model, constraint: a component may refer to it (a target network is a copy of another).
    """

    observation_dim: int
    action_dim: int
    config: Hyperparameters
    generator: torch.Generator
    built: Networks = field(default_factory=dict)

    def mlp(
        self,
        inputs: int,
        hidden: Sequence[int],
        outputs: int,
        *,
        members: int = 1,
        last_scale: float = 3e-3,
        hidden_layers: HiddenLayers = PLAIN,
    ) -> MLP:
        """An ensemble of ReLU networks, in the precision that the hyperparameters ask for."""
        return MLP(
            (inputs, *hidden, outputs),
            members=members,
            last_scale=last_scale,
            generator=self.generator,
            dtype=getattr(torch, self.config.precision),
            hidden_layers=hidden_layers,
        )


class Component:
    """A part of a method. What it needs (networks, dual variables) it declares; the agent owns it.

    Methods do nothing by default: most components need no network of their own.
    """

    @property
    def columns(self) -> tuple[str, ...]:
        """What the replay buffer must keep beside the transitions: see `ReplayBuffer`."""
        return ()

    def networks(self, blueprint: Blueprint) -> Networks:
        """Name -> module. A name that `trained` leaves out is not touched by an optimiser."""
        return {}

    def trained(self, config: Hyperparameters) -> dict[str, OptimizerSettings]:
        """Name of each network that this component's losses train -> how."""
        return {}
