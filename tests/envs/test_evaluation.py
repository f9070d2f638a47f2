"""Episode statistics on an environment whose answers are known."""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np
import pytest
from numpy.typing import NDArray

import envs  # noqa: F401
from envs.evaluation import EVALUATION_SEED_BASE, collect, evaluate
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
    env = gymnasium.make(task_id)
    dim = TASKS[task_id].action_dim

    def act(o: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.resize(np.sin(50 * o), dim)

    def run() -> Any:
        return evaluate(env, act, episodes=2, seed=EVALUATION_SEED_BASE, sustained_steps=25)

    first, second = run(), run()
    assert first.lengths.tolist() == [200, 200]
    for mine, theirs in zip(first, second, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    (t,) = collect(env, act, episodes=1, seed=EVALUATION_SEED_BASE)
    check_trajectory(t, TASKS[task_id], "collected")
    assert t.rewards.sum() == first.returns[0]


def test_no_episodes_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        evaluate(Scripted(), lambda o: np.zeros(1), episodes=0, seed=0, sustained_steps=2)
    with pytest.raises(ValueError, match="at least 1"):
        collect(Scripted(), lambda o: np.zeros(1), episodes=0, seed=0)


def test_discrete_actions_are_refused() -> None:
    with pytest.raises(TypeError, match="continuous"):
        collect(gymnasium.make("CartPole-v1"), lambda o: np.zeros(1), episodes=1, seed=0)
