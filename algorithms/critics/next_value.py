"""Which actions stand for V(s') in a temporal difference."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from algorithms.critics.ensembles import Combination
from algorithms.step import Step
from algorithms.types import check_range


@dataclass(frozen=True)
class SampledAction:
    """V(s') = Q'(s', a') - alpha log pi(a'|s') at one action a' ~ pi(.|s')."""

    def __call__(self, step: Step, combine: Combination) -> Tensor:
        """V(s') (B,), in units of rewards; called under no_grad."""
        alpha = step.alpha
        if isinstance(alpha, float) and alpha == 0:
            actions = step.next_pi.sample(step.generator)
            cost: Tensor | float = 0.0
        else:
            actions, log_prob = step.next_pi.sample_with_log_prob(step.generator)
            cost = alpha * log_prob
        # the simulator clips what it executes, so Q^pi is the value of the clipped action
        q = step.target_critic(step.batch.next_observations, actions.clamp(-1, 1))
        return combine(q, step.generator) - cost


@dataclass(frozen=True)
class BestCandidate:
    """V(s') = max_k Q'(s', a_k) over `candidates` actions of the policy (BCQ, BEAR, Cal-QL).

    The maximum is taken over the candidates of each state. A released BCQ reshapes them so that
    it runs over different states.
    """

    candidates: int = 10

    def __post_init__(self) -> None:
        check_range("candidates", self.candidates, 1)

    def __call__(self, step: Step, combine: Combination) -> Tensor:
        """V(s') (B,), in units of rewards; called under no_grad."""
        actions = step.next_pi.sample(step.generator, self.candidates).clamp(-1, 1)
        q = step.target_critic.candidates(step.batch.next_observations, actions)
        return combine(q, step.generator).max(0).values


@dataclass(frozen=True)
class SmoothedAction:
    """V(s') = Q'(s', clip(mode + clip(noise, ±c), ±1)): target policy smoothing (TD3)."""

    noise: float = 0.2
    clip: float = 0.5

    def __post_init__(self) -> None:
        check_range("noise", self.noise, 0.0)
        check_range("clip", self.clip, 0.0, finite=False)

    def __call__(self, step: Step, combine: Combination) -> Tensor:
        """V(s') (B,), in units of rewards; called under no_grad."""
        mode = step.next_pi.mode()
        noise = torch.randn(mode.shape, generator=step.generator, device=mode.device)
        actions = mode + (self.noise * noise).clamp(-self.clip, self.clip)
        q = step.target_critic(step.batch.next_observations, actions.clamp(-1, 1))
        return combine(q, step.generator)


@dataclass(frozen=True)
class EntropyFreeAction:
    """V(s') = Q'(s', a') at one action a' ~ pi(.|s'), also where the actor has an entropy term.

    Q is then the return itself, and bounds of the return hold for it (RLPD: "backup_entropy =
    False").
    """

    def __call__(self, step: Step, combine: Combination) -> Tensor:
        """V(s') (B,), in units of rewards; called under no_grad."""
        actions = step.next_pi.sample(step.generator).clamp(-1, 1)
        return combine(step.target_critic(step.batch.next_observations, actions), step.generator)


NextValue = SampledAction | EntropyFreeAction | BestCandidate | SmoothedAction
