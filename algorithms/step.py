"""One update's forward passes: each network runs once over everything that is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor, nn

from algorithms.config import Hyperparameters
from algorithms.networks.duals import LogDual
from algorithms.networks.q_ensemble import QEnsemble, ValueNetwork, ensemble_of
from algorithms.networks.vae import ConditionalVAE
from algorithms.policies.distributions import Distribution
from algorithms.policies.policy import Policy
from algorithms.types import Batch


class ValueRule(Protocol):
    """How an objective defines V(s) and the advantage."""

    def of(self, step: Step) -> Tensor:
        """V(s): (B,)."""
        ...

    def advantages(self, step: Step) -> Tensor:
        """A(s, a) at the batch's actions: (B,)."""
        ...


class ObjectiveView(Protocol):
    """What a step asks the method's objective."""

    @property
    def value(self) -> ValueRule | None:
        """None: the objective defines no V(s)."""
        ...

    @property
    def fixed_alpha(self) -> float:
        """Weight of the entropy term where it is not learned; 0: there is none."""
        ...

    def queries(self, step: Step) -> dict[str, Tensor]:
        """As `Step.queries`."""
        ...


class ConstraintView(Protocol):
    """What a step's losses ask the method's constraint."""

    def next_value_penalty(self, step: Step) -> Tensor | float:
        """Taken from V(s') in the critic's target: (B,), under no_grad."""
        ...

    def rewards(self, step: Step) -> Tensor:
        """The rewards that the critic learns from: (B,), under no_grad."""
        ...


