"""Every row of METHODS in every profile, and every variant: what moves, and resuming to the bit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from algorithms.acting import BestOfSamples, Unclipped
from algorithms.agent import Agent
from algorithms.catalogue.resolving import base_of, resolve
from algorithms.constraints.base import Constraint
from algorithms.networks.blueprint import Blueprint, Networks
from algorithms.networks.q_ensemble import ensemble_of
from tests.algorithms.conftest import (
    ACTION_DIM,
    EVERY_ROW,
    OBSERVATION_DIM,
    advance,
    learn,
    make_batch,
    make_rollouts,
    through_file,
    tiny_agent,
    tiny_settings,
    weights_of,
)

EVERY = pytest.mark.parametrize(("name", "profile"), EVERY_ROW)
TD_ROWS = {"policy", "critic"}
TRAINED = {
    "AWAC": TD_ROWS,
    "SAC": TD_ROWS,
    "SAC+BC": TD_ROWS,
    "BC": {"policy"},
    "BCQ": TD_ROWS | {"behavior"},
    "BEAR": TD_ROWS | {"behavior", "multiplier"},
    "AWR": {"policy", "value"},
    "MPO": TD_ROWS,
    "ABM-MPO": TD_ROWS | {"behavior"},
    "DAPG": {"policy", "baseline"},
    "BRAC": TD_ROWS | {"behavior", "behavior_temperature"},
    "BRAC[likelihood]": TD_ROWS | {"behavior"},
    "BRAC[released]": TD_ROWS | {"behavior"},
    "IQL": TD_ROWS | {"value"},
    "TD3+BC": TD_ROWS,
    "Cal-QL": TD_ROWS | {"temperature"},
    "RLPD": TD_ROWS | {"temperature"},
    "SAC[entropy]": TD_ROWS | {"temperature"},
    "SAC[scratch]": TD_ROWS | {"temperature"},
    "SAC+BC[entropy]": TD_ROWS | {"temperature"},
    "AWAC[Z(s)]": TD_ROWS | {"behavior"},
    "AWAC[Z(s)-50]": TD_ROWS | {"behavior"},
    "AWAC[reverse-KL]": TD_ROWS | {"behavior"},
    "AWAC[prior-actions]": TD_ROWS | {"behavior"},
    "AWAC[Q-beta]": {"policy", "value"},
    "AWAC[Monte-Carlo]": {"policy", "value"},
    "MPO[full]": TD_ROWS | {"eta", "mean_multiplier", "std_multiplier"},
}
WITH_TARGET_POLICY = {"BCQ", "TD3+BC"}


def trained(name: str) -> set[str]:
    """The networks that an optimiser or a natural gradient step changes."""
    return TRAINED.get(name, TRAINED[base_of(name)])


def copies(name: str) -> set[str]:
    """The networks that follow others."""
    result = {"target_critic"} if "critic" in trained(name) else set()
    if base_of(name) in WITH_TARGET_POLICY:
        result |= {"target_policy"}
    return result | ({"behavior"} if name == "MPO[full]" else set())


def moved(agent: Agent, before: dict[str, torch.Tensor]) -> set[str]:
    return {
        key.split(".")[0]
        for key, value in weights_of(agent).items()
        if (value != before[key]).any()
    }


@EVERY
def test_every_network_moves_and_metrics_are_finite_scalars(name: str, profile: str) -> None:
    """Over as many updates as the longest cycle of phases has."""
    agent = tiny_agent(name, profile)
    assert set(agent.optimizers) == trained(name)
    assert set(agent.networks) == trained(name) | copies(name) | {"observations"}
    before = weights_of(agent)
    for seed in range(8):
        metrics = learn(agent, seed)
        assert metrics
        for key, value in metrics.items():
            assert value.shape == () and torch.isfinite(value), key
            assert not value.requires_grad, key
    assert moved(agent, before) == trained(name) | copies(name)


PHASES = [
    ("AWR", 0, {"value"}),
    ("AWR", 2, {"value"}),
    ("AWR", 3, {"policy"}),
    ("AWR", 6, {"policy"}),
    ("AWR", 7, {"value"}),
    ("AWAC[Q-beta]", 2, {"value"}),
    ("AWAC[Q-beta]", 3, {"policy"}),
    ("TD3+BC", 0, {"policy", "target_policy", "critic", "target_critic"}),
    ("TD3+BC", 1, {"critic", "target_critic"}),
    ("TD3+BC", 2, {"policy", "target_policy", "critic", "target_critic"}),
    ("RLPD", 0, {"policy", "temperature", "critic", "target_critic"}),
    ("RLPD", 1, {"critic", "target_critic"}),
    ("BRAC", 0, TD_ROWS | {"target_critic", "behavior", "behavior_temperature"}),
    ("BRAC", 10**6, TD_ROWS | {"target_critic", "behavior", "behavior_temperature"}),
    ("BEAR", 0, {"policy", "critic", "target_critic", "behavior", "multiplier"}),
    ("BEAR", 10**6, {"policy", "critic", "target_critic", "behavior", "multiplier"}),
]


@pytest.mark.parametrize(("name", "updates", "expected"), PHASES)
def test_phases(name: str, updates: int, expected: set[str]) -> None:
    agent = tiny_agent(name)
    agent.updates = updates
    before = weights_of(agent)
    learn(agent)
    assert moved(agent, before) == expected
    assert agent.updates == updates + 1


@EVERY
@pytest.mark.parametrize("updates", [3, 4])
def test_targets_are_moved_by_averaging_alone(name: str, profile: str, updates: int) -> None:
    """And rest while their source does (TD3's delayed policy)."""
    agent = tiny_agent(name, profile)
    advance(agent, 0, updates)
    targets = [key for key in agent.networks if key.startswith("target_")]
    assert set(targets) == copies(name) - {"behavior"}
    old = {key: agent.networks[key].mlp.flat.clone() for key in targets}
    sources = {
        key: agent.networks[key.removeprefix("target_")].mlp.flat.detach() for key in targets
    }
    before = {key: source.clone() for key, source in sources.items()}
    learn(agent, 100)
    for key in targets:
        new = agent.networks[key].mlp.flat
        if base_of(name) == "TD3+BC" and key == "target_policy" and updates % 2:
            assert torch.equal(sources[key], before[key]) and torch.equal(new, old[key])
            continue
        assert (old[key] - sources[key]).abs().max() > 1e-4
        expected = old[key].lerp(sources[key], agent.config.tau)
        torch.testing.assert_close(new, expected, rtol=1e-6, atol=0)


@EVERY
def test_copies_start_equal_and_never_have_gradients(name: str, profile: str) -> None:
    settings = tiny_settings(name, profile)
    agent = Agent(settings.method, settings.config, OBSERVATION_DIM, ACTION_DIM, seed=0)
    for key in copies(name):
        source = "policy" if key == "behavior" else key.removeprefix("target_")
        for mine, other in zip(
            agent.networks[key].parameters(), agent.networks[source].parameters(), strict=True
        ):
            assert torch.equal(mine, other) and mine is not other
    advance(agent, 0, 4)
    for key in copies(name):
        assert all(not p.requires_grad and p.grad is None for p in agent.networks[key].parameters())


class OnAGpu:
    """A tensor that a checkpoint was read to, of which torch takes only the copy on the CPU."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self._tensor = tensor

    def cpu(self) -> torch.Tensor:
        return self._tensor


def test_random_states_are_taken_from_wherever_a_checkpoint_was_read_to() -> None:
    whole, resumed = tiny_agent("AWAC"), tiny_agent("AWAC", seed=77)
    advance(whole, 0, 5)
    state = through_file(whole.state_dict())
    states = {name: OnAGpu(state[name]) for name in ("generator", "evaluation")}
    resumed.load_state_dict(state | states)
    assert torch.equal(whole.generator.get_state(), resumed.generator.get_state())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("read_to", ["cpu", "cuda"])
def test_an_agent_on_a_gpu_goes_on_from_its_file(read_to: str, tmp_path: Path) -> None:
    settings, path = tiny_settings("AWAC", "paper"), tmp_path / "checkpoint.pt"
    whole, resumed = (
        Agent(settings.method, settings.config, 3, 2, seed=seed, device="cuda") for seed in (0, 77)
    )
    torch.save(whole.state_dict(), path)
    resumed.load_state_dict(torch.load(path, map_location=read_to, weights_only=True))
    assert torch.equal(whole.generator.get_state(), resumed.generator.get_state())
    expected, actual = weights_of(whole), weights_of(resumed)
    assert all(torch.equal(actual[key], value) for key, value in expected.items())


@EVERY
def test_resuming_equals_not_having_stopped(name: str, profile: str) -> None:
    """Through a file, from inside of the first phases over their ends."""
    whole = tiny_agent(name, profile)
    advance(whole, 0, 5)
    state = through_file(whole.state_dict())
    advance(whole, 5, 10)

    resumed = tiny_agent(name, profile, seed=77)
    resumed.load_state_dict(state)
    assert resumed.updates == 5
    advance(resumed, 5, 10)
    expected, actual = weights_of(whole), weights_of(resumed)
    assert all(torch.equal(actual[key], value) for key, value in expected.items())
    assert torch.equal(whole.generator.get_state(), resumed.generator.get_state())
    observation = np.ones(OBSERVATION_DIM, dtype=np.float32)
    for deterministic in (True, False):
        a, b = (agent.act(observation, deterministic=deterministic) for agent in (whole, resumed))
        np.testing.assert_array_equal(a, b)


@EVERY
def test_same_seed_same_agent_other_seed_another(name: str, profile: str) -> None:
    agents = [tiny_agent(name, profile, seed=seed) for seed in (1, 1, 2)]
    for agent in agents:
        advance(agent, 0, 4)
    first, same, other = (weights_of(agent)["policy.mlp.flat"] for agent in agents)
    assert torch.equal(first, same) and not torch.equal(first, other)


def spread_out(agent: Agent) -> None:
    """Means near the upper bound and wide noise around them."""
    with torch.no_grad():
        for member in agent.policy.mlp.layers():
            member[-1][1].fill_(2.0)
        if hasattr(agent.policy, "std_logits"):
            agent.policy.std_logits.fill_(20.0)
        if "behavior" in agent.networks and hasattr(agent.networks["behavior"], "decoder"):
            for layers in agent.networks["behavior"].decoder.layers():
                layers[-1][0].mul_(3000.0)


@EVERY
def test_act_is_bounded_and_deterministic_where_asked(name: str, profile: str) -> None:
    agent = tiny_agent(name, profile)
    spread_out(agent)
    observation = np.array([0.3, -0.2, 1.0])
    samples = np.array([agent.act(observation, deterministic=False) for _ in range(100)])
    assert samples.shape == (100, ACTION_DIM) and samples.dtype == np.float32
    assert samples.std(0).min() > 0.02
    if isinstance(agent.method.acting, Unclipped):  # a policy gradient needs what was drawn
        assert samples.max() > 1
    else:
        assert samples.max() <= 1 and samples.min() >= -1
    if hasattr(agent.policy, "std_logits"):  # not squashed: clipping must have happened
        assert (samples == 1).any()
    before, evaluating = agent.generator.get_state(), agent._evaluation.get_state()
    drawn = agent.act(observation, deterministic=False)
    agent.generator.set_state(before)
    np.testing.assert_array_equal(agent.act(observation, deterministic=False), drawn)
    assert not torch.equal(agent.generator.get_state(), before)
    assert torch.equal(agent._evaluation.get_state(), evaluating)
    before = agent.generator.get_state()
    chosen = [agent.act(observation, deterministic=True) for _ in range(2)]
    assert torch.equal(agent.generator.get_state(), before)
    assert np.abs(chosen).max() <= 1 or isinstance(agent.method.acting, Unclipped)
    if isinstance(agent.method.acting, BestOfSamples):
        return
    expected = agent.policy(torch.tensor(observation, dtype=torch.float32)[None]).mode()[0]
    for action in chosen:
        np.testing.assert_array_equal(action, expected.detach().numpy())


def test_improvement_is_for_on_policy_methods_and_update_for_the_others() -> None:
    with pytest.raises(TypeError, match=r"Agent\.improve"):
        tiny_agent("DAPG").update(make_batch(), make_batch(seed=1))
    with pytest.raises(ValueError, match="critic=GAE with objective=NaturalPolicyGradient"):
        tiny_agent("AWR").improve(make_rollouts(), None)


def test_bfloat16_trains() -> None:
    agent = tiny_agent("AWAC", "paper", "precision=bfloat16")
    before = weights_of(agent)
    metrics = agent.update(make_batch())
    assert all(torch.isfinite(value) for value in metrics.values())
    assert all((value != before[key]).any() for key, value in weights_of(agent).items())


def test_a_network_that_is_no_ensemble_is_named() -> None:
    networks = nn.ModuleDict({"critic": nn.Linear(5, 1)})
    with pytest.raises(TypeError, match="network 'critic' is a Linear, a QEnsemble is needed"):
        ensemble_of(networks, "critic")
    with pytest.raises(KeyError, match="makes no network 'target_critic'"):
        ensemble_of(networks, "target_critic")


@dataclass(frozen=True)
class _WithModule(Constraint):
    """A part whose network is made by PyTorch, of the global random numbers."""

    def networks(self, blueprint: Blueprint) -> Networks:
        return {"own": nn.Linear(3, 3)}


def test_networks_of_pytorch_follow_the_seed_and_leave_the_global_numbers_alone() -> None:
    settings = resolve("AWAC", settings=("policy_hidden=8", "q_hidden=8"))
    method = replace(settings.method, constraint=_WithModule())
    before, found = torch.get_rng_state(), []
    for seed in (0, 0, 1):
        agent = Agent(method, settings.config, 3, 2, seed=seed)
        found.append(agent.networks["own"].weight.detach().clone())
        torch.rand(3)
    assert torch.equal(found[0], found[1]) and not torch.equal(found[0], found[2])
    torch.set_rng_state(before)
    Agent(method, settings.config, 3, 2, seed=0)
    assert torch.equal(torch.get_rng_state(), before)
