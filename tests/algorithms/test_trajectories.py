"""What the buffer knows of trajectories: returns, ends, latest episodes, and the ring's seam."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from algorithms.buffer import ReplayBuffer
from tests.algorithms.conftest import through_file

GAMMA = 0.5
COLUMNS = ("returns", "targets", "advantages")


def make(
    capacity: int, *trajectories: tuple[list[float], bool], columns: tuple[str, ...] = COLUMNS
) -> ReplayBuffer:
    """Prior trajectories of (rewards, terminated)."""
    buffer = ReplayBuffer(capacity, 3, 2, columns=columns, discount=GAMMA)
    for rewards, terminated in trajectories:
        n = len(rewards)
        masks = np.ones(n)
        masks[-1] = 0.0 if terminated else 1.0
        wide = np.repeat(np.array(rewards)[:, None], 3, 1)
        buffer.add_many(wide, wide[:, :2], np.array(rewards), masks, wide)
    buffer.freeze_prior()
    return buffer


def play(buffer: ReplayBuffer, rewards: list[float], *, ended: str | None) -> None:
    """An online episode, ended by "limit" or "terminal", or going on (None)."""
    for t, reward in enumerate(rewards):
        mask = 0.0 if ended == "terminal" and t == len(rewards) - 1 else 1.0
        buffer.add(np.full(3, reward), np.full(2, reward), reward, mask, np.full(3, reward))
    if ended:
        buffer.end_trajectory()


@pytest.mark.parametrize("terminated", [True, False])
def test_returns_of_prior_trajectories(terminated: bool) -> None:
    """Cut by the time limit, the last reward goes on for ever: -1 / (1 - 0.5) = -2."""
    buffer = make(9, ([0.0, -1.0], terminated), ([-1.0, -1.0, 0.0], terminated))
    tail = -1.0 if terminated else -2.0
    expected = [0.5 * tail, tail, -1.5, -1.0, 0.0]
    assert buffer.column("returns").tolist() == expected
    batch = buffer.all()
    assert batch.returns is not None and batch.returns.tolist() == expected


def test_returns_of_an_episode_are_known_when_it_has_ended() -> None:
    buffer = make(9, ([-1.0], False))
    play(buffer, [-1.0, 0.0], ended=None)
    assert buffer.column("returns").tolist() == [-2.0, -math.inf, -math.inf]
    play(buffer, [-1.0], ended="limit")  # the third step of the same episode
    assert buffer.column("returns").tolist() == [-2.0, -1.0 + 0.25 * -2.0, 0.5 * -2.0, -2.0]
    play(buffer, [-1.0, -1.0], ended="terminal")
    assert buffer.column("returns").tolist()[4:] == [-1.5, -1.0]
    buffer.end_trajectory()  # nothing is open: nothing happens
    assert buffer.column("returns").tolist()[4:] == [-1.5, -1.0]


def test_discount_of_one_has_no_tail() -> None:
    buffer = ReplayBuffer(4, 3, 2, columns=("returns",), discount=1.0)
    wide = np.zeros((2, 3))
    buffer.add_many(wide, wide[:, :2], np.array([-1.0, -1.0]), np.ones(2), wide)
    assert buffer.column("returns").tolist() == [-2.0, -1.0]


def test_an_overwritten_transition_has_no_return() -> None:
    buffer = make(4, ([-1.0], False))
    play(buffer, [0.0, 0.0, -1.0], ended="limit")
    play(buffer, [-1.0], ended=None)
    assert buffer.column("returns").tolist() == [-2.0, -math.inf, -1.0 * GAMMA * 2, -2.0]
    assert buffer.column("targets").tolist() == [0.0] * 4


def test_ends_are_the_ends_of_trajectories_however_they_ended() -> None:
    buffer = make(20, ([0.0, 0.0], False), ([0.0], True), ([0.0, 0.0, 0.0], False))
    prior = [False, True, True, False, False, True]
    assert buffer.ends().tolist() == prior
    play(buffer, [0.0, 0.0], ended="limit")
    play(buffer, [0.0, 0.0], ended=None)  # the newest has no successor in memory
    assert buffer.ends().tolist() == [*prior, False, True, False, True]
    play(buffer, [0.0], ended="terminal")
    assert buffer.ends().tolist() == [*prior, False, True, False, False, True]


def test_the_seam_of_the_ring_is_an_end() -> None:
    """Newest and oldest lie beside each other, and do not belong together."""
    buffer = make(8, ([0.0, 0.0], False))
    play(buffer, [1.0, 2.0, 3.0], ended="limit")
    play(buffer, [4.0, 5.0, 6.0, 7.0], ended=None)  # the 7 lies where the 1 was
    assert buffer.column("rewards").tolist() == [0, 0, 7, 2, 3, 4, 5, 6]
    assert buffer.ends().tolist() == [False, True, True, False, True, False, False, True]
    play(buffer, [8.0], ended="limit")  # where the 2 was
    assert buffer.ends().tolist() == [False, True, False, True, True, False, False, True]
    play(buffer, [9.0, 10.0], ended=None)  # the 9 lies where the 3 was, an end then
    assert buffer.column("rewards").tolist() == [0, 0, 7, 8, 9, 10, 5, 6]
    assert buffer.ends().tolist() == [False, True, False, True, False, True, False, True]
    buffer.ends()[:] = False  # a copy
    assert buffer.ends().tolist()[1]


def test_an_episode_across_the_seam_has_its_return() -> None:
    buffer = make(5, ([0.0, 0.0], True))
    play(buffer, [0.0, 0.0], ended="limit")
    play(buffer, [-1.0, 0.0, -1.0], ended="terminal")
    assert buffer.column("rewards").tolist() == [0, 0, 0, -1, -1]
    assert buffer.column("returns").tolist() == [0, 0, -0.5, -1.0, -1.25]


def test_latest_episodes_in_order() -> None:
    buffer = make(9, ([0.0, 0.0], False))
    play(buffer, [1.0, 2.0, 3.0], ended="limit")
    play(buffer, [4.0, 5.0], ended="terminal")
    episodes = buffer.latest(5)
    assert [batch.rewards.tolist() for batch in episodes] == [[1, 2, 3], [4, 5]]
    assert [batch.masks[-1].item() for batch in episodes] == [1.0, 0.0]
    assert torch.equal(episodes[1].observations[:, 0], torch.tensor([4.0, 5.0]))
    assert [batch.rewards.tolist() for batch in buffer.latest(2)] == [[4, 5]]


def test_latest_episodes_across_the_seam() -> None:
    buffer = make(7, ([0.0, 0.0], False))
    play(buffer, [1.0, 2.0, 3.0], ended="limit")
    play(buffer, [4.0, 5.0, 6.0], ended="limit")
    play(buffer, [7.0, 8.0], ended="terminal")
    assert [b.rewards.tolist() for b in buffer.latest(5)] == [[4, 5, 6], [7, 8]]
    with pytest.raises(ValueError, match="6 online transitions are wanted, .* keeps 5"):
        buffer.latest(6)


def test_latest_does_not_reach_into_prior_data() -> None:
    buffer = make(9, ([0.0, 0.0], False))
    play(buffer, [1.0], ended="limit")
    with pytest.raises(ValueError, match="2 online transitions are wanted"):
        buffer.latest(2)


def test_columns_are_filled_for_everything_and_sampled_with_their_rows() -> None:
    buffer = make(9, ([-1.0, -2.0], False), ([-3.0], False))
    play(buffer, [-4.0], ended=None)
    buffer.set_column("targets", torch.tensor([10.0, 20.0, 30.0, 40.0]))
    batch = buffer.sample(50, np.random.default_rng(0))
    assert batch.targets is not None and batch.advantages is not None
    assert torch.equal(batch.targets, -10 * batch.rewards)
    assert not batch.advantages.any()
    assert buffer.column("targets").shape == (4,)


def test_a_buffer_keeps_no_column_that_nobody_wants() -> None:
    batch = make(9, ([-1.0], False), columns=("advantages",)).all()
    assert batch.returns is None and batch.targets is None and batch.advantages is not None


@pytest.mark.parametrize("steps", [0, 2, 5, 7])
def test_state_holds_columns_ends_and_the_open_episode(steps: int) -> None:
    """Of everything: the columns of prior data are worked out too, and in no file."""

    def fresh() -> ReplayBuffer:
        return make(8, ([-1.0, 0.0], False), ([-1.0], True))

    buffer = fresh()
    play(buffer, [-1.0, 0.0], ended="limit")
    play(buffer, [-1.0] * steps, ended=None)
    buffer.set_column("targets", torch.arange(len(buffer)) + 7.0)
    state = through_file(buffer.state_dict())
    restored = fresh()
    restored.load_state_dict(state)
    assert restored.column("targets")[0] == 7
    for end in (None, "limit", None):  # the open episode goes on, and ends, and another begins
        for name in (*COLUMNS, "rewards", "masks"):
            assert torch.equal(restored.column(name), buffer.column(name)), name
        assert torch.equal(restored.ends(), buffer.ends())
        play(buffer, [-0.5], ended=end)
        play(restored, [-0.5], ended=end)
    buffer.set_column("targets", torch.zeros(len(buffer)))
    assert state["columns"]["targets"][0] == 7  # a copy


def test_batches_of_a_column_are_copies() -> None:
    buffer = make(9, ([-1.0], False))
    batch = buffer.all()
    assert batch.returns is not None
    batch.returns.fill_(9.0)
    assert buffer.column("returns").tolist() == [-2.0]