class Step:
    """Quantities of one update, computed on first use from the networks before the update.

    Losses read them; none of them steps an optimiser. What is said to be "without gradient" is a
    constant to every loss.
    """

    def __init__(
        self,
        objective: ObjectiveView,
        constraint: ConstraintView,
        networks: nn.ModuleDict,
        config: Hyperparameters,
        batch: Batch,
        demonstrations: Batch | None,
        generator: torch.Generator | None,
        updates: int = 0,
    ) -> None:
        self.objective, self.constraint = objective, constraint
        self.networks, self.config = networks, config
        self.batch, self._demonstrations = batch, demonstrations
        self.generator, self._updates = generator, updates
        self.captured = False
        """Whether a graph is made of the update, which then serves many updates."""

    @property
    def updates(self) -> int:
        """How many updates came before this one.

        Raises RuntimeError where a graph is made of the update: the number would be a constant of
        it. The run then goes on without graphs.
        """
        if self.captured:
            raise RuntimeError("a loss reads step.updates, which a graph would hold fast")
        return self._updates

    def follows(self, rule: Callable[[int], bool]) -> bool:
        """Whether `rule` holds of the number of updates, for the rules of `update.phase` alone.

        They are a part of what graphs are made for.
        """
        return rule(self._updates)

    def _network(self, name: str) -> nn.Module | None:
        return self.networks[name] if name in self.networks else None  # noqa: SIM401

    @property
    def policy(self) -> Policy:
        """The network of pi_theta, as it is before the update."""
        policy = self.networks["policy"]
        assert isinstance(policy, Policy)
        return policy

    @property
    def critic(self) -> QEnsemble:
        """Q_1..Q_E before the update. Raises as `ensemble_of` where the method has none."""
        return ensemble_of(self.networks, "critic")

    @property
    def target_critic(self) -> QEnsemble:
        """The slow copies of Q_1..Q_E, without gradient to them. Raises as `critic`."""
        return ensemble_of(self.networks, "target_critic")

    @property
    def value_network(self) -> ValueNetwork:
        """V of the critic; ValueError if the critic has none."""
        network = self._network("value")
        if not isinstance(network, ValueNetwork):
            raise ValueError("this needs a critic that learns V(s): critic=TDLambda or ExpectileTD")
        return network

    @property
    def behavior_policy(self) -> Policy:
        """The model of the data; ValueError if the method has none that is a policy."""
        model = self._network("behavior")
        if not isinstance(model, Policy):
            raise ValueError(
                "this needs a behaviour model with a density: behavior=GaussianBehavior, "
                "AdvantageWeightedBehavior or PreviousPolicy"
            )
        return model

    @property
    def vae(self) -> ConditionalVAE:
        """The model of the data; ValueError if it is not a VAE."""
        model = self._network("behavior")
        if not isinstance(model, ConditionalVAE):
            raise ValueError("this needs behavior=VAEBehavior")
        return model

    @property
    def temperature(self) -> LogDual | None:
        """The learned temperature, if the method has one."""
        if "temperature" not in self.networks:
            return None
        temperature = self.networks["temperature"]
        assert isinstance(temperature, LogDual)
        return temperature

    @property
    def alpha(self) -> Tensor | float:
        """Weight of the entropy term in actor and critic alike, without gradient; 0: none."""
        if self.temperature is not None:
            return self.temperature.value().detach()
        return self.objective.fixed_alpha

    @property
    def demonstrations(self) -> Batch:
        """A batch of demonstrations; ValueError if the caller gave none."""
        if self._demonstrations is None:
            raise ValueError(
                "this method needs a batch of demonstrations: agent.update(batch, demos)"
            )
        return self._demonstrations

    # with gradient though the first to ask be under no_grad: the others read the same tensors
    @cached_property
    @torch.enable_grad()
    def _pair(self) -> tuple[Distribution, Distribution]:
        if "target_policy" in self.networks:
            target = self.networks["target_policy"]
            assert isinstance(target, Policy)
            with torch.no_grad():
                following = target(self.batch.next_observations)
            return self.policy(self.batch.observations), following
        return self.policy.pair(self.batch.observations, self.batch.next_observations)

    @property
    def pi(self) -> Distribution:
        """pi(.|s), with gradient."""
        return self._pair[0]

    @property
    def next_pi(self) -> Distribution:
        """pi(.|s') of the policy or of its slowly moving target; use it under no_grad."""
        return self._pair[1]

    @cached_property
    @torch.enable_grad()
    def queries(self) -> dict[str, Tensor]:
        """What the objective wants Q for beside the batch's own actions: name -> (K * B, A).

        A sampled action may carry gradient to the policy; Q is always taken without it.
        """
        return self.objective.queries(self)

    @cached_property
    @torch.enable_grad()
    def _values(self) -> tuple[Tensor, dict[str, Tensor]]:
        queries = self.queries
        s, a = self.batch.observations, self.batch.actions
        if not queries:
            return self.critic(s, a), {}
        # clipped: Q is trained on what the simulator executes
        others = torch.cat(list(queries.values())).detach().clamp(-1, 1)
        q, q_others = self.critic.split(s, a, others)
        sizes = [actions.shape[0] for actions in queries.values()]
        return q, dict(zip(queries, torch.split(q_others, sizes, 1), strict=True))

    @property
    def q(self) -> Tensor:
        """Q_j(s, a) at the batch's actions: (E, B), with gradient to the critic."""
        return self._values[0]

    def q_at(self, name: str) -> Tensor:
        """min_j Q_j(s, a_k) at the actions of query `name`: (K, B), without gradient."""
        q = self._values[1][name]
        return q.min(0).values.view(-1, self.batch.rewards.shape[0])

    @cached_property
    def values(self) -> Tensor:
        """V(s) (B,) as the objective defines it, without gradient."""
        return self._value_rule.of(self).detach()

    @cached_property
    def advantages(self) -> Tensor:
        """A(s, a) (B,) at the batch's actions as the objective defines it, without gradient."""
        return self._value_rule.advantages(self).detach()

    @property
    def _value_rule(self) -> ValueRule:
        if self.objective.value is None:
            name = type(self.objective).__name__
            raise ValueError(f"{name} defines neither V(s) nor an advantage: use WeightedMLE")
        return self.objective.value
