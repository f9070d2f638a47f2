"""Units that are 0 on every state are counted, in whichever network a row has."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from algorithms.catalogue.methods import METHODS
from algorithms.dead_units import dead_share
from algorithms.networks.layers import NormalisedLayers
from algorithms.networks.mlp import MLP
from tests.algorithms.conftest import (
    OBSERVATION_DIM,
    make_batch,
    make_training,
    tiny_agent,
    tiny_settings,
)


def test_share_by_hand() -> None:
    """Layers of 4 and 2 units, two members: 3, then 4 of the 12 are 0 on both rows."""
    mlp = MLP((1, 4, 2, 1), members=2)
    with torch.no_grad():
        mlp.flat.fill_(0.1)
        first, second = mlp.layers()
        # on x = 1 and x = -1: relu(x), relu(-x), and two that are never above 0
        first[0][0].copy_(torch.tensor([[1.0, -1.0, 1.0, 0.0]]))
        first[0][1].copy_(torch.tensor([0.0, 0.0, -1.0, -5.0]))
        first[1][0][:, 1] = -1.0
        second[0][1].copy_(torch.tensor([9.0, 9.0, 9.0, -9.0]))
    x = torch.tensor([[1.0], [-1.0]])
    first[1][1].copy_(torch.tensor([1.0, 1.5]))
    assert dead_share(mlp, x).item() == pytest.approx(3 / 12)
    first[1][1][1] = 0.5  # what its weight of -1 takes away is more
    assert dead_share(mlp, x).item() == pytest.approx(4 / 12)


def test_layer_norm_comes_before_the_relu() -> None:
    mlp = MLP((1, 4, 1), hidden_layers=NormalisedLayers())
    with torch.no_grad():
        mlp.flat.fill_(0.0)
        mlp.layers()[0][0][1].copy_(torch.tensor([-1.0, -2.0, -3.0, -4.0]))
    assert dead_share(mlp, torch.zeros(2, 1)).item() == pytest.approx(0.5)


@pytest.mark.parametrize("name", METHODS)
def test_every_row_of_results_has_them(name: str) -> None:
    """Of the networks as they are, on states as they see them; BC has no critic."""
    batch = make_batch()
    agent = tiny_agent(name, "paper", "observations=FromPriorData")
    agent.fit_observations(batch.observations)
    alive = agent.dead_units(batch)
    critic = {"AWR": "value", "DAPG": "baseline", "BC": None}.get(name, "critic")
    columns = {"dead_units_policy": "policy", "dead_units_critic": critic}
    assert set(alive) == {column for column, network in columns.items() if network}
    assert all(0 <= float(value) < 0.5 for value in alive.values())
    for column, network in columns.items():
        if network is None or agent.networks[network].mlp.ordinary:
            continue
        for member in agent.networks[network].mlp.layers():
            member[0][1].fill_(-1e6)
        assert float(agent.dead_units(batch)[column]) >= 0.5


def test_a_baseline_is_shown_every_state_as_an_episode_s_first() -> None:
    """Its units follow the time alone here, and are above 0 from the second step on."""
    agent = tiny_agent("DAPG")
    weight, bias = agent.networks["baseline"].mlp.layers()[0][0]
    weight[:OBSERVATION_DIM] = 0.0
    weight[OBSERVATION_DIM:] = 1000.0
    assert not bias.any()
    assert agent.dead_units(make_batch())["dead_units_critic"] == 1


def test_they_are_measured_on_the_same_states_and_change_nothing() -> None:
    training = make_training(tiny_settings("AWAC", "paper", "offline_steps=4"))
    before = training.rng.bit_generator.state
    first, again = training._dead_units(), training._dead_units()
    assert first == again and training.rng.bit_generator.state == before
    assert training.run()
    assert all(0 <= row["dead_units_policy"] <= 1 for row in training.rows)
    assert all(isinstance(row["dead_units_critic"], float) for row in training.rows)
    assert np.isfinite([row["dead_units_critic"] for row in training.rows]).all()
