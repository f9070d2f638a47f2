"""V as an expectile over the data's actions: IQL."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from algorithms.config import Hyperparameters
from algorithms.critics.base import Critic
from algorithms.critics.ensembles import Clamp, NoClamp
from algorithms.critics.losses import expectile_loss, td_loss, td_target
from algorithms.critics.networks import q_networks
from algorithms.losses import Losses
from algorithms.networks.blueprint import Blueprint, Networks, OptimizerSettings
from algorithms.networks.layers import PlainLayers
from algorithms.networks.q_ensemble import ValueNetwork
from algorithms.step import Step
from algorithms.types import Metrics, check_range


@dataclass(frozen=True)
class ExpectileTD(Critic):
    """IQL: V is an expectile of Q over the data's actions, Q bootstraps from V (Kostrikov 2021).

    V: expectile loss of min_j target Q_j(s, a) - V(s). Q: (r + discount mask V(s') - Q_j(s, a))^2.
    No action of the policy is ever evaluated.
    """

    has_q = True

    expectile: float = 0.7
    members: int = 2
    clamp: Clamp = NoClamp()

    def __post_init__(self) -> None:
        check_range("expectile", self.expectile, 0.0, 1.0, above=True)
        check_range("members", self.members, 1)

    def networks(self, blueprint: Blueprint) -> Networks:
        """`critic`, its equal copy `target_critic`, and `value`: V(s) with layers `q_hidden`."""
        networks = q_networks(blueprint, self.members, self.clamp, PlainLayers())
        mlp = blueprint.mlp(blueprint.observation_dim, blueprint.config.q_hidden, 1)
        return networks | {"value": ValueNetwork(mlp)}

    def trained(self, config: Hyperparameters) -> dict[str, OptimizerSettings]:
        """`critic` and `value`, both at `q_learning_rate` with `q_weight_decay`."""
        how = OptimizerSettings(config.q_learning_rate, config.q_weight_decay)
        return {"critic": how, "value": how}

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        """Two losses, each with gradient to its own network alone.

        `critic`: sum_j mean_B (Q_j(s, a) - y)^2, y = clamp(r + discount mask V(s')).
        `value`: mean_B |expectile - 1[u < 0]| u^2, u = min_j target Q_j(s, a) - V(s).
        """
        batch = step.batch
        with torch.no_grad():
            target_q = step.target_critic(batch.observations, batch.actions).min(0).values
            y = td_target(
                batch.rewards,
                batch.masks,
                step.value_network(batch.next_observations),
                discount=step.config.discount,
                clamp=self.clamp,
            )
        values = step.value_network(batch.observations)
        value_loss = expectile_loss(target_q - values, self.expectile)
        loss, metrics = td_loss(step.q, y)
        return {"critic": loss, "value": value_loss}, metrics | {
            "value_loss": value_loss.detach(),
            "value_mean": values.detach().mean(),
        }
