"""Which of its actions a policy takes."""

from __future__ import annotations

import torch

from algorithms.acting import BestOfSamples
from algorithms.networks.q_ensemble import QEnsemble
from algorithms.policies.distributions import Distribution
from tests.algorithms.conftest import OBSERVATION_DIM, tiny_agent


def _wide(seed: int) -> tuple[Distribution, torch.Tensor, torch.Generator]:
    agent = tiny_agent("AWAC", "paper", "clamp=NoClamp")
    with torch.no_grad():
        agent.policy.std_logits.fill_(20.0)  # std 1
        observation = torch.ones(1, OBSERVATION_DIM)
        return agent.policy(observation), observation, torch.Generator().manual_seed(seed)


def test_the_best_of_samples_is_the_best_of_those_that_the_simulator_executes() -> None:
    """An unsquashed policy draws beyond ±1: Q ranks the clipped actions, and one of them acts."""
    critic = tiny_agent("AWAC", "paper", "clamp=NoClamp").networks["critic"]
    assert isinstance(critic, QEnsemble)
    pi, observation, _ = _wide(0)
    drawn = pi.sample(torch.Generator().manual_seed(5), 20).detach()
    assert drawn.abs().max() > 1
    values = [critic(observation, action.clamp(-1, 1).unsqueeze(0))[0].item() for action in drawn]
    best = drawn[values.index(max(values))].clamp(-1, 1)
    with torch.no_grad():
        taken = BestOfSamples(20)(
            pi, observation, critic, torch.Generator().manual_seed(5), deterministic=True
        )
    torch.testing.assert_close(taken, best.unsqueeze(0))
