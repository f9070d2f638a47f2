"""Q(s, a) of an ensemble, and V(s)."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from algorithms.networks.mlp import MLP


class Clamping(Protocol):
    """What bounds the networks' output: `critics.ensembles.Clamp`."""

    def output(self, q: Tensor) -> Tensor:
        """(E, ...) -> (E, ...)."""
        ...


class QEnsemble(nn.Module):
    """Q_1..Q_E: (B, O), (B, A) -> (E, B)."""

    def __init__(self, mlp: MLP, clamp: Clamping) -> None:
        super().__init__()
        self.mlp, self.clamp = mlp, clamp

    def forward(self, observations: Tensor, actions: Tensor) -> Tensor:
        """(E, B), with gradient to parameters and actions."""
        return self.clamp.output(self.mlp(torch.cat([observations, actions], -1)).squeeze(-1))

    def frozen(self, observations: Tensor, actions: Tensor) -> Tensor:
        """(E, B), with gradient to the actions only."""
        return self.clamp.output(
            self.mlp.frozen(torch.cat([observations, actions], -1)).squeeze(-1)
        )

    def split(self, observations: Tensor, actions: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
        """Q(s, a) with gradient (E, B); Q(s, a_k) without, for others (K * B, A): (E, K * B)."""
        size = observations.shape[0]
        blocks = [actions, *torch.split(others, size)]
        x = torch.cat([torch.cat([observations, block], -1) for block in blocks])
        q, q_others = self.mlp.split(x, size)
        return self.clamp.output(q.squeeze(-1)), self.clamp.output(q_others.squeeze(-1))

    def candidates(self, observations: Tensor, actions: Tensor) -> Tensor:
        """Q(s, a_k) for actions (K * B, A), block k the k-th action of every state: (E, K, B)."""
        size = observations.shape[0]
        states = observations.repeat(actions.shape[0] // size, 1)
        q: Tensor = self(states, actions)
        return q.view(-1, actions.shape[0] // size, size)


def ensemble_of(networks: nn.ModuleDict, name: str) -> QEnsemble:
    """The network `name`, which must be a `QEnsemble`.

    Raises:
        KeyError: there is no network of that name.
        TypeError: it is another one.
    """
    if name not in networks:
        raise KeyError(f"the critic makes no network {name!r}: see q_networks")
    network = networks[name]
    if not isinstance(network, QEnsemble):
        raise TypeError(
            f"network {name!r} is a {type(network).__name__}, a QEnsemble is needed: see q_networks"
        )
    return network


class ValueNetwork(nn.Module):
    """V: (B, O) -> (B,), `scale` times the network's output."""

    def __init__(self, mlp: MLP, scale: float = 1.0) -> None:
        super().__init__()
        self.mlp, self.scale = mlp, scale

    def forward(self, observations: Tensor) -> Tensor:
        """V(s): (B,) in units of reward, with gradient to the parameters."""
        values: Tensor = self.scale * self.mlp(observations).squeeze(-1).squeeze(0)
        return values
