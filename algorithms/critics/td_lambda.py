"""Policy evaluation on the buffer's own policy: V of Q^beta by TD(lambda) (AWR, Peng 2019)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from algorithms.buffer import ReplayBuffer
from algorithms.config import Hyperparameters
from algorithms.critics.base import Critic
from algorithms.data.returns import lambda_returns
from algorithms.losses import Losses
from algorithms.networks.blueprint import Blueprint, Networks, OptimizerSettings
from algorithms.networks.q_ensemble import ValueNetwork
from algorithms.step import Step
from algorithms.types import Metrics, check_range, check_vectors

_CHUNK = 16_384


@dataclass(frozen=True)
class Whitened:
    """(A - mean) / (std + 1e-5) over the buffer: AWR's weights then do not depend on its scale."""

    def __call__(self, advantages: Tensor) -> Tensor:
        """A (N,) of the N stored transitions, in units of reward -> (N,), without unit."""
        return (advantages - advantages.mean()) / (advantages.std() + 1e-5)


@dataclass(frozen=True)
class Unscaled:
    """A in units of reward, as AWAC weighs it."""

    def __call__(self, advantages: Tensor) -> Tensor:
        """A (N,) as it is."""
        return advantages


def value_loss(values: Tensor, targets: Tensor, scale: float) -> Tensor:
    """mean_B 0.5 ((V(s) - G) / scale)^2, ().

    values V(s) (B,) carries gradient, targets G (B,) does not; both and scale are in units of
    reward. ValueError unless both are (B,).
    """
    check_vectors(values=values, targets=targets)
    return 0.5 * ((values - targets.detach()) / scale).square().mean()


@dataclass(frozen=True)
class TDLambda(Critic):
    """V by regression on TD(lambda) returns G of every trajectory in the buffer; A = G - V(s).

    G_t = r_t + discount ((1 - lambda) V(s_t+1) + lambda G_t+1), bootstrapped from V where a
    trajectory was cut by the time limit. Updates come in phases: `critic_steps` of V on the G of
    the phase's beginning, then `actor_steps` of the policy on the A of the new V. If the buffer
    grows within a phase, G and A are worked out anew. V is worked in units of 1 / (1 - discount),
    as AWR normalises it.

    This component counts updates, not environment steps. AWR makes both phases after every 2048
    environment steps. Here `collect_steps` says after how many: AWR's profiles set it to
    `critic_steps + actor_steps`. With `updates_per_step` = 1 it then makes one gradient step an
    environment step, like every method (Table 1).
    """

    trace_decay: float = 0.95
    """lambda of TD(lambda)."""
    critic_steps: int = 200
    actor_steps: int = 1000
    scale: Whitened | Unscaled = Whitened()

    def __post_init__(self) -> None:
        check_range("trace_decay", self.trace_decay, 0.0, 1.0)
        check_range("critic_steps", self.critic_steps, 1)
        check_range("actor_steps", self.actor_steps, 1)

    @property
    def columns(self) -> tuple[str, ...]:
        """`targets`, the TD(lambda) returns G, and `advantages`; `refresh` fills both."""
        return ("targets", "advantages")

    def networks(self, blueprint: Blueprint) -> Networks:
        """`value`: V(s) with layers `q_hidden`, 1 / (1 - discount) times the network's output."""
        config = blueprint.config
        mlp = blueprint.mlp(blueprint.observation_dim, config.q_hidden, 1)
        return {"value": ValueNetwork(mlp, _unit(config))}

    def trained(self, config: Hyperparameters) -> dict[str, OptimizerSettings]:
        """`value`, at `q_learning_rate` with `q_weight_decay`."""
        return {"value": OptimizerSettings(config.q_learning_rate, config.q_weight_decay)}

    def improves(self, updates: int) -> bool:
        """Whether update number `updates` is one of the policy (else one of V)."""
        return updates % (self.critic_steps + self.actor_steps) >= self.critic_steps

    def refreshes(self, updates: int, *, grown: bool) -> bool:
        """Whether returns and advantages are worked out anew: at the start of a phase, or grown."""
        return grown or updates % (self.critic_steps + self.actor_steps) in (0, self.critic_steps)

    @torch.no_grad()
    def refresh(
        self,
        networks: nn.ModuleDict,
        buffer: ReplayBuffer,
        discount: float,
        *,
        see: Callable[[Tensor], Tensor] = lambda observations: observations,
    ) -> None:
        """Fill the buffer's columns `targets` and `advantages` by the present V.

        see: the buffer's observations (N, O) -> as V sees them.
        """
        value = networks["value"]
        assert isinstance(value, ValueNetwork)
        here = self._evaluate(value, see, buffer.column("observations"))
        there = self._evaluate(value, see, buffer.column("next_observations"))
        targets = lambda_returns(
            buffer.column("rewards"),
            there,
            buffer.column("masks"),
            buffer.ends(),
            discount=discount,
            lam=self.trace_decay,
        )
        buffer.set_column("targets", targets)
        buffer.set_column("advantages", self.scale(targets - here))

    def _evaluate(
        self, value: ValueNetwork, see: Callable[[Tensor], Tensor], observations: Tensor
    ) -> Tensor:
        return torch.cat([value(see(chunk)) for chunk in torch.split(observations, _CHUNK)])

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        """`value`: mean_B 0.5 ((V(s) - G) (1 - discount))^2; no loss at an update of the policy.

        G is the batch's `targets`, a constant. With discount = 1 the factor is 1. ValueError if the
        batch has no targets.
        """
        if step.follows(self.improves):
            return {}, {}
        if step.batch.targets is None:
            raise ValueError("TDLambda needs batches with targets: agent.prepare(buffer) first")
        values = step.value_network(step.batch.observations)
        loss = value_loss(values, step.batch.targets, _unit(step.config))
        return {"value": loss}, {
            "value_loss": loss.detach(),
            "value_mean": values.detach().mean(),
            "value_target_mean": step.batch.targets.mean(),
        }


def _unit(config: Hyperparameters) -> float:
    return 1.0 / (1.0 - config.discount) if config.discount < 1 else 1.0
