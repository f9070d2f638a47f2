"""No two uses of an episode's seed meet."""

from __future__ import annotations

import numpy as np
import pytest

from envs import seeds
from envs.seeds import EPISODES_AT_MOST, evaluation_seed


def test_every_evaluation_has_start_states_of_its_own() -> None:
    """Disjoint ranges of seeds, below those of training and above all others."""
    numbers = range(-300, 300)
    firsts = [evaluation_seed(number) for number in numbers]
    taken = {seed for first in firsts for seed in range(first, first + 20)}
    assert len(taken) == 20 * len(numbers)
    assert min(taken) == evaluation_seed(0) == seeds.EVALUATION
    assert max(taken) < 2**31
    gaps = np.diff(sorted(firsts))
    assert gaps.min() == EPISODES_AT_MOST


def test_more_evaluations_than_seeds_is_an_error() -> None:
    evaluation_seed(570_000)
    with pytest.raises(ValueError, match="evaluation 600000: a run has no seeds"):
        evaluation_seed(600_000)


def test_ranges_leave_each_other_room() -> None:
    """A million episodes of each use but the evaluations, which have a thousand million."""
    firsts = [0, seeds.ROLLOUTS, seeds.EXPERT, seeds.RANDOM_POLICY, seeds.EVALUATION]
    assert np.diff(firsts).min() >= 500_000
    assert seeds.EXPERT - seeds.ROLLOUTS >= 10**6 <= seeds.RANDOM_POLICY - seeds.EXPERT
    assert seeds.EVALUATION - seeds.RANDOM_POLICY >= 10**6
    assert seeds.TRAINING == 2**31 > evaluation_seed(570_000) + EPISODES_AT_MOST
