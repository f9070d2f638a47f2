"""Prior data on the real simulator: the same for everyone, cached, verified."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from algorithms.buffer import ReplayBuffer
from algorithms.training import use_one_core
from envs.evaluation import collect
from envs.sources import find_demonstrations
from envs.trajectory import Dataset, Trajectory
from reproduce import prior_data as module
from reproduce.dataset_cache import same_bits_everywhere
from reproduce.prior_data import PriorData, fill, make_env, prior_data

DOOR = {"door_threshold": 1.4}


@pytest.fixture(scope="module")
def demonstrations() -> Dataset:
    return find_demonstrations("pen-binary-v0", data="embedded")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def made(demonstrations: Dataset, cache: Path) -> PriorData:
    return prior_data(demonstrations, rollouts=5, cloning_steps=20, cache=cache, **DOOR)


def test_rollouts_alternate_between_mode_and_sample(
    made: PriorData, demonstrations: Dataset
) -> None:
    assert [len(t.rewards) for t in made.rollouts.trajectories] == [200] * 5
    with same_bits_everywhere():
        agent = module._clone(demonstrations, 20, lambda: None)
        env = make_env("pen-binary-v0", "paper")
        by_mode = collect(
            env, lambda obs: agent.act(obs, deterministic=True), episodes=3, seed=500_000
        )
    for index, expected in zip((0, 2, 4), by_mode, strict=True):
        np.testing.assert_array_equal(made.rollouts.trajectories[index].actions, expected.actions)
    sampled = made.rollouts.trajectories[1]
    mode = np.stack([agent.act(o, deterministic=True) for o in sampled.observations])
    assert np.abs(sampled.actions - mode).std() > 0.01


def test_second_use_reads_the_cache(
    made: PriorData, demonstrations: Dataset, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_roll_out", lambda *_: pytest.fail("made again"))
    again = prior_data(demonstrations, rollouts=5, cloning_steps=20, cache=cache, **DOOR)
    assert again.checksum == made.checksum


def test_same_recipe_gives_the_same_bits_anywhere(
    made: PriorData, demonstrations: Dataset, tmp_path: Path
) -> None:
    again = prior_data(demonstrations, rollouts=5, cloning_steps=20, cache=tmp_path, **DOOR)
    assert again.checksum == made.checksum


def test_a_training_makes_the_same_bits_as_a_description(
    made: PriorData, demonstrations: Dataset, tmp_path: Path
) -> None:
    """Training takes subnormal numbers as zero, and the pen's velocities have some."""
    with same_bits_everywhere():  # else a comparison takes them as zero, too
        observations = np.concatenate([t.observations for t in made.rollouts.trajectories])
        smallest = np.finfo(np.float32).tiny
        assert ((observations != 0) & (np.abs(observations) < smallest)).any()
    threads = torch.get_num_threads()
    try:
        use_one_core()
        again = prior_data(demonstrations, rollouts=5, cloning_steps=20, cache=tmp_path, **DOOR)
        assert again.checksum == made.checksum
        assert (torch.full((8,), 1e-40) * 0.5).count_nonzero() == 0  # and training goes on so
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(threads)


def test_another_recipe_is_another_file(
    made: PriorData, demonstrations: Dataset, cache: Path
) -> None:
    before = set(cache.rglob("*.npz"))
    other = prior_data(demonstrations, rollouts=2, cloning_steps=20, cache=cache, **DOOR)
    assert len(set(cache.rglob("*.npz")) - before) == 1
    assert other.checksum != made.checksum


def test_damaged_cache_is_named_and_made_again(demonstrations: Dataset, tmp_path: Path) -> None:
    told: list[str] = []
    recipe = {"rollouts": 1, "cloning_steps": 1, "cache": tmp_path, "notify": told.append, **DOOR}
    first = prior_data(demonstrations, **recipe)  # type: ignore[arg-type]
    (path,) = tmp_path.rglob("*.npz")
    path.write_bytes(path.read_bytes()[:-200])
    second = prior_data(demonstrations, **recipe)  # type: ignore[arg-type]
    assert second.checksum == first.checksum
    assert any(path.name in line for line in told) and told[-2].endswith("making it again")


def test_leading_keeps_the_first_part_of_both(made: PriorData) -> None:
    part = made.leading(0.9)
    assert len(part.demonstrations.trajectories) == 4  # of 5
    assert len(part.rollouts.trajectories) == 4
    assert part.rollouts.trajectories == made.rollouts.trajectories[:4]
    assert made.leading(1.0).checksum == made.checksum
    assert len(made.leading(0.01).rollouts.trajectories) == 1


def test_released_split_of_25_and_500_is_22_and_450(demonstrations: Dataset) -> None:
    one = demonstrations.trajectories[0]
    many = PriorData(
        Dataset("pen-binary-v0", (one,) * 25, demonstrations.provenance),
        Dataset("pen-binary-v0", (one,) * 500, demonstrations.provenance),
    ).leading(0.9)
    assert len(many.demonstrations.trajectories) == 22
    assert len(many.rollouts.trajectories) == 450


def test_time_limit_bootstraps_and_true_terminal_does_not() -> None:
    def trajectory(terminal: bool) -> Trajectory:
        return Trajectory(
            np.zeros((3, 2), np.float32), np.zeros((3, 1), np.float32), np.zeros(3, np.float32),
            np.zeros((3, 2), np.float32), np.array([False, False, terminal]),
        )  # fmt: skip

    buffer = ReplayBuffer(6, 2, 1)
    provenance = None
    fill(buffer, Dataset("x", (trajectory(False), trajectory(True)), provenance))  # type: ignore[arg-type]
    masks = buffer.sample(600, np.random.default_rng(0)).masks
    assert masks.mean().item() == pytest.approx(5 / 6, abs=0.05)


def test_without_rollouts_the_demonstrations_are_all(
    demonstrations: Dataset, tmp_path: Path
) -> None:
    data = prior_data(demonstrations, rollouts=0, cloning_steps=20, cache=tmp_path, **DOOR)
    assert data.rollouts.steps == 0
    assert data.leading(0.5).demonstrations.steps == 2 * 200
    assert not list(tmp_path.rglob("*.npz"))
