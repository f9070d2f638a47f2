"""An agent that standardises observations is one that is given standardised ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from algorithms.agent import Agent
from algorithms.buffer import ReplayBuffer
from algorithms.catalogue.methods import METHODS
from algorithms.catalogue.resolving import resolve
from algorithms.data.observations import FromPriorData, Raw
from algorithms.engine.compiled import Compiled
from algorithms.policies.deterministic import DeterministicTanh
from algorithms.policies.perturbation import Perturbation
from algorithms.types import Batch
from tests.algorithms.conftest import (
    ACTION_DIM,
    OBSERVATION_DIM,
    as_captured,
    make_batch,
    make_rollouts,
    make_training,
    through_file,
    tiny_agent,
    tiny_settings,
    weights_of,
)

STANDARD = "observations=FromPriorData"
PRIOR = torch.tensor([[1.0, 10.0, 0.5], [3.0, 10.0, 0.5], [5.0, 40.0, 0.5], [7.0, 40.0, 0.5]])
MEAN, STD = torch.tensor([4.0, 25.0, 0.5]), torch.tensor([5.0**0.5, 15.0, 1e-3])
"""By hand; the last entry never moves, so that the floor stands for its std."""


def standardised(x: Tensor) -> Tensor:
    return (x - MEAN) / STD


def seen(batch: Batch) -> Batch:
    return batch._replace(
        observations=standardised(batch.observations),
        next_observations=standardised(batch.next_observations),
    )


def fitted(name: str, *changes: str) -> Agent:
    agent = tiny_agent(name, "paper", STANDARD, *changes)
    agent.fit_observations(PRIOR)
    return agent


def learn_all(agent: Agent, standard: bool) -> None:
    """Every way into an agent: cloning, improving from rollouts, updating from the buffer."""

    def view(batch: Batch) -> Batch:
        return seen(batch) if standard else batch

    if not isinstance(agent.method.policy, (DeterministicTanh, Perturbation)):  # no density
        agent.imitate(view(make_batch(seed=50)))
    buffer = ReplayBuffer(32, OBSERVATION_DIM, ACTION_DIM, columns=agent.method.columns)
    whole = view(make_batch(32, seed=51))
    buffer.add_many(*(np.asarray(part) for part in whole[:5]))
    rng = np.random.default_rng(0)
    for seed in range(8):
        demonstrations = view(make_batch(seed=100 + seed))
        if agent.episodes_per_improvement:
            rollouts = [
                rollout._replace(observations=standardised(rollout.observations))
                if standard
                else rollout
                for rollout in make_rollouts(seed=seed)
            ]
            agent.improve(rollouts, demonstrations)
        else:
            agent.prepare(buffer)
            agent.update(buffer.sample(16, rng), demonstrations)


def test_statistics_by_hand() -> None:
    see = fitted("AWAC").networks["observations"]
    torch.testing.assert_close(see.mean, MEAN)
    torch.testing.assert_close(see.std, STD)
    assert FromPriorData() == FromPriorData(floor=1e-3)
    with pytest.raises(ValueError, match="floor"):
        FromPriorData(floor=0.0)


@pytest.mark.parametrize("name", METHODS)
def test_every_entry_is_standardised(name: str) -> None:
    """Same weights and same actions as an agent whose caller standardises everything himself."""
    inside = fitted(name)
    outside = tiny_agent(name, "paper", "observations=Raw")
    learn_all(inside, standard=False)
    learn_all(outside, standard=True)
    mine = weights_of(inside)
    for key, value in weights_of(outside).items():
        torch.testing.assert_close(mine[key], value, rtol=1e-3, atol=1e-5)
    x = torch.tensor([4.5, 20.0, 0.5])
    for deterministic in (True, False):
        a = inside.act(x.numpy(), deterministic=deterministic)
        b = outside.act(standardised(x).numpy(), deterministic=deterministic)
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_values_and_dead_units_are_those_of_standardised_observations() -> None:
    """What rows of results ask beside the actions."""
    inside, outside = fitted("AWAC"), tiny_agent("AWAC", "paper", "observations=Raw")
    batch = make_batch()
    batch = batch._replace(observations=MEAN + STD * batch.observations)
    s, a = batch.observations.numpy(), batch.actions.numpy()
    values, raw = inside.q(s, a), outside.q(s, a)
    expected = outside.q(standardised(batch.observations).numpy(), a)
    assert values is not None and raw is not None and expected is not None
    np.testing.assert_allclose(values, expected, rtol=1e-5)
    assert np.abs(raw - expected).max() > 0.1
    for name, share in inside.dead_units(batch).items():
        assert share == outside.dead_units(seen(batch))[name]
        assert share < outside.dead_units(batch)[name]


def test_graphs_standardise_too() -> None:
    """An update captured as one graph sees what an update by Python does."""
    python, graph = fitted("AWAC"), fitted("AWAC")
    graph.compiled = Compiled(graph, as_captured)
    for seed in range(3):
        for agent in (python, graph):
            agent.update(make_batch(seed=seed))
    expected = weights_of(python)
    for key, value in weights_of(graph).items():
        torch.testing.assert_close(value, expected[key], rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(graph.networks["observations"].std, STD)


def test_the_comparison_notices_raw_observations() -> None:
    """The same, but that the agent inside was never given statistics."""
    inside = tiny_agent("AWAC", "paper", STANDARD)
    outside = tiny_agent("AWAC", "paper", "observations=Raw")
    learn_all(inside, standard=False)
    learn_all(outside, standard=True)
    a, b = inside.policy.mlp.flat, outside.policy.mlp.flat
    assert float((a - b).detach().abs().max()) > 1e-3


def test_statistics_are_part_of_a_checkpoint() -> None:
    agent, other = fitted("AWAC"), tiny_agent("AWAC", "paper", STANDARD)
    other.load_state_dict(through_file(agent.state_dict()))
    torch.testing.assert_close(other.networks["observations"].std, STD)
    x = np.array([4.5, 20.0, 0.5], dtype=np.float32)
    assert (other.act(x, deterministic=True) == agent.act(x, deterministic=True)).all()


@pytest.mark.parametrize("prior", [40, 0])
def test_statistics_are_those_of_the_prior_data_where_there_is_some(prior: int) -> None:
    """Without any they are those of the states before `learning_starts`, here five."""
    settings = tiny_settings("AWAC", "paper", STANDARD, "offline_steps=0", "learning_starts=5")
    training = make_training(settings, prior=prior)
    states = training.buffer.column("observations").clone()
    if prior:
        training.agent.fit_observations(states)
    assert training.run()
    first = states if prior else training.buffer.column("observations")[:6]
    expected = first.double().std(0, correction=0).float().clamp(min=1e-3)
    found = training.agent.networks["observations"]
    torch.testing.assert_close(found.mean, first.double().mean(0).float())
    torch.testing.assert_close(found.std, expected)


def test_raw_observations_leave_nothing_in_a_checkpoint() -> None:
    """Checkpoints of before there was a choice are read as they were written."""
    assert not any("observations" in key for key in weights_of(tiny_agent("AWAC")))


def test_nothing_to_take_statistics_from_is_an_error() -> None:
    agent = tiny_agent("AWAC", "paper", STANDARD)
    with pytest.raises(ValueError, match="--set observations=Raw"):
        agent.fit_observations(torch.zeros(0, OBSERVATION_DIM))
    tiny_agent("AWAC").fit_observations(torch.zeros(0, OBSERVATION_DIM))


def test_it_is_a_setting() -> None:
    changed = resolve("AWAC", settings=(STANDARD, "floor=0.01")).method.observations
    assert changed == FromPriorData(floor=0.01)
    assert resolve("AWAC", settings=("observations=Raw",)).method.observations == Raw()
