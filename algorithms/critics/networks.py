"""A critic's ensemble with its slowly moving copy."""

from __future__ import annotations

import copy

import torch
from torch import nn

from algorithms.critics.ensembles import Clamp
from algorithms.networks.blueprint import Blueprint, Networks
from algorithms.networks.layers import HiddenLayers
from algorithms.networks.q_ensemble import QEnsemble


@torch.no_grad()
def polyak_update(target: nn.Module, source: nn.Module, tau: float) -> None:
    """Target <- (1 - tau) target + tau source, in place."""
    torch._foreach_lerp_(list(target.parameters()), list(source.parameters()), tau)


def q_networks(blueprint: Blueprint, members: int, clamp: Clamp, layers: HiddenLayers) -> Networks:
    """The ensemble, and its targets as an equal copy without gradient."""
    inputs = blueprint.observation_dim + blueprint.action_dim
    mlp = blueprint.mlp(inputs, blueprint.config.q_hidden, 1, members=members, hidden_layers=layers)
    critic = QEnsemble(mlp, clamp)
    return {"critic": critic, "target_critic": copy.deepcopy(critic).requires_grad_(False)}
