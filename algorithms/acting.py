"""How a policy becomes one action in the environment."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from algorithms.critics.ensembles import Combination, First
from algorithms.networks.q_ensemble import QEnsemble
from algorithms.policies.distributions import Distribution
from algorithms.types import check_range


@dataclass(frozen=True)
class ModeOrSample:
    """A sample while exploring, the mode in evaluation; clipped to [-1, 1]."""

    clips = True

    def __call__(
        self,
        pi: Distribution,
        observation: Tensor,
        critic: QEnsemble | None,
        generator: torch.Generator | None,
        *,
        deterministic: bool,
    ) -> Tensor:
        """The policy at one state (1, O) -> (1, A)."""
        return pi.mode() if deterministic else pi.sample(generator)


@dataclass(frozen=True)
class BestOfSamples:
    """arg max_k Q(s, a_k) over `act_candidates` samples, in evaluation too (BCQ 100, BEAR 10)."""

    act_candidates: int = 10
    combination: Combination = First()

    clips = True

    def __post_init__(self) -> None:
        check_range("act_candidates", self.act_candidates, 1)

    def __call__(
        self,
        pi: Distribution,
        observation: Tensor,
        critic: QEnsemble | None,
        generator: torch.Generator | None,
        *,
        deterministic: bool,
    ) -> Tensor:
        """The policy at one state (1, O) -> (1, A). ValueError without a critic."""
        if critic is None:
            raise ValueError(
                "acting=BestOfSamples ranks actions by Q, but the method has no critic"
            )
        actions = pi.sample(generator, self.act_candidates).clamp(-1, 1)
        q = self.combination(critic.candidates(observation, actions), generator).squeeze(-1)
        return actions[q.argmax()].unsqueeze(0)


@dataclass(frozen=True)
class Unclipped(ModeOrSample):
    """`ModeOrSample`, the sample left as it was drawn (DAPG).

    The simulator executes the clipped action, but a policy gradient needs the density of what was
    drawn: at a clipped action grad log pi is biased, most where the policy leaves [-1, 1] often.
    """

    clips = False


Acting = ModeOrSample | BestOfSamples | Unclipped
