"""One scale for prior data and experience, worked out from the prior data's returns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from algorithms.buffer import ReplayBuffer
from algorithms.catalogue.methods import METHODS
from algorithms.catalogue.resolving import resolve
from algorithms.data.reward_scaling import FixedFactor, ReturnRange, TaskUnits


def test_factor_by_hand() -> None:
    assert ReturnRange(1000.0).factor([-200.0, 300.0, 50.0]) == 2.0
    assert ReturnRange(10.0).factor([5.0, 5.0]) == ReturnRange().factor([]) == 1.0
    assert TaskUnits().factor([-200.0, 300.0]) == 1.0
    assert FixedFactor(0.1).factor([-200.0, 300.0]) == FixedFactor(0.1).factor([]) == 0.1


def test_range_must_be_positive() -> None:
    with pytest.raises(ValueError, match="target_range"):
        ReturnRange(0.0)
    with pytest.raises(ValueError, match="by"):
        FixedFactor(0.0)


def test_prior_data_and_experience_are_scaled_alike() -> None:
    buffer = ReplayBuffer(4, 1, 1, columns=("returns",), discount=0.5, reward_scale=0.25)
    zeros = np.zeros((2, 1))
    buffer.add_many(zeros, zeros, [4.0, 8.0], [1.0, 0.0], zeros)
    buffer.freeze_prior()
    buffer.add(zeros[0], zeros[0], 4.0, 1.0, zeros[0])
    buffer.add(zeros[0], zeros[0], 8.0, 0.0, zeros[0])
    buffer.end_trajectory()
    assert buffer.column("rewards").tolist() == [1.0, 2.0, 1.0, 2.0]
    assert buffer.column("returns").tolist() == [2.0, 2.0, 2.0, 2.0]  # 1 + 0.5 * 2


LATER_WORK = ("IQL", "TD3+BC", "Cal-QL", "RLPD")  # their numbers were found with that range


@pytest.mark.parametrize("name", METHODS)
def test_the_paper_s_locomotion_is_scaled_and_nothing_else(name: str) -> None:
    def scaling(profile: str, domain: str) -> object:
        return resolve(name, profile=profile, domain=domain).method.reward_scaling

    expected = ReturnRange(1000.0) if name in LATER_WORK else FixedFactor(0.1)
    assert scaling("paper", "locomotion") == expected
    for where in (("released", "locomotion"), ("paper", "hand"), ("paper", "push")):
        assert scaling(*where) == TaskUnits()


@pytest.mark.parametrize("name", ["AWAC", "MPO", "ABM-MPO"])
def test_scaled_weights_are_those_of_the_text_in_task_units(name: str) -> None:
    """B.3: lambda 1, Table 1: reward scaling 1. Advantages of some 20 a step of 10 rewards."""
    weights = resolve(name, domain="locomotion").method.objective.weights
    text = replace(weights, shape=replace(weights.shape, lam=1.0))
    advantages = 20.0 * torch.randn(64, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(weights(0.1 * advantages), text(advantages))


def test_temperatures_start_where_those_of_task_units_do() -> None:
    sac = resolve("SAC", domain="locomotion").method.objective
    mixed = resolve("SAC+BC", domain="locomotion").method.objective.improvement
    assert sac.temperature.initial_alpha == mixed.temperature.initial_alpha == 0.1
    scratch = resolve("SAC[scratch]", domain="locomotion").method
    assert scratch.objective.temperature.initial_alpha == 1.0
    assert scratch.reward_scaling == TaskUnits()
