"""One scale for prior data and experience, worked out from the prior data's returns."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from algorithms.buffer import ReplayBuffer
from algorithms.catalogue.methods import METHODS
from algorithms.catalogue.resolving import resolve
from algorithms.data.reward_scaling import ReturnRange, TaskUnits
from algorithms.objectives.weights import effective_sample_size


def test_factor_by_hand() -> None:
    assert ReturnRange(1000.0).factor([-200.0, 300.0, 50.0]) == 2.0
    assert ReturnRange(10.0).factor([5.0, 5.0]) == ReturnRange().factor([]) == 1.0
    assert TaskUnits().factor([-200.0, 300.0]) == 1.0


def test_range_must_be_positive() -> None:
    with pytest.raises(ValueError, match="target_range"):
        ReturnRange(0.0)


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


@pytest.mark.parametrize("name", METHODS)
def test_the_paper_s_locomotion_is_scaled_and_nothing_else(name: str) -> None:
    def scaling(profile: str, domain: str) -> object:
        return resolve(name, profile=profile, domain=domain).method.reward_scaling

    assert scaling("paper", "locomotion") == ReturnRange(1000.0)
    for where in (("released", "locomotion"), ("paper", "hand"), ("paper", "push")):
        assert scaling(*where) == TaskUnits()


def test_unscaled_advantages_of_hundreds_leave_one_transition_a_batch() -> None:
    """What scaling is for: advantages of some 200 in 10 a step, of some 20 in 1 a step."""
    advantages = 20.0 * torch.randn(1024, generator=torch.Generator().manual_seed(0))
    weights = resolve("AWAC", profile="released", domain="locomotion").method.objective.weights
    scaled = resolve("AWAC", domain="locomotion").method.objective.weights
    collapsed = effective_sample_size(weights(10 * advantages)) * 1024
    kept = effective_sample_size(scaled(advantages / 10)) * 1024
    assert collapsed < 2 and kept > 50
