"""The locomotion tasks: Gymnasium's -v4 to the bit, and what they share with the paper's -v2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gymnasium
import mujoco  # type: ignore[import-untyped]
import numpy as np
import pytest
from gymnasium.envs.mujoco.ant_v4 import AntEnv
from gymnasium.envs.mujoco.half_cheetah_v4 import HalfCheetahEnv
from gymnasium.envs.mujoco.walker2d_v4 import Walker2dEnv

from envs.locomotion import _without_notice
from envs.making import make_task

ORIGINALS: dict[str, Any] = {
    "HalfCheetah-v2": HalfCheetahEnv,
    "Ant-v2": AntEnv,
    "Walker2d-v2": Walker2dEnv,
}
# Weight of sum(action ** 2), reward for a step without a fall, seconds a step: those of -v2.
CONSTANTS = {
    "HalfCheetah-v2": (0.1, 0.0, 0.05),
    "Ant-v2": (0.5, 1.0, 0.05),
    "Walker2d-v2": (1e-3, 1.0, 0.008),
}


@pytest.fixture(params=list(ORIGINALS))
def env(request: pytest.FixtureRequest) -> Iterator[Any]:
    made = make_task(request.param)
    yield made
    made.close()


def random_actions(env: Any, steps: int, high: float = 1.0) -> Any:
    rng = np.random.default_rng(3)
    return rng.uniform(-high, high, (steps, *env.action_space.shape)).astype(np.float32)


def test_steps_are_the_simulations(env: Any) -> None:
    with _without_notice("settotalmass"):
        original = ORIGINALS[env.spec.id]()
    assert original.action_space == env.action_space
    first, _ = original.reset(seed=5)
    np.testing.assert_array_equal(env.reset(seed=5)[0], first.astype(np.float32))
    for action in random_actions(env, 200):
        raw, reward, terminated, _, info = original.step(action)
        observation, *mine, my_info = env.step(action)
        np.testing.assert_array_equal(observation, raw.astype(np.float32))
        assert mine == [float(reward), bool(terminated), False]
        assert my_info == info and "success" not in my_info


def test_rewards_are_those_of_the_papers_version(env: Any) -> None:
    weight, alive, seconds = CONSTANTS[env.spec.id]
    env.reset(seed=1)
    simulation = env.unwrapped
    ant = env.spec.id == "Ant-v2"
    largest_force = 0.0
    for action in random_actions(env, 100):
        before = simulation.data.body("torso").xpos[0] if ant else simulation.data.qpos[0]
        _, reward, *_ = env.step(action)
        after = simulation.data.body("torso").xpos[0] if ant else simulation.data.qpos[0]
        cost = weight * np.square(action.astype(np.float64)).sum()
        assert reward == pytest.approx((after - before) / seconds + alive - cost, abs=1e-6)
        largest_force = max(largest_force, np.abs(simulation.data.cfrc_ext).max())
    assert not ant or largest_force > 1.0, "there are contacts that Ant-v2 would charge for"


def test_actions_are_clipped(env: Any) -> None:
    beyond = random_actions(env, 20, high=3.0)
    runs = []
    for batch in (beyond, beyond.clip(-1, 1)):
        env.reset(seed=1)
        runs.append([env.step(a) for a in batch])
    for mine, theirs in zip(*runs, strict=True):
        np.testing.assert_array_equal(mine[0], theirs[0])
        assert mine[1] == theirs[1], "the cost is that of the clipped action"


def test_walker_falls_and_cheetah_does_not() -> None:
    walker, cheetah = make_task("Walker2d-v2"), make_task("HalfCheetah-v2")
    ends = []
    for env in (walker, cheetah):
        env.reset(seed=0)
        flags = [env.step(a)[2:4] for a in random_actions(env, 1000)]
        ends.append(flags.index((True, False)) if (True, False) in flags else None)
        if env is cheetah:
            assert flags == [(False, False)] * 999 + [(False, True)]
    assert ends[0] is not None and 1 < ends[0] < 200 and ends[1] is None


@pytest.mark.parametrize(
    ("task_id", "place", "inside", "outside"),
    [  # height (metres) and lean (radians)
        ("Walker2d-v2", 1, 0.81, 0.79),
        ("Walker2d-v2", 1, 1.99, 2.01),
        ("Walker2d-v2", 2, 0.99, 1.01),
        ("Walker2d-v2", 2, -0.99, -1.01),
        ("Ant-v2", 2, 0.21, 0.19),
        ("Ant-v2", 2, 0.99, 1.01),
    ],
)
def test_terminations(task_id: str, place: int, inside: float, outside: float) -> None:
    env: Any = make_task(task_id)
    simulation = env.unwrapped
    simulation.do_simulation = lambda *args: None
    still = np.zeros(env.action_space.shape, dtype=np.float32)
    for value, expected in ((inside, False), (outside, True)):
        env.reset(seed=0)
        qpos = simulation.init_qpos.copy()
        qpos[place] = value
        simulation.set_state(qpos, simulation.init_qvel)
        _, reward, terminated, truncated, _ = env.step(still)
        assert (terminated, truncated) == (expected, False)
        assert reward == 1.0


def test_other_notices_of_mujoco_are_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    before = mujoco.get_mju_user_warning()
    with _without_notice("settotalmass"):
        handler = mujoco.get_mju_user_warning()
        handler("compiler attribute 'settotalmass' is deprecated")
        handler("the simulation is unstable")
    assert capsys.readouterr().err == "WARNING: the simulation is unstable\n"
    assert mujoco.get_mju_user_warning() is before


def test_nothing_of_an_episode_lives_outside_the_simulations_state(env: Any) -> None:
    """A step changes the simulator's data; neither its model nor an attribute of Python's."""

    def kept() -> dict[str, Any]:
        model = {n: getattr(simulation.model, n).copy() for n in ("body_pos", "qpos0", "body_mass")}
        skipped = ("model", "data", "mujoco_renderer", "_np_random", "spec")
        return model | {k: v for k, v in vars(simulation).items() if k not in skipped}

    simulation = env.unwrapped
    env.reset(seed=0)
    before = {k: np.array(v).copy() if isinstance(v, np.ndarray) else v for k, v in kept().items()}
    for action in random_actions(env, 30):
        env.step(action)
    env.reset()
    after = kept()
    assert before.keys() == after.keys()
    for name, value in before.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, after[name], err_msg=name)
        else:
            assert value == after[name], name


def test_ids_are_registered_with_the_horizon(env: Any) -> None:
    spec = gymnasium.spec(env.spec.id)
    assert spec.entry_point == "envs.locomotion:Locomotion"
    assert spec.max_episode_steps == 1000
