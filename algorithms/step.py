"""One update's forward passes: each network runs once over everything that is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor, nn

from algorithms.critics import QEnsemble
from algorithms.policies import Distribution, Policy
from algorithms.temperature import Temperature
from algorithms.types import Batch

Query = Callable[[Distribution, torch.Generator | None], Tensor]


class Step:
    """Quantities of one update, computed on first use from the networks before the update.

    Losses read them; none of them steps an optimiser. Attributes ending in `_frozen` or said to
    be "without gradient" are constants to every loss.
    """

    def __init__(
        self,
        networks: nn.ModuleDict,
        batch: Batch,
        demonstrations: Batch | None,
        generator: torch.Generator | None,
        query: Query | None,
        fixed_alpha: float = 0.0,
    ) -> None:
        self.networks, self.batch, self._demonstrations = networks, batch, demonstrations
        self.generator, self._query, self._fixed_alpha = generator, query, fixed_alpha

    @property
    def policy(self) -> Policy:
        policy = self.networks["policy"]
        assert isinstance(policy, Policy)
        return policy

    @property
    def critic(self) -> QEnsemble:
        critic = self.networks["critic"]
        assert isinstance(critic, QEnsemble)
        return critic

    @property
    def temperature(self) -> Temperature | None:
        """The learned temperature, if the method has one."""
        if "temperature" not in self.networks:
            return None
        temperature = self.networks["temperature"]
        assert isinstance(temperature, Temperature)
        return temperature

    @property
    def alpha(self) -> Tensor | float:
        """Weight of the entropy term in actor and critic alike, without gradient; 0: none."""
        learned = self.temperature
        return learned.alpha() if learned is not None else self._fixed_alpha

    @property
    def demonstrations(self) -> Batch:
        """A batch of demonstrations; ValueError if the caller gave none."""
        if self._demonstrations is None:
            raise ValueError(
                "this method needs a batch of demonstrations: agent.update(batch, demos)"
            )
        return self._demonstrations

    @cached_property
    def _pair(self) -> tuple[Distribution, Distribution]:
        return self.policy.pair(self.batch.observations, self.batch.next_observations)

    @property
    def pi(self) -> Distribution:
        """pi(.|s), with gradient."""
        return self._pair[0]

    @property
    def next_pi(self) -> Distribution:
        """pi(.|s'), without gradient."""
        return self._pair[1]

    @cached_property
    def _values(self) -> tuple[Tensor, Tensor | None]:
        s, a = self.batch.observations, self.batch.actions
        if self._query is None:
            return self.critic(s, a), None
        others = self._query(self.pi, self.generator).detach()
        return self.critic.split(s, a, others)

    @property
    def q(self) -> Tensor:
        """Q_j(s, a) at the batch's actions: (E, B), with gradient to the critic."""
        return self._values[0]

    @property
    def q_queried(self) -> Tensor:
        """Q_j(s, a_k) at the actions the objective asked for: (E, K * B), without gradient."""
        values = self._values[1]
        if values is None:
            raise ValueError("the objective asked for no actions to be evaluated")
        return values
