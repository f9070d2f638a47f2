"""The entropy's weight moves towards the target entropy, and only it is trained by its loss."""

from __future__ import annotations

import math

import pytest
import torch

from algorithms.networks.duals import LogDual
from algorithms.objectives.temperature import temperature_loss
from tests.algorithms.conftest import make_batch, step_of, tiny_agent


def test_loss_by_hand() -> None:
    """-log alpha * (mean log pi + target): -log(1 / 2) * (2 - 3)."""
    log_alpha = torch.tensor(math.log(0.5), requires_grad=True)
    loss = temperature_loss(log_alpha, torch.tensor([1.0, 3.0]), -3.0)
    assert loss.item() == pytest.approx(-math.log(0.5) * (2 - 3))
    loss.backward()
    assert log_alpha.grad is not None and log_alpha.grad.item() == pytest.approx(1.0)


@pytest.mark.parametrize(("entropy", "rises"), [(-5.0, True), (-1.0, False)])
def test_alpha_rises_iff_entropy_is_below_its_target(entropy: float, rises: bool) -> None:
    temperature, target_entropy = LogDual(1.0), -2.0
    optimizer = torch.optim.Adam(temperature.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        temperature_loss(
            temperature.log_value, torch.full((4,), -entropy), target_entropy
        ).backward()
        optimizer.step()
    assert bool(temperature.value() > 1.0) == rises
    assert temperature.value() != 1.0


def test_at_the_target_alpha_stays() -> None:
    temperature = LogDual(0.3)
    temperature_loss(temperature.log_value, torch.tensor([1.0, 3.0]), -2.0).backward()
    assert temperature.log_value.grad is not None and temperature.log_value.grad.item() == 0


def test_log_prob_receives_no_gradient_and_alpha_gives_none() -> None:
    temperature, log_prob = LogDual(0.3), torch.ones(4, requires_grad=True)
    temperature_loss(temperature.log_value, log_prob, -2.0).backward()
    assert log_prob.grad is None
    step = tiny_agent("SAC[entropy]")._step(make_batch(), None)
    assert isinstance(step.alpha, torch.Tensor) and not step.alpha.requires_grad


def test_a_fixed_temperature_weighs_the_entropy_in_the_actors_loss() -> None:
    """mean_B [0.2 log pi(a|s) - min_j Q_j(s, a)] at the generator's own draws."""
    fixed = ("temperature=FixedTemperature", "objective.temperature.alpha=0.2", "clamp=NoClamp")
    agent = tiny_agent("SAC", "paper", *fixed)
    step = step_of(agent, seed=3)
    _, metrics = agent.method.objective.losses(step)
    batch = make_batch()
    draws = torch.Generator().manual_seed(3)
    actions, log_prob = agent.policy(batch.observations).sample_with_log_prob(draws)
    q = agent.networks["critic"](batch.observations, actions).min(0).values
    expected = (0.2 * log_prob - q).mean()
    torch.testing.assert_close(metrics["policy_loss"], expected.detach())
    assert metrics["temperature"] == pytest.approx(0.2)
    assert 0.2 * log_prob.abs().mean() > 0.01  # else it would not show
