"""Hindsight relabelling: shares, rewards, and never across the end of a trajectory."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from algorithms.buffer import ReplayBuffer
from algorithms.data.relabeling import Hindsight, HindsightRelabeling

O, G, T = 3, 2, 7  # noqa: E741  observation, goal, steps a trajectory
FRESH = 1000.0  # goals that the task draws start here


def achieved(observations: np.ndarray) -> np.ndarray:
    return observations[..., :G]


def reward(reached: np.ndarray, goals: np.ndarray) -> np.ndarray:
    return -np.linalg.norm(reached - goals, axis=-1)


def fresh_goals(count: int, rng: np.random.Generator) -> np.ndarray:
    return FRESH + rng.random((count, G))


def relabeling(original: float = 0.2, sampled: float = 0.5) -> HindsightRelabeling:
    return HindsightRelabeling(O, achieved, reward, fresh_goals, Hindsight(original, sampled))


def steps(number: int) -> tuple[np.ndarray, ...]:
    """Trajectory `number`: its position is 10 number + t in both coordinates, its goal -number."""
    at = 10.0 * number + np.arange(T + 1)
    positions = np.stack([at, at, np.full(T + 1, number)], 1)
    goals = np.full((T, G), -float(number))
    s = np.concatenate([positions[:-1], goals], 1)
    following = np.concatenate([positions[1:], goals], 1)
    rewards = reward(achieved(following), goals)
    return s, np.zeros((T, 1)), rewards, np.ones(T), following


def filled(kind: HindsightRelabeling | None, prior: int = 4, capacity: int = 100) -> ReplayBuffer:
    buffer = ReplayBuffer(capacity, O + G, 1, relabeling=kind)
    for number in range(prior):
        buffer.add_many(*steps(number))
    buffer.freeze_prior()
    return buffer


def add_online(buffer: ReplayBuffer, number: int, upto: int = T) -> None:
    for t, (s, a, r, m, following) in enumerate(zip(*steps(number), strict=True)):
        if t == upto:
            return
        buffer.add(s, a, r, m, following)
    buffer.end_trajectory()


def parts(buffer: ReplayBuffer, count: int = 20_000) -> dict[str, np.ndarray]:
    batch = buffer.sample(count, np.random.default_rng(0))
    s, following = batch.observations.numpy(), batch.next_observations.numpy()
    assert (s[:, O:] == following[:, O:]).all()
    return {
        "number": s[:, 2],
        "now": s[:, 0],
        "reached": following[:, :G],
        "goal": s[:, O:],
        "reward": batch.rewards.numpy(),
    }


def test_shares_of_the_three_kinds() -> None:
    p = parts(filled(relabeling()))
    recorded = p["goal"][:, 0] == -p["number"]
    recorded &= p["goal"][:, 0] <= 0
    drawn = p["goal"][:, 0] >= FRESH
    # trajectory 0 achieves positive positions only from its second state on, its goal is -0
    future = ~recorded & ~drawn
    for share, expected in ((recorded, 0.2), (drawn, 0.5), (future, 0.3)):
        assert abs(share.mean() - expected) < 4 * np.sqrt(expected * (1 - expected) / 20_000)


def test_rewards_are_the_tasks_for_the_goals_that_the_batch_shows() -> None:
    p = parts(filled(relabeling()))
    np.testing.assert_allclose(p["reward"], reward(p["reached"], p["goal"]), rtol=1e-5)
    assert (p["reward"] == 0).any()  # the next state's own achievement is among the future goals


def test_future_goals_are_uniform_over_the_rest_of_the_same_trajectory() -> None:
    buffer = filled(relabeling(original=0.0, sampled=0.0))
    p = parts(buffer)
    ahead = p["goal"][:, 0] - p["now"]
    last = 10 * p["number"] + T
    assert ahead.min() == 1  # the own next state
    assert (p["goal"][:, 0] <= last).all()  # never beyond the end
    first = p["now"] == 10 * p["number"]
    counts = np.bincount(ahead[first].astype(int), minlength=T + 1)[1:]
    expected = first.sum() / T
    assert len(counts) == T and (abs(counts - expected) < 5 * np.sqrt(expected)).all()


def test_an_unfinished_trajectory_ends_where_it_is_now() -> None:
    buffer = filled(relabeling(0.0, 0.0))
    add_online(buffer, 7, upto=3)
    p = parts(buffer)
    mine = p["number"] == 7
    assert mine.any() and set(p["goal"][mine, 0]) == {71.0, 72.0, 73.0}


def test_the_ring_wraps_within_the_online_part() -> None:
    buffer = filled(relabeling(0.0, 0.0), prior=1, capacity=T + 10)  # room for 10 online steps
    for number in range(1, 6):
        add_online(buffer, number)
    p = parts(buffer)
    assert set(p["number"]) == {0, 4, 5}  # 7 steps of the last trajectory, 3 of the one before
    for number in (0, 4, 5):
        mine = p["goal"][p["number"] == number, 0]
        assert mine.min() > 10 * number and mine.max() == 10 * number + T


def test_peeked_transitions_are_as_they_were_stored() -> None:
    seen, plain = filled(relabeling(0.0, 0.5)), filled(None)
    one, other = (b.peek(50, np.random.default_rng(1)) for b in (seen, plain))
    assert all(torch.equal(getattr(one, f), getattr(other, f)) for f in one._fields[:5])
    assert torch.equal(one.observations[:, O], -one.observations[:, 2])  # the recorded goals


def test_original_1_leaves_every_batch_as_it_is() -> None:
    seen, plain = filled(relabeling(1.0, 0.0)), filled(None)
    one, other = (b.sample(50, np.random.default_rng(1)) for b in (seen, plain))
    assert all(torch.equal(getattr(one, f), getattr(other, f)) for f in one._fields[:5])


def test_continues_from_a_checkpoint() -> None:
    whole, resumed = filled(relabeling()), filled(relabeling())
    add_online(whole, 8)
    resumed.load_state_dict(whole.state_dict())
    for buffer in (whole, resumed):
        add_online(buffer, 9)
    one, other = (b.sample(64, np.random.default_rng(3)) for b in (whole, resumed))
    assert torch.equal(one.observations, other.observations)
    assert torch.equal(one.rewards, other.rewards)


def test_columns_of_the_recorded_goals_are_refused() -> None:
    with pytest.raises(ValueError, match="returns"):
        ReplayBuffer(10, O + G, 1, columns=("returns",), relabeling=relabeling())


@pytest.mark.parametrize(("original", "sampled"), [(-0.1, 0.5), (0.6, 0.5), (0.2, 1.2)])
def test_shares_that_are_none(original: float, sampled: float) -> None:
    with pytest.raises(ValueError, match="must be|shares of one whole"):
        relabeling(original, sampled)
