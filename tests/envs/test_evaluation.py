"""Episode statistics on an environment whose answers are known."""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np
import pytest
from numpy.typing import NDArray

from envs import seeds
from envs.evaluation import (
    collect,
    evaluate,
    measure,
    run_episodes,
)
from envs.making import make_task
from envs.tasks import TASKS
from envs.trajectory import check_trajectory


class Scripted(gymnasium.Env[NDArray[np.float32], NDArray[np.float32]]):
    """The goal holds on the steps that the script of the reset seed marks."""

    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,))
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,))
    scripts: ClassVar[dict[int, str]] = {10: "..XX.", 11: ".....", 12: "XXXXX", 13: "....X"}

    def __init__(self) -> None:
        self.actions: list[float] = []

    def _observe(self) -> NDArray[np.float32]:
        return np.array([self.key, self.t], dtype=np.float32)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        assert seed is not None
        self.key, self.t = seed, 0
        return self._observe(), {}

    def step(self, action: NDArray[np.float32]) -> Any:
        self.actions.append(float(action[0]))
        success = self.scripts[self.key][self.t] == "X"
        self.t += 1
        ended = self.t == 5
        return self._observe(), float(success) - 1.0, False, ended, {"success": success}


def test_success_measures() -> None:
    stats = evaluate(Scripted(), lambda o: np.zeros(1), episodes=4, seed=10, sustained_steps=2)
    assert stats.returns.tolist() == [-3.0, -5.0, 0.0, -4.0]
    assert stats.success_any.tolist() == [True, False, True, True]
    assert stats.success_final.tolist() == [False, False, True, True]
    assert stats.success_sustained.tolist() == [False, False, True, False]  # *more* than 2
    assert stats.lengths.tolist() == [5, 5, 5, 5]
    assert stats.final_distances.dtype == np.float64
    assert np.isnan(stats.final_distances).tolist() == [True] * 4
    assert np.isnan(stats.start_distances).tolist() == [True] * 4


def test_without_a_number_of_steps_nothing_is_sustained() -> None:
    stats = evaluate(Scripted(), lambda o: np.zeros(1), episodes=4, seed=10, sustained_steps=None)
    assert stats.success_sustained.tolist() == [False] * 4
    assert stats.success_sustained.dtype == np.bool_
    assert stats.success_any.tolist() == [True, False, True, True]


def test_distances_are_those_of_the_reset_and_of_the_last_step() -> None:
    class Nearing(Scripted):
        def reset(self, **options: Any) -> Any:
            observation, info = super().reset(**options)
            return observation, info | {"puck_distance": float(self.key)}

        def step(self, action: NDArray[np.float32]) -> Any:
            observation, reward, terminated, truncated, info = super().step(action)
            distance = (self.key - 9) / self.t  # metres: 1, 2, ... over the step
            return observation, reward, terminated, truncated, info | {"puck_distance": distance}

    stats = evaluate(Nearing(), lambda o: np.zeros(1), episodes=2, seed=10, sustained_steps=2)
    assert stats.start_distances.tolist() == [10.0, 11.0]
    assert stats.final_distances.tolist() == [1 / 5, 2 / 5]


def test_final_distance_is_the_environments() -> None:
    env = make_task("SawyerPush-v0")

    def act(o: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.clip((o[2:4] - o[:2]) / 0.02, -1, 1)

    stats = evaluate(env, act, episodes=2, seed=5, sustained_steps=25)
    expected = []
    for seed in (5, 6):
        observation, _ = env.reset(seed=seed)
        for _ in range(200):
            observation, reward, _, _, info = env.step(act(observation))
        assert info["puck_distance"] == -reward > 0
        expected.append(info["puck_distance"])
    assert stats.final_distances.tolist() == expected


def test_collect_stores_what_was_applied() -> None:
    env = Scripted()
    seen: list[int] = []
    (t,) = collect(env, lambda o: np.array([2.0]), episodes=1, seed=12, progress=seen.append)
    assert env.actions == [1.0] * 5
    assert t.actions.ravel().tolist() == env.actions
    assert t.observations[:, 1].tolist() == [0, 1, 2, 3, 4]
    assert t.next_observations[:, 1].tolist() == [1, 2, 3, 4, 5]
    assert not t.terminals.any()
    assert seen == [1]


def test_progress_counts_episodes() -> None:
    seen: list[int] = []
    collect(Scripted(), lambda o: np.zeros(1), episodes=3, seed=10, progress=seen.append)
    assert seen == [1, 2, 3]


def test_termination_is_kept_apart_from_truncation() -> None:
    class Terminating(Scripted):
        def step(self, action: NDArray[np.float32]) -> Any:
            observation, reward, _, ended, info = super().step(action)
            return observation, reward, ended, False, info

    (t,) = collect(Terminating(), lambda o: np.zeros(1), episodes=1, seed=10)
    assert t.terminals.tolist() == [False] * 4 + [True]


@pytest.mark.parametrize("task_id", list(TASKS))
def test_on_the_tasks(task_id: str) -> None:
    env, spec = make_task(task_id), TASKS[task_id]

    def act(o: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.resize(np.sin(50 * o), spec.action_dim)

    def run() -> Any:
        sustained = spec.success_steps_sustained
        return evaluate(env, act, episodes=2, seed=seeds.EVALUATION, sustained_steps=sustained)

    first, second = run(), run()
    if task_id == "Walker2d-v2":
        assert (first.lengths < spec.horizon).all()
    elif task_id != "Ant-v2":
        assert first.lengths.tolist() == [spec.horizon] * 2
    for mine, theirs in zip(first, second, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    (t,) = collect(env, act, episodes=1, seed=seeds.EVALUATION)
    check_trajectory(t, spec, "collected")
    assert t.rewards.sum(dtype=np.float64) == first.returns[0]
    assert len(t.rewards) == first.lengths[0]
    assert t.terminals[-1] == (len(t.rewards) < spec.horizon) and not t.terminals[:-1].any()
    assert np.isnan(first.final_distances).all() == (task_id != "SawyerPush-v0")


def test_no_episodes_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        evaluate(Scripted(), lambda o: np.zeros(1), episodes=0, seed=0, sustained_steps=2)
    with pytest.raises(ValueError, match="at least 1"):
        collect(Scripted(), lambda o: np.zeros(1), episodes=0, seed=0)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_actions_that_are_not_finite_are_refused(wrong: float) -> None:
    """Clipping would make a bound of the infinity, and a bound is an action like others."""

    def act(o: NDArray[np.float32]) -> NDArray[np.floating]:
        return np.array([wrong if o[1] == 3 else 0.0])

    env = Scripted()
    with pytest.raises(ValueError, match=r"step 3 of the episode with seed 12.*NaN or infinity"):
        collect(env, act, episodes=1, seed=12)
    assert env.actions == [0.0] * 3


def test_discrete_actions_are_refused() -> None:
    with pytest.raises(TypeError, match="continuous"):
        collect(gymnasium.make("CartPole-v1"), lambda o: np.zeros(1), episodes=1, seed=0)


def test_episodes_measured_are_those_that_were_run() -> None:
    shown = run_episodes(Scripted(), lambda o: np.zeros(1), episodes=4, seed=10)
    assert [float(e.trajectory.observations[0, 0]) for e in shown] == [10, 11, 12, 13]
    for mine, theirs in zip(
        measure(shown, 2),
        evaluate(Scripted(), lambda o: np.zeros(1), episodes=4, seed=10, sustained_steps=2),
        strict=True,
    ):
        np.testing.assert_array_equal(mine, theirs)
