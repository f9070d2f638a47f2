"""Exact save and restore in the middle of an episode."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from envs.data.sources import Request, find_demonstrations
from envs.making import make_task
from envs.tasks import HAND_TASKS, TASKS

from .saving import restore, save

# Starts from which the actions below move the object, or do not make the robot fall too soon.
SEEDS = dict.fromkeys(TASKS, 1) | dict.fromkeys(HAND_TASKS, 2_000_000)
BEFORE = dict.fromkeys(TASKS, 60) | {"Walker2d-v2": 10}  # it falls after 60


def actions_of(task_id: str) -> Any:
    """Actions of an expert, so that the hand touches and moves the object; others at random."""
    if task_id in HAND_TASKS:
        return find_demonstrations(Request(TASKS[task_id], "embedded")).trajectories[0].actions
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (200, TASKS[task_id].action_dim)).astype(np.float32)


@pytest.mark.parametrize("task_id", list(TASKS))
@pytest.mark.parametrize("elsewhere", [True, False])
def test_continuation_is_bit_identical(task_id: str, elsewhere: bool) -> None:
    env: Any = make_task(task_id)
    env.reset(seed=SEEDS[task_id])
    start = env.unwrapped.data.qpos.copy()
    actions = actions_of(task_id)
    before = BEFORE[task_id]
    for action in actions[:before]:
        env.step(action)
    if task_id == "relocate-binary-v0":
        moved = np.abs(env.unwrapped.data.qpos - start)[-6:-3].max()
        assert moved > 0.01, "the object must have moved for this test to mean anything"
    state = pickle.loads(pickle.dumps(save(env)))
    rest = actions[before : before + 50]
    expected = [env.step(a) for a in rest]
    assert not any(terminated for _, _, terminated, _, _ in expected[:-1])
    following = env.reset()[0]  # drawn from the saved generator

    other = make_task(task_id) if elsewhere else env
    restore(other, state)
    actual = [other.step(a) for a in rest]
    for mine, theirs in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(mine[0], theirs[0])
        assert mine[1:] == theirs[1:]
    np.testing.assert_array_equal(other.reset()[0], following)


@pytest.mark.parametrize("task_id", ["door-binary-v0", "Ant-v2", "Walker2d-v2"])
def test_saving_does_not_disturb(task_id: str) -> None:
    env, other = make_task(task_id), make_task(task_id)
    env.reset(seed=0)
    other.reset(seed=0)
    for action in actions_of(task_id)[:30]:
        save(env)
        mine, theirs = env.step(action), other.step(action)
        np.testing.assert_array_equal(mine[0], theirs[0])
        assert mine[1:] == theirs[1:]


@pytest.mark.parametrize("task_id", list(TASKS))
def test_a_saved_state_is_a_copy(task_id: str) -> None:
    env = make_task(task_id)
    env.reset(seed=0)
    state = save(env)
    before = copy.deepcopy(state)
    restore(env, state)
    for action in actions_of(task_id)[:3]:
        env.step(action)
    changed = save(env)
    env.reset()
    assert state.generator == before.generator
    for name, array in state.simulation.items():
        np.testing.assert_array_equal(array, before.simulation[name], err_msg=name)
    assert not np.array_equal(changed.simulation["physics"], before.simulation["physics"])


def test_the_lengths_that_a_reset_measures_are_restored() -> None:
    """The pen's orientation is divided by them. They are 1 m in a simulation without a reset."""
    env = make_task("pen-binary-v0")
    env.reset(seed=0)
    copied = pickle.loads(pickle.dumps(env))
    mine, theirs = env.unwrapped, copied.unwrapped
    for name in ("pen_length", "tar_length"):
        assert getattr(theirs, name) == float(getattr(mine, name)) != 1.0
    action = actions_of("pen-binary-v0")[0]
    np.testing.assert_array_equal(env.step(action)[0], copied.step(action)[0])
