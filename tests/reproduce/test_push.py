"""Random data and hindsight on the pushing task, for every method that can use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from algorithms.catalogue.methods import LATER_WORK
from algorithms.data.relabeling import HindsightRelabeling
from envs.data.ornstein_uhlenbeck import OrnsteinUhlenbeck
from envs.goals import goal_task
from envs.trajectory import Dataset
from figures.experiments import EXPERIMENTS
from reproduce.data.random import PROCESS, random_rollouts
from reproduce.runs.assemble import Assembled, assemble
from reproduce.runs.resolved import resolved
from reproduce.specs.grid import RunSpec
from reproduce.specs.place import Place
from tests.tiers import tiered

PUSH = "SawyerPush-v0"
TINY = (
    "policy_hidden=8,8",
    "q_hidden=8,8",
    "batch_size=16",
    "offline_batch_size=16",
    "offline_steps=3",
    "online_steps=3",
    "prior_rollouts=4",
    "eval_episodes=1",
    "collect_steps=1",
    "dense_eval_every=100",
    "eval_every=100",
    "dense_until=0",
)


def run_of(method: str, *settings: str, profile: str = "paper", data: str = "random") -> RunSpec:
    return RunSpec("quick", profile, PUSH, method, 0, data, "stored", (*TINY, *settings))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def data(cache: Path) -> Dataset:
    return random_rollouts(PUSH, episodes=4, cache=cache)


def assembled(spec: RunSpec, cache: Path) -> Assembled:
    return assemble(resolved(spec), Place(cache))


def test_random_data_is_the_process(data: Dataset) -> None:
    noise = OrnsteinUhlenbeck(2, theta=0.15, sigma=0.3, seed=0)
    for t in data.trajectories:
        noise.reset()
        expected = np.array([noise.sample() for _ in range(200)])
        np.testing.assert_allclose(t.actions, np.clip(expected, -1, 1), atol=1e-6)
        assert not t.terminals.any()
    starts = [tuple(t.observations[0]) for t in data.trajectories]
    assert len(set(starts)) == 4
    assert data.provenance.source == "random"


def test_random_data_is_cached_by_its_process(
    data: Dataset, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Callable[[], Dataset]] = []

    def here(make: Callable[[], Dataset]) -> Dataset:
        made.append(make)
        return make()

    monkeypatch.setattr("reproduce.data.cache.portably", here)  # else a process of its own
    before = set(cache.glob("prior/*.npz"))
    again = random_rollouts(PUSH, episodes=4, cache=cache)
    assert again.content_checksum == data.content_checksum
    assert made == []
    monkeypatch.setitem(PROCESS, "theta", 0.5)
    other = random_rollouts(PUSH, episodes=4, cache=cache)
    assert other.content_checksum != data.content_checksum
    assert len(made) == len(set(cache.glob("prior/*.npz")) - before) == 1


@pytest.mark.parametrize("profile", tiered(["paper", "released"], ("paper",)))
@pytest.mark.parametrize(
    "method", tiered([*EXPERIMENTS["figure2"].methods, *LATER_WORK], ("AWAC", "BC", "BCQ", "AWR"))
)
def test_every_method_learns_from_random_data(
    method: str, profile: str, data: Dataset, cache: Path
) -> None:
    run = assembled(run_of(method, profile=profile), cache)
    relabeled = run.training.buffer.relabeling is not None
    assert relabeled == (method not in ("AWR", "Cal-QL"))
    assert run.training.run()
    assert run.training.rows[-1]["final_distance"] > 0


@pytest.fixture
def batches(data: Dataset, cache: Path) -> Iterator[object]:
    buffer = assembled(run_of("AWAC"), cache).training.buffer
    rng = np.random.default_rng(0)
    yield [buffer.sample(512, rng) for _ in range(4)]


def test_relabelled_rewards_are_the_task_s(batches: list[object]) -> None:
    reward = goal_task(PUSH).reward
    for batch in batches:
        reached = batch.next_observations.numpy()[:, :4]  # type: ignore[attr-defined]
        goals = batch.observations.numpy()[:, 4:]  # type: ignore[attr-defined]
        assert (batch.next_observations.numpy()[:, 4:] == goals).all()  # type: ignore[attr-defined]
        np.testing.assert_array_equal(batch.rewards.numpy(), reward(reached, goals))  # type: ignore[attr-defined]


def test_shares_are_settings(data: Dataset, cache: Path) -> None:
    spec = run_of("AWAC", "goals.sampled=0.0", "goals.original=1.0")
    buffer = assembled(spec, cache).training.buffer
    assert isinstance(buffer.relabeling, HindsightRelabeling)
    batch = buffer.sample(256, np.random.default_rng(0))
    recorded = {tuple(t.observations[0, 4:]) for t in data.trajectories}
    assert {tuple(goal) for goal in batch.observations.numpy()[:, 4:]} == recorded


def test_scaled_rewards_are_scaled_in_hindsight_too(data: Dataset, cache: Path) -> None:
    spec = run_of("AWAC", "reward_scaling=ReturnRange", "target_range=1.0")
    buffer = assembled(spec, cache).training.buffer
    scale = 1 / (data.returns.max() - data.returns.min())
    batch = buffer.sample(256, np.random.default_rng(0))
    expected = goal_task(PUSH).reward(
        batch.next_observations.numpy()[:, :4], batch.observations.numpy()[:, 4:]
    )
    np.testing.assert_allclose(batch.rewards.numpy(), scale * expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("method", "settings", "message"),
    [
        ("BC", ("actions=demonstrations",), "learns from demonstrations"),
        ("SAC", ("initialisation=CloneDemonstrations",), "clones demonstrations first"),
    ],
)
def test_what_needs_demonstrations_is_refused(
    method: str, settings: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        resolved(run_of(method, *settings))


def test_without_data_there_is_nothing_to_train_on_first() -> None:
    with pytest.raises(ValueError, match="--set pretraining=NoPretraining"):
        resolved(run_of("AWAC", data="none"))


def test_without_data_there_are_no_statistics() -> None:
    both = r"--set pretraining=NoPretraining --set observations=Raw$"
    with pytest.raises(ValueError, match=both):
        resolved(run_of("AWAC", "observations=FromPriorData", data="none"))
    online = ("pretraining=NoPretraining", "learning_starts=100", "observations=FromPriorData")
    resolved(run_of("AWAC", *online, data="none"))  # by the first online states
    resolved(run_of("AWAC", "pretraining=NoPretraining", "observations=Raw", data="none"))


@pytest.mark.parametrize("method", ["AWAC", "AWR"])  # relabelled, and not
def test_goals_are_standardised_as_the_positions_that_they_are(
    method: str, data: Dataset, cache: Path
) -> None:
    run = assembled(run_of(method, "observations=FromPriorData"), cache)
    prior = run.training.buffer.all().observations.numpy()
    see = run.training.agent.networks["observations"]
    positions = prior[:, :4]
    assert np.abs(prior[:, 4:].mean(0) - positions.mean(0)).max() > 0.01
    for statistic, expected in ((see.mean, positions.mean(0)), (see.std, positions.std(0))):
        np.testing.assert_allclose(statistic.numpy(), [*expected, *expected], rtol=1e-4)
    assert np.abs(prior).max() < 1  # the buffer keeps metres


def test_without_data_too_goals_are_standardised_as_positions(cache: Path) -> None:
    """By the first online states, of steps 0 to 2."""
    scratch = (
        "pretraining=RandomActionsFirst",
        "observations=FromPriorData",
        "learning_starts=2",
    )
    training = assembled(run_of("AWAC", *scratch, data="none"), cache).training
    training.run()
    first = training.buffer.all().observations.double()[:3]
    positions, goals = first[:, :4], first[:, 4:]
    assert (goals.mean(0) - positions.mean(0)).abs().max() > 0.01
    see = training.agent.networks["observations"]
    np.testing.assert_allclose(see.mean, [*positions.mean(0), *positions.mean(0)], rtol=1e-4)
    deviations = positions.std(0, correction=0).clamp(min=1e-3)
    np.testing.assert_allclose(see.std, [*deviations, *deviations], rtol=1e-3)


def test_hindsight_needs_goals() -> None:
    spec = RunSpec(
        "quick", "paper", "pen-binary-v0", "AWAC", 0, "embedded", settings=("goals=Hindsight",)
    )
    with pytest.raises(ValueError, match="needs a task with goals"):
        resolved(spec)
