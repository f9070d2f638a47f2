"""Exact save and restore in the middle of an episode."""

from __future__ import annotations

import pickle
from typing import Any

import gymnasium
import numpy as np
import pytest

import envs  # noqa: F401
from envs.sources import find_demonstrations
from envs.state import restore_state, save_state
from envs.tasks import TASKS


def actions_of(task_id: str) -> Any:
    """Actions of an expert, so that the hand touches and moves the object."""
    return find_demonstrations(task_id, data="embedded").trajectories[0].actions


@pytest.mark.parametrize("task_id", list(TASKS))
@pytest.mark.parametrize("elsewhere", [True, False])
def test_continuation_is_bit_identical(task_id: str, elsewhere: bool) -> None:
    env: Any = gymnasium.make(task_id)
    env.reset(seed=2_000_000)
    start = env.unwrapped.data.qpos.copy()
    actions = actions_of(task_id)
    for action in actions[:60]:
        env.step(action)
    if task_id == "relocate-binary-v0":
        moved = np.abs(env.unwrapped.data.qpos - start)[-6:-3].max()
        assert moved > 0.01, "the object must have moved for this test to mean anything"
    state = pickle.loads(pickle.dumps(save_state(env)))
    expected = [env.step(a) for a in actions[60:110]]
    following = env.reset()[0]  # drawn from the saved generator

    other = gymnasium.make(task_id) if elsewhere else env
    restore_state(other, state)
    actual = [other.step(a) for a in actions[60:110]]
    for mine, theirs in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(mine[0], theirs[0])
        assert mine[1:] == theirs[1:]
    np.testing.assert_array_equal(other.reset()[0], following)


def test_elapsed_steps_are_restored() -> None:
    env, other = gymnasium.make("pen-binary-v0"), gymnasium.make("pen-binary-v0")
    env.reset(seed=0)
    still = np.zeros(24, dtype=np.float32)
    for _ in range(198):
        env.step(still)
    restore_state(other, save_state(env))
    assert [other.step(still)[3] for _ in range(2)] == [False, True]


def test_saving_does_not_disturb() -> None:
    env, other = gymnasium.make("door-binary-v0"), gymnasium.make("door-binary-v0")
    env.reset(seed=0)
    other.reset(seed=0)
    for action in actions_of("door-binary-v0")[:30]:
        save_state(env)
        np.testing.assert_array_equal(env.step(action)[0], other.step(action)[0])


def test_a_saved_state_is_a_copy() -> None:
    env = gymnasium.make("relocate-binary-v0")
    env.reset(seed=0)
    state = save_state(env)
    before = state.site_pos.copy(), state.generator["state"]["state"]
    env.reset()
    np.testing.assert_array_equal(state.site_pos, before[0])
    assert state.generator["state"]["state"] == before[1]


def test_another_task_is_refused() -> None:
    pen, door = gymnasium.make("pen-binary-v0"), gymnasium.make("door-binary-v0")
    pen.reset(seed=0)
    with pytest.raises(ValueError, match=r"pen-binary-v0.*door-binary-v0"):
        restore_state(door, save_state(pen))


def test_foreign_environment_is_refused() -> None:
    with pytest.raises(TypeError, match="not one of the hand tasks"):
        save_state(gymnasium.make("CartPole-v1"))
