"""Every row of METHODS in every profile: what moves, what must not, and resuming to the bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from algorithms.agent import Agent
from algorithms.step import Step
from tests.algorithms.conftest import (
    ACTION_DIM,
    EVERY_METHOD,
    OBSERVATION_DIM,
    make_batch,
    through_file,
    tiny_agent,
    tiny_settings,
    weights_of,
)

EVERY = pytest.mark.parametrize(("name", "profile"), EVERY_METHOD)
WITH_CRITIC = pytest.mark.parametrize(
    ("name", "profile"), [row for row in EVERY_METHOD if row[0] != "BC"]
)
EXPECTED_LOSSES = {
    ("AWAC", "paper"): {"policy", "critic"},
    ("AWAC", "released"): {"policy", "critic"},
    ("SAC", "paper"): {"policy", "critic", "temperature"},
    ("SAC", "released"): {"policy", "critic"},
    ("SAC+BC", "paper"): {"policy", "critic", "temperature"},
    ("SAC+BC", "released"): {"policy", "critic"},
    ("BC", "paper"): {"policy"},
    ("BC", "released"): {"policy"},
}


def advance(agent: Agent, start: int, stop: int) -> None:
    """Updates with a batch of their own each, and an exploratory action between them."""
    for seed in range(start, stop):
        agent.update(make_batch(seed=seed), make_batch(seed=1000 + seed))
        agent.act(np.ones(OBSERVATION_DIM, dtype=np.float32), deterministic=False)


def step_of(agent: Agent) -> Step:
    agent.generator.manual_seed(0)
    return agent._step(make_batch(), make_batch(seed=1))


def networks_with_gradient(agent: Agent) -> set[str]:
    return {
        name
        for name, network in agent.networks.items()
        if any(p.grad is not None and bool(p.grad.any()) for p in network.parameters())
    }


@EVERY
def test_updates_move_every_trained_network_and_report_finite_scalars(
    name: str, profile: str
) -> None:
    agent = tiny_agent(name, profile)
    trained = EXPECTED_LOSSES[name, profile]
    assert set(agent.optimizers) == trained
    assert set(agent.networks) == trained | ({"target_critic"} if "critic" in trained else set())
    before = weights_of(agent)
    metrics = agent.update(make_batch(), make_batch(seed=1))
    moved = {
        key.split(".")[0]
        for key, value in weights_of(agent).items()
        if (value != before[key]).any()
    }
    assert moved == set(agent.networks)
    for value in metrics.values():
        assert value.shape == () and torch.isfinite(value) and not value.requires_grad


@WITH_CRITIC
def test_target_critic_is_moved_by_averaging_alone(name: str, profile: str) -> None:
    agent = tiny_agent(name, profile)
    advance(agent, 0, 3)
    old = agent.networks["target_critic"].mlp.flat.clone()
    agent.update(make_batch(), make_batch(seed=1))
    new_critic = agent.networks["critic"].mlp.flat.detach()
    assert (old - new_critic).abs().max() > 1e-4
    expected = old.lerp(new_critic, agent.config.tau)
    torch.testing.assert_close(
        agent.networks["target_critic"].mlp.flat, expected, rtol=1e-6, atol=0
    )


@WITH_CRITIC
def test_target_critic_starts_as_a_copy_and_never_has_gradients(name: str, profile: str) -> None:
    settings = tiny_settings(name, profile)
    agent = Agent(settings.method, settings.config, OBSERVATION_DIM, ACTION_DIM, seed=0)
    target, critic = agent.networks["target_critic"], agent.networks["critic"]
    assert torch.equal(target.mlp.flat, critic.mlp.flat)
    advance(agent, 0, 2)
    assert all(not p.requires_grad and p.grad is None for p in target.parameters())


@EVERY
def test_policy_loss_reaches_the_policy_only(name: str, profile: str) -> None:
    agent = tiny_agent(name, profile)
    losses, _ = agent.method.objective.losses(step_of(agent))
    losses["policy"].backward()
    assert networks_with_gradient(agent) == {"policy"}
    assert all(p.grad is not None for p in agent.policy.parameters())


@WITH_CRITIC
def test_critic_loss_reaches_the_critic_only(name: str, profile: str) -> None:
    agent = tiny_agent(name, profile)
    losses, _ = agent.method.critic.losses(step_of(agent))
    losses["critic"].backward()
    assert networks_with_gradient(agent) == {"critic"}


@pytest.mark.parametrize("name", ["SAC", "SAC+BC"])
def test_temperature_loss_reaches_the_temperature_only(name: str) -> None:
    agent = tiny_agent(name)
    losses, _ = agent.method.objective.losses(step_of(agent))
    losses["temperature"].backward()
    assert networks_with_gradient(agent) == {"temperature"}


@EVERY
def test_resuming_equals_not_having_stopped(name: str, profile: str) -> None:
    whole = tiny_agent(name, profile)
    advance(whole, 0, 5)
    state = through_file(whole.state_dict())
    advance(whole, 5, 15)

    resumed = tiny_agent(name, profile, seed=77)
    resumed.load_state_dict(state)
    advance(resumed, 5, 15)
    expected, actual = weights_of(whole), weights_of(resumed)
    assert all(torch.equal(actual[key], value) for key, value in expected.items())
    assert torch.equal(whole.generator.get_state(), resumed.generator.get_state())


@EVERY
def test_same_seed_same_agent_other_seed_another(name: str, profile: str) -> None:
    agents = [tiny_agent(name, profile, seed=seed) for seed in (1, 1, 2)]
    for agent in agents:
        advance(agent, 0, 2)
    first, same, other = (weights_of(agent)["policy.mlp.flat"] for agent in agents)
    assert torch.equal(first, same) and not torch.equal(first, other)


@EVERY
def test_act_is_bounded_and_deterministic_where_asked(name: str, profile: str) -> None:
    agent = tiny_agent(name, profile)
    with torch.no_grad():  # wide noise around means near the bounds
        for member in agent.policy.mlp.layers():
            member[-1][1].fill_(2.0)
        if hasattr(agent.policy, "std_logits"):
            agent.policy.std_logits.fill_(20.0)
    observation = np.array([0.3, -0.2, 1.0])
    samples = np.array([agent.act(observation, deterministic=False) for _ in range(100)])
    assert samples.shape == (100, ACTION_DIM) and samples.dtype == np.float32
    assert samples.max() <= 1 and samples.min() >= -1 and samples.std() > 0.05
    if profile == "released":  # not squashed: clipping must have happened
        assert (samples == 1).any()
    before = agent.generator.get_state()
    modes = [agent.act(observation, deterministic=True) for _ in range(2)]
    expected = agent.policy(torch.tensor(observation, dtype=torch.float32)[None]).mode()[0]
    np.testing.assert_array_equal(modes[0], modes[1])
    np.testing.assert_array_equal(modes[0], expected.detach().numpy())
    assert torch.equal(agent.generator.get_state(), before)


@EVERY
def test_imitate_clones_and_moves_the_policy_only(name: str, profile: str) -> None:
    agent = tiny_agent(name, profile, "policy_learning_rate=0.01")
    before, batch = weights_of(agent), make_batch()
    losses = [agent.imitate(batch)["policy_loss"] for _ in range(50)]
    after = weights_of(agent)
    moved = {key.split(".")[0] for key, value in after.items() if (value != before[key]).any()}
    assert moved == {"policy"}
    assert losses[-1] < losses[0] - 0.1


@EVERY
def test_table_1_reaches_the_optimisers(name: str, profile: str) -> None:
    agent = tiny_agent(name, profile)
    expected = {"policy": (3e-4, 1e-4), "critic": (3e-4, 0.0), "temperature": (3e-4, 0.0)}
    for network, optimizer in agent.optimizers.items():
        (group,) = optimizer.param_groups
        assert (group["lr"], group["weight_decay"]) == expected[network]
        assert isinstance(optimizer, torch.optim.Adam) and not group["amsgrad"]
        assert group["betas"] == (0.9, 0.999)
        assert not group.get("decoupled_weight_decay", False)  # the L2 term of Adam, not AdamW
        parameters = list(agent.networks[network].parameters())
        assert [id(p) for p in group["params"]] == [id(p) for p in parameters]


def test_changed_rates_reach_the_optimisers() -> None:
    agent = tiny_agent(
        "SAC", "paper", "policy_learning_rate=0.1", "policy_weight_decay=0.2",
        "q_learning_rate=0.3", "q_weight_decay=0.4", "alpha_learning_rate=0.5",
    )  # fmt: skip
    actual = {
        name: (o.param_groups[0]["lr"], o.param_groups[0]["weight_decay"])
        for name, o in agent.optimizers.items()
    }
    assert actual == {"policy": (0.1, 0.2), "critic": (0.3, 0.4), "temperature": (0.5, 0.0)}


def captured_target(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> Tensor:
    targets: list[Tensor] = []

    def spy(q: Tensor, target: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        targets.append(target)
        return q.sum(), {}

    monkeypatch.setattr("algorithms.agent.td_loss", spy)
    agent.method.critic.losses(step_of(agent))
    return targets[0]


@pytest.mark.parametrize(
    "change", ["temperature=LearnedTemperature", "temperature=FixedTemperature"]
)
def test_entropy_term_is_in_the_target_of_either_temperature(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """y = r + discount mask (min_j Q'_j(s', a') - alpha log pi(a'|s')), whoever sets alpha."""
    alpha = "initial_alpha=0.7" if "Learned" in change else "temperature.alpha=0.7"
    agent = tiny_agent("SAC", "paper", "clamp=NoClamp", change, alpha)
    batch = make_batch()
    pi = agent.policy(batch.next_observations)
    actions, log_prob = pi.sample_with_log_prob(torch.Generator().manual_seed(0))
    q = agent.networks["target_critic"](batch.next_observations, actions).min(0).values
    expected = batch.rewards + 0.99 * batch.masks * (q - 0.7 * log_prob)
    torch.testing.assert_close(captured_target(agent, monkeypatch), expected.detach())


def test_target_is_the_value_of_the_action_that_the_simulator_executes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Samples of the unsquashed Gaussian beyond +-1 are clipped before Q' sees them."""
    agent = tiny_agent("AWAC", "paper", "clamp=NoClamp")
    with torch.no_grad():
        agent.policy.std_logits.fill_(20.0)  # std 1
    batch = make_batch()
    pi = agent.policy(batch.next_observations)
    samples = pi.sample(torch.Generator().manual_seed(0)).detach()
    q = agent.networks["target_critic"]
    executed, raw = (
        batch.rewards + 0.99 * batch.masks * q(batch.next_observations, actions).min(0).values
        for actions in (samples.clamp(-1, 1), samples)
    )
    assert (executed - raw).abs().max() > 0.01
    torch.testing.assert_close(captured_target(agent, monkeypatch), executed)


def test_bfloat16_trains() -> None:
    agent = tiny_agent("AWAC", "paper", "precision=bfloat16")
    before = weights_of(agent)
    metrics = agent.update(make_batch())
    assert all(torch.isfinite(value) for value in metrics.values())
    assert all((value != before[key]).any() for key, value in weights_of(agent).items())
