"""Goal tasks: one vector of observation and goal, and rewards for other goals."""

from __future__ import annotations

import pickle
from typing import Any

import gymnasium
import numpy as np
import pytest

from envs.evaluation import collect
from envs.goals import GoalObservations, goal_task
from envs.making import make_task
from envs.push import BOX_HIGH, BOX_LOW
from envs.tasks import TASKS

ID = "SawyerPush-v0"
PUSH = goal_task(ID)


def towards_the_puck(o: Any) -> Any:
    """A policy that makes the puck move, so that rewards change."""
    return np.clip((o[2:4] - o[:2]) / 0.02, -1, 1)


def test_observation_and_goal_in_one_vector() -> None:
    env, goals = make_task(ID), gymnasium.make(ID)
    vector, _ = env.reset(seed=3)
    dictionary, _ = goals.reset(seed=3)
    for _ in range(5):
        assert vector.dtype == np.float32
        np.testing.assert_array_equal(vector[:4], dictionary["observation"])
        np.testing.assert_array_equal(vector[4:], dictionary["desired_goal"])
        assert vector in env.observation_space
        action = np.array([0.5, -1.0], dtype=np.float32)
        vector, reward, *flags = env.step(action)
        dictionary, *others = goals.step(action)
        assert [reward, *flags] == others


def test_vector_shares_no_memory() -> None:
    env: Any = make_task(ID)
    vector, _ = env.reset(seed=3)
    vector[:] = 7.0
    assert env.unwrapped.goal.max() < 1.0
    assert env.step(np.zeros(2))[0].max() < 1.0


def test_bounds_of_the_space_are_those_of_the_parts() -> None:
    class Bounded(gymnasium.Env[Any, Any]):
        observation_space = gymnasium.spaces.Dict(
            {
                "observation": gymnasium.spaces.Box(-1.0, 2.0, (3,), np.float64),
                "desired_goal": gymnasium.spaces.Box(-3.0, 4.0, (2,), np.float64),
            }
        )

    env = GoalObservations(Bounded())
    expected = gymnasium.spaces.Box(
        np.array([-1, -1, -1, -3, -3], dtype=np.float32),
        np.array([2, 2, 2, 4, 4], dtype=np.float32),
    )
    assert env.observation_space == expected
    vector = env.observation({"observation": np.zeros(3), "desired_goal": np.ones(2)})
    assert vector.tolist() == [0, 0, 0, 1, 1] and vector.dtype == np.float32


@pytest.mark.parametrize("task_id", ["pen-binary-v0", "Ant-v2"])
def test_environments_without_goals_are_refused(task_id: str) -> None:
    with pytest.raises(TypeError, match="no goal environment"):
        GoalObservations(gymnasium.make(gymnasium.spec(task_id)))


def test_rewards_of_stored_transitions_are_recomputed_to_the_bit() -> None:
    env: Any = make_task(ID)
    simulation = env.unwrapped
    for t in collect(env, towards_the_puck, episodes=3, seed=0):
        assert len(np.unique(t.rewards)) > 5, "the puck must move for this test to mean anything"
        reached = PUSH.achieved(t.next_observations[:, : PUSH.observation_dim])
        goals = t.next_observations[:, PUSH.observation_dim :]
        rewards = PUSH.reward(reached, goals)
        assert rewards.dtype == np.float32 and rewards.shape == (200,)
        np.testing.assert_array_equal(rewards, t.rewards)
        # For other goals: what the environment says of each transition by itself.
        others = PUSH.sample_goals(200, np.random.default_rng(1))
        single = [simulation.compute_reward(a, g, {}) for a, g in zip(reached, others, strict=True)]
        np.testing.assert_array_equal(PUSH.reward(reached, others), np.float32(single))
        # The goal is the episode's, and its own achieved goal is met exactly.
        assert len(np.unique(t.observations[:, 4:], axis=0)) == 1
        np.testing.assert_array_equal(PUSH.reward(reached, reached), np.zeros(200))


def test_dimensions_are_the_tasks() -> None:
    spec = TASKS[ID]
    goals = PUSH.sample_goals(5, np.random.default_rng(0))
    assert goals.shape == (5, spec.goal_dim) and goals.dtype == np.float32
    assert PUSH.observation_dim + spec.goal_dim == spec.observation_dim
    observations = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    np.testing.assert_array_equal(PUSH.achieved(observations), observations)


def test_goals_are_drawn_from_all_of_the_box() -> None:
    goals = PUSH.sample_goals(2000, np.random.default_rng(4))
    low, high = goals.min(axis=0), goals.max(axis=0)
    np.testing.assert_allclose([low[:2], low[2:]], [BOX_LOW, BOX_LOW], atol=2e-3)
    np.testing.assert_allclose([high[:2], high[2:]], [BOX_HIGH, BOX_HIGH], atol=2e-3)


def test_rows_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(B, 4\), got \(3, 8\)"):
        PUSH.achieved(np.zeros((3, 8), dtype=np.float32))
    with pytest.raises(ValueError, match=r"\(B, 4\)"):
        PUSH.achieved(np.zeros(4, dtype=np.float32))
    with pytest.raises(ValueError, match="goal for each row"):
        PUSH.reward(np.zeros((3, 4), dtype=np.float32), np.zeros((1, 4), dtype=np.float32))
    with pytest.raises(ValueError, match=r"\(\.\.\., 4\)"):
        PUSH.reward(np.zeros((3, 2), dtype=np.float32), np.zeros((3, 2), dtype=np.float32))


def test_tasks_without_goals_and_unknown_ones_are_refused() -> None:
    for task_id, spec in TASKS.items():
        if not spec.goal_dim:
            with pytest.raises(ValueError, match=f"{task_id} has no goals"):
                goal_task(task_id)
    with pytest.raises(ValueError, match="unknown task"):
        goal_task("SawyerPull-v0")


def test_the_functions_can_be_sent_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(PUSH)) == PUSH
