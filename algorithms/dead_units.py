"""The share of hidden units that a network has lost: those that are 0 whatever it is shown."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from algorithms.critics.gae import ValueBaseline
from algorithms.networks.mlp import MLP
from algorithms.policies.perturbation import PerturbationPolicy
from algorithms.policies.policy import Policy
from algorithms.types import Batch, Metrics

_CRITICS = ("critic", "value", "baseline")


@torch.no_grad()
def dead_share(mlp: MLP, x: Tensor) -> Tensor:
    """Share of the ReLU units, over all layers and members, that are 0 on every row of x (R, in).

    The share is (), in [0, 1], without gradient. A unit that is dead on the data has no gradient
    there and never comes back by itself.
    """
    dead = []
    for member in mlp.layers():
        hidden = x
        for weight, bias in member[:-1]:
            hidden = torch.addmm(bias, hidden, weight)
            hidden = torch.relu(mlp.hidden_layers.before_relu(hidden))
            dead.append((hidden == 0).all(0))
    return torch.cat(dead).float().mean()


def dead_units(networks: nn.ModuleDict, batch: Batch) -> Metrics:
    """`dead_units_policy`, and `dead_units_critic` of Q, else of V; batch as the networks see it.

    DAPG's baseline, which sees the time too, is shown every state as an episode's first.
    """
    policy = networks["policy"]
    assert isinstance(policy, Policy)
    s, pairs = batch.observations, torch.cat([batch.observations, batch.actions], -1)
    perturbs = isinstance(policy, PerturbationPolicy)
    metrics = {"dead_units_policy": dead_share(policy.mlp, pairs if perturbs else s)}
    for name in _CRITICS:
        if name not in networks:
            continue
        critic, x = networks[name], pairs if name == "critic" else s
        if isinstance(critic, ValueBaseline):
            x = torch.cat([critic.features(first) for first in torch.split(s, 1)])
        mlp = critic.mlp
        assert isinstance(mlp, MLP)
        return metrics | {"dead_units_critic": dead_share(mlp, x)}
    return metrics
