"""What a critic may do, by default nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from algorithms.buffer import ReplayBuffer
from algorithms.data.returns import Rollout
from algorithms.losses import Losses
from algorithms.networks.blueprint import Component
from algorithms.step import Step
from algorithms.types import Metrics


class Critic(Component):
    """Base of all critics.

    One of single transitions defines `networks`, `trained` and `losses`. If it learns Q(s, a), its
    network `critic` is a `QEnsemble`, and `target_critic` a copy (`q_networks` makes both).
    """

    has_q = False
    """Whether it learns Q(s, a), which may be asked at any actions."""

    evaluates = True
    """Whether it learns a value of anything; a method that learns none may do without replay."""

    def improves(self, updates: int) -> bool:
        """Whether the policy is improved at update number `updates`."""
        return True

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        """Losses of its networks, from one batch of B transitions.

        Returns the losses, each a scalar by the name of a network of `trained`, to which alone it
        carries gradient, and scalar metrics without gradient. Changes no network.
        """
        return {}, {}

    def refreshes(self, updates: int, *, grown: bool) -> bool:
        """Whether `refresh` is due before update `updates`; grown: the buffer has new data."""
        return False

    def refresh(
        self,
        networks: nn.ModuleDict,
        buffer: ReplayBuffer,
        discount: float,
        *,
        see: Callable[[Tensor], Tensor] = lambda observations: observations,
    ) -> None:
        """Fill the buffer's columns anew. see: observations (N, O) -> as networks see them."""

    def advantages_of(self, networks: nn.ModuleDict, rollouts: Sequence[Rollout]) -> Tensor:
        """Of N transitions of whole episodes: (N,). TypeError unless it is an on-policy critic."""
        raise TypeError(f"critic={type(self).__name__} does not judge whole episodes: GAE does")

    def fit_to(
        self,
        networks: nn.ModuleDict,
        optimizers: Mapping[str, torch.optim.Optimizer],
        rollouts: Sequence[Rollout],
        generator: torch.Generator,
    ) -> Metrics:
        """Learn values from N transitions of whole episodes, the policy's own.

        networks: the agent's, those of `trained` are stepped. optimizers: theirs, by name.
        generator: draws minibatches. Returns scalar metrics without gradient. TypeError unless it
        is an on-policy critic.
        """
        raise TypeError(f"critic={type(self).__name__} does not learn from whole episodes")
