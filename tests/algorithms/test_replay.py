"""Which stored transitions an update sees: all alike, or half of them prior data."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from algorithms.buffer import ReplayBuffer
from algorithms.catalogue.methods import METHODS
from algorithms.replay import Symmetric, Uniform
from tests.algorithms.conftest import fake_data, make_training, tiny_settings


def stored(prior: int, online: int, columns: tuple[str, ...] = ()) -> ReplayBuffer:
    """Prior transitions have rewards 0, 1, ..., online ones -1, -2, ..."""
    buffer = ReplayBuffer(200, 3, 2, columns=columns)
    if prior:
        rewards = np.arange(prior, dtype=np.float64)
        wide = np.repeat(rewards[:, None], 3, 1)
        buffer.add_many(wide, wide[:, :2], rewards, np.ones(prior), wide)
    buffer.freeze_prior()
    for mark in range(1, online + 1):
        buffer.add(np.full(3, -mark), np.full(2, -mark), -mark, 1.0, np.full(3, -mark))
    return buffer


@pytest.mark.parametrize(("size", "online"), [(256, 128), (7, 4)])
def test_symmetric_batches_are_half_prior_data(size: int, online: int) -> None:
    buffer = stored(prior=100, online=10)
    rng = np.random.default_rng(0)
    seen: set[float] = set()
    for _ in range(20):
        batch = Symmetric().sample(buffer, size, rng)
        assert batch.rewards.shape == (size,) and batch.observations.shape == (size, 3)
        assert int((batch.rewards < 0).sum()) == online
        assert torch.equal(batch.observations[:, 0], batch.rewards)  # rows stay together
        assert torch.equal(batch.next_observations[:, 2], batch.rewards)
        seen |= set(batch.rewards.tolist())
    assert {-1.0, -10.0} <= seen
    if size == 256:
        assert seen == {*map(float, range(-10, 100))} and {0.0, 99.0} <= seen


def test_uniform_batches_are_not() -> None:
    batch = Uniform().sample(stored(100, 10), 2000, np.random.default_rng(0))
    share = (batch.rewards < 0).float().mean().item()
    assert share == pytest.approx(10 / 110, abs=0.03)


@pytest.mark.parametrize(("prior", "online"), [(30, 0), (0, 30)])
def test_with_one_kind_of_data_all_is_of_it(prior: int, online: int) -> None:
    batch = Symmetric().sample(stored(prior, online), 64, np.random.default_rng(0))
    assert len(batch.rewards) == 64
    assert bool((batch.rewards >= 0).all()) == (prior > 0)


def test_columns_come_with_their_transitions() -> None:
    buffer = stored(20, 10, columns=("returns", "advantages"))
    buffer.set_column("advantages", 2 * buffer.column("rewards"))
    batch = Symmetric().sample(buffer, 64, np.random.default_rng(0))
    assert batch.advantages is not None and batch.returns is not None and batch.targets is None
    assert torch.equal(batch.advantages, 2 * batch.rewards)
    assert (batch.returns[batch.rewards < 0] == -torch.inf).all()


def test_rows_that_replay_symmetrically() -> None:
    symmetric = {name for name, method in METHODS.items() if method.replay == Symmetric()}
    assert symmetric == {"Cal-QL", "RLPD"}
    assert all(METHODS[name].replay == Uniform() for name in METHODS if name not in symmetric)


@pytest.mark.parametrize("name", ["Cal-QL", "RLPD", "AWAC"])
def test_training_replays_as_the_method_says(name: str) -> None:
    training = make_training(tiny_settings(name, "paper", "offline_steps=3"), online_steps=10)
    prior = training.buffer.all().observations[:, :2]
    real, shares = training.agent.update, []

    def spy(batch, demonstrations=None):  # type: ignore[no-untyped-def]
        old = (batch.observations[:, None, :2] == prior).all(-1).any(-1)
        shares.append((training.step, float(old.float().mean())))
        return real(batch, demonstrations)

    training.agent.update = spy  # type: ignore[method-assign]
    assert training.run()
    offline = [share for step, share in shares if step < 0]
    online = [share for step, share in shares if step >= 0]
    assert len(offline) == (0 if name == "RLPD" else 3) and set(offline) <= {1.0}
    assert len(online) == 10
    assert (set(online) == {0.5}) == (name != "AWAC")


def test_fake_data_is_prior_data() -> None:
    buffer = fake_data(60, 40)
    assert buffer.prior == len(buffer) == 40 and int(buffer.ends().sum()) == 8
