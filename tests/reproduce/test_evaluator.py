"""The columns that evaluation episodes fill, on the real simulators."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from algorithms.training import Candidate
from envs.evaluation import EpisodeStats
from envs.tasks import TASKS
from reproduce.runs import evaluator as module
from reproduce.runs.evaluator import Scale, evaluator, random_return
from reproduce.specs.grid import RunSpec

SCALE = Scale(discount=0.99, reward=0.5, largest_return=50.0)


def spec(env: str) -> RunSpec:
    return RunSpec("quick", "paper", env, "AWAC", 0, "none")


def candidate(
    env: str, number: int = 0, *, sample: bool = False, q: float | None = -7.0
) -> Candidate:
    size = TASKS[env].action_dim
    return Candidate(
        number,
        act=lambda _: np.zeros(size, np.float32),
        sample=(lambda _: np.full(size, 0.3, np.float32)) if sample else None,
        q=lambda states, _: None if q is None else np.full(len(states), q),
    )


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """First seed and number of the episodes of every call."""
    seen: list[tuple[int, int]] = []
    real = module.run_episodes

    def spy(env: object, act: object, *, episodes: int, seed: int) -> object:
        seen.append((seed, episodes))
        return real(env, act, episodes=episodes, seed=seed)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "run_episodes", spy)
    return seen


def test_fresh_starts_the_same_for_every_run(starts: list[tuple[int, int]]) -> None:
    first = evaluator(spec("SawyerPush-v0"), 2, None, SCALE, sampled=2)
    rows = [first(candidate("SawyerPush-v0", number)) for number in (-1, 0, 1)]
    distances = [row["final_distance"] for row in rows]
    assert len(set(distances)) == 3  # the puck lies where it has been put
    begun = [row["start_distance"] for row in rows]
    assert begun == pytest.approx(distances, abs=0.03)  # but where a wall has moved it
    other = evaluator(
        RunSpec("quick", "paper", "SawyerPush-v0", "BC", 7, "random"), 2, None, SCALE, sampled=2
    )
    assert other(candidate("SawyerPush-v0", 1))["final_distance"] == distances[2]
    ranges = [range(seed, seed + count) for seed, count in starts[:3]]
    assert len({s for r in ranges for s in r}) == 6


def test_sampled_columns_are_of_the_same_starts(starts: list[tuple[int, int]]) -> None:
    columns = evaluator(spec("HalfCheetah-v2"), 1, None, SCALE, sampled=1)
    row = columns(candidate("HalfCheetah-v2", sample=True))
    assert starts[0] == starts[1]
    assert row["return_mean_sampled"] != row["return_mean"]
    plain = columns(candidate("HalfCheetah-v2"))
    assert not [name for name in plain if name.endswith("_sampled")]
    assert {name: row[name] for name in plain} == plain


def test_sampled_episodes_may_be_fewer_or_none() -> None:
    task = "SawyerPush-v0"
    columns = [
        evaluator(spec(task), 3, None, SCALE, sampled=count)(candidate(task, sample=True))
        for count in (0, 1)
    ]
    assert [name for name in columns[0] if name.endswith("_sampled")] == []
    assert {row["episodes"] for row in columns} == {3}
    single = evaluator(spec(task), 1, None, SCALE, sampled=1)(candidate(task, sample=True))
    assert columns[1]["return_mean_sampled"] == single["return_mean_sampled"]


def test_sampled_episodes_are_measured_by_all_that_the_task_knows() -> None:
    row = evaluator(spec("SawyerPush-v0"), 1, None, SCALE, sampled=1)(
        candidate("SawyerPush-v0", sample=True)
    )
    assert {name for name in row if name.endswith("_sampled")} == {
        "return_mean_sampled",
        "success_any_sampled",
        "success_final_sampled",
        "success_sustained_sampled",
        "final_distance_sampled",
    }


def test_bias_of_q_in_the_methods_units() -> None:
    """The hand that does nothing stays at -1 a step: G = -0.5 (1 - 0.99^200) / 0.01."""
    row = evaluator(spec("door-binary-v0"), 1, None, SCALE, sampled=1)(candidate("door-binary-v0"))
    rest = 0.99**200
    expected = -7.0 - (-50 * (1 - rest) + rest * -7.0)
    assert row["q_bias"] == pytest.approx(expected, rel=1e-6)
    assert row["q_bias_fraction"] == pytest.approx(expected / 50.0, rel=1e-6)


def test_without_q_there_is_no_bias_and_without_a_largest_return_no_share() -> None:
    push = "SawyerPush-v0"
    row = evaluator(spec(push), 1, None, SCALE, sampled=1)(candidate(push, q=None))
    assert "q_bias" not in row and "q_bias_fraction" not in row
    unknown = evaluator(spec(push), 1, None, Scale(0.99, 1.0, None), sampled=1)(candidate(push))
    assert "q_bias" in unknown and "q_bias_fraction" not in unknown


def test_more_episodes_than_seeds_is_an_error() -> None:
    with pytest.raises(
        ValueError, match="eval_episodes=1001: an evaluation has at most 1000 episodes"
    ):
        evaluator(spec("SawyerPush-v0"), 1001, None, SCALE, sampled=1001)


def _measured(asked: list[object]) -> Callable[..., EpisodeStats]:
    def measure(shown: object, sustained_steps: object) -> EpisodeStats:
        asked.append(sustained_steps)
        return EpisodeStats(
            returns=np.array([-200.0, -100.0, 0.0, -20.0]),
            success_any=np.array([True, True, True, False]),
            success_final=np.array([True, True, False, False]),
            success_sustained=np.array([True, False, False, False]),
            lengths=np.full(4, 200),
            final_distances=np.array([0.1, 0.2, 0.3, 0.6]),
            start_distances=np.array([0.5, 0.5, 0.5, 0.9]),
        )

    return measure


@pytest.mark.parametrize(
    ("env", "steps"),
    [
        ("pen-binary-v0", 20),
        ("door-binary-v0", 25),
        ("relocate-binary-v0", 25),
        ("SawyerPush-v0", 25),
        ("HalfCheetah-v2", None),
    ],
)
def test_columns_are_the_means_of_what_was_measured(
    env: str, steps: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four episodes by hand: each success in its own column, the spread that of a population."""
    asked: list[object] = []
    monkeypatch.setattr(module, "run_episodes", lambda *_, **__: [])
    monkeypatch.setattr(module, "q_bias", lambda *_, **__: None)
    monkeypatch.setattr(module, "measure", _measured(asked))
    row = evaluator(spec(env), 4, None, SCALE, sampled=4)(candidate(env, sample=True))
    assert asked == [steps, steps]
    assert row["return_mean"] == row["return_mean_sampled"] == -80.0
    assert row["return_std"] == pytest.approx(78.7401, abs=1e-4)  # sqrt(6200)
    for name, value in ("any", 0.75), ("final", 0.5), ("sustained", 0.25):
        for column in f"success_{name}", f"success_{name}_sampled":
            assert (row[column] == value) if steps else (column not in row)
    if TASKS[env].goal_dim:
        assert (row["final_distance"], row["start_distance"]) == (pytest.approx(0.3), 0.6)


@pytest.mark.parametrize(
    ("env", "zero"),
    [
        ("HalfCheetah-v2", -306.347118),
        ("Ant-v2", -61.127463),
        ("Walker2d-v2", 2.832182),
    ],
)
def test_the_zero_of_the_normalised_score_is_that_of_committed_rows(env: str, zero: float) -> None:
    """Uniform actions, 20 episodes. Two rows of a task have their zero where their line has 0."""
    table = Path(module.__file__).parents[2] / "results" / "small" / "figure3.csv"
    with table.open(newline="") as file:
        rows = [
            (float(row["return_mean"]), float(row["normalised_score"]))
            for row in csv.DictReader(file)
            if row["env"] == env and row["method"] == "BC"
        ]
    (low, low_score), (high, high_score) = min(rows), max(rows)
    crossing = (low * high_score - high * low_score) / (high_score - low_score)
    assert crossing == pytest.approx(zero, rel=1e-6)
    assert random_return(env) == pytest.approx(zero, rel=1e-6)
