"""Every task as a policy sees it: registration, spaces, determinism, horizon, pickling."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import envs
from envs.making import make_task, register_tasks
from envs.tasks import HAND_TASKS, TASKS, task

DIMENSIONS = {
    "pen-binary-v0": (45, 24, 200),
    "door-binary-v0": (39, 28, 200),
    "relocate-binary-v0": (39, 30, 200),
    "SawyerPush-v0": (8, 2, 200),
    "HalfCheetah-v2": (17, 6, 1000),
    "Ant-v2": (27, 8, 1000),
    "Walker2d-v2": (17, 6, 1000),
}


@pytest.fixture(params=list(TASKS))
def task_id(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def env(task_id: str) -> Iterator[Any]:
    made = make_task(task_id)
    yield made
    made.close()


def actions(env: Any, steps: int, seed: int = 3) -> Any:
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (steps, *env.action_space.shape)).astype(np.float32)


def run(env: Any, batch: Any) -> list[Any]:
    """Step through the actions, whatever ends; (observation, reward, terminated, truncated)."""
    return [env.step(a)[:4] for a in batch]


def assert_same(first: list[Any], second: list[Any]) -> None:
    for mine, theirs in zip(first, second, strict=True):
        np.testing.assert_array_equal(mine[0], theirs[0])
        assert mine[1:] == theirs[1:]


def test_all_tasks_are_covered() -> None:
    assert list(DIMENSIONS) == list(TASKS)


def test_spaces_match_the_task(env: Any, task_id: str) -> None:
    observation_dim, action_dim, horizon = DIMENSIONS[task_id]
    spec = TASKS[task_id]
    assert (spec.observation_dim, spec.action_dim, spec.horizon) == DIMENSIONS[task_id]
    assert env.observation_space.shape == (observation_dim,)
    assert env.observation_space.dtype == np.float32
    assert env.action_space == gymnasium.spaces.Box(-1.0, 1.0, (action_dim,), np.float32)
    assert env.get_wrapper_attr("task_id") == task_id
    assert env.spec.id == task_id and env.spec.max_episode_steps == horizon
    first = env.reset(seed=0)[0]
    observation, reward, terminated, truncated, _ = env.step(actions(env, 1)[0])
    for o in (first, observation):
        assert o.dtype == np.float32 and o.shape == (observation_dim,)
    assert type(reward) is float and type(terminated) is type(truncated) is bool


def test_gymnasium_checker(env: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # The registered environment is wrapped and its observations are unbounded, both on purpose.
        warnings.filterwarnings("ignore", message=".*(different from the unwrapped|infinity).*")
        check_env(env, skip_render_check=True)


def test_the_registered_push_task_is_a_goal_environment() -> None:
    env = gymnasium.make("SawyerPush-v0")
    assert isinstance(env.observation_space, gymnasium.spaces.Dict)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*(different from the unwrapped|infinity).*")
        check_env(env, skip_render_check=True)


def test_same_seed_same_episode_in_fresh_instances(env: Any, task_id: str) -> None:
    batch = actions(env, 60)
    env.reset(seed=8)
    run(env, batch[::-1])  # an earlier episode leaves no trace
    other = make_task(task_id)
    first, second = env.reset(seed=4)[0], other.reset(seed=4)[0]
    np.testing.assert_array_equal(first, second)
    assert_same(run(env, batch), run(other, batch))
    np.testing.assert_array_equal(env.reset()[0], other.reset()[0])
    assert not np.array_equal(first, env.reset(seed=5)[0])


def test_horizon(env: Any, task_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Truncated at the horizon, not before and not by termination: nothing moves, nothing falls."""
    env.reset(seed=0)
    if task_id == "SawyerPush-v0":
        monkeypatch.setattr("envs.sawyer.mujoco.mj_step", lambda *args: None)
    else:
        env.unwrapped.do_simulation = lambda *args: None
    still = np.zeros(env.action_space.shape, dtype=np.float32)
    horizon = DIMENSIONS[task_id][2]
    flags = [env.step(still)[2:4] for _ in range(horizon)]
    assert flags == [(False, False)] * (horizon - 1) + [(False, True)]


@pytest.mark.parametrize("steps", [0, 7])
def test_pickled_environment_continues_identically(env: Any, task_id: str, steps: int) -> None:
    batch = actions(env, 57)
    env.reset(seed=2)
    run(env, batch[:steps])
    twin = pickle.loads(pickle.dumps(env))
    assert_same(run(twin, batch[steps:]), run(env, batch[steps:]))
    np.testing.assert_array_equal(twin.reset()[0], env.reset()[0])
    assert twin.get_wrapper_attr("task_id") == twin.spec.id == task_id
    # Two environments, not one: the twin's steps leave this one alone.
    before = env.unwrapped.data.qpos.copy()
    run(twin, batch[:2])
    np.testing.assert_array_equal(env.unwrapped.data.qpos, before)


def test_pickled_before_the_first_reset(env: Any) -> None:
    twin = pickle.loads(pickle.dumps(env))
    with pytest.raises(gymnasium.error.ResetNeeded):
        twin.step(actions(env, 1)[0])
    np.testing.assert_array_equal(twin.reset(seed=1)[0], env.reset(seed=1)[0])
    assert_same(run(twin, actions(env, 5)), run(env, actions(env, 5)))


def test_door_threshold_goes_to_the_door_only() -> None:
    door = task("door-binary-v0", door_threshold=1.35)
    assert make_task(door).get_wrapper_attr("task") == door != task("door-binary-v0")
    assert make_task("door-binary-v0").get_wrapper_attr("task") == task("door-binary-v0")
    for task_id in set(TASKS) - {door.id}:
        assert task(task_id, door_threshold=1.35) == TASKS[task_id]


@pytest.mark.parametrize("task_id", ["pen-binary-v0", "SawyerPush-v0", "Ant-v2"])
def test_render_mode_is_passed_through(task_id: str) -> None:
    assert make_task(task_id, render_mode="rgb_array").render_mode == "rgb_array"
    assert make_task(task_id).render_mode is None


def test_unknown_task() -> None:
    with pytest.raises(ValueError, match="unknown task 'Ant-v4'; did you mean Ant-v2"):
        make_task("Ant-v4")


def test_classes_refuse_each_others_tasks() -> None:
    from envs.adroit import AdroitBinary
    from envs.locomotion import Locomotion

    with pytest.raises(ValueError, match=r"Ant-v2 is no hand task.*pen-binary-v0"):
        AdroitBinary("Ant-v2")
    with pytest.raises(ValueError, match=r"pen-binary-v0 is no locomotion task.*Ant-v2"):
        Locomotion("pen-binary-v0")


def test_registering_twice_changes_nothing() -> None:
    before = {task_id: gymnasium.spec(task_id) for task_id in TASKS}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        register_tasks()
    assert all(gymnasium.spec(task_id) is spec for task_id, spec in before.items())


# --- In processes of their own: what importing and making prints, and what it takes over


@pytest.mark.parametrize("spoilt", ["velocity", "action"])
def test_an_unstable_simulation_is_an_error(
    env: Any, task_id: str, spoilt: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MuJoCo resets it, and goes on from another state as if nothing had happened."""
    monkeypatch.chdir(tmp_path)  # MuJoCo writes a log of its own to where it runs
    env.reset(seed=0)
    action = np.zeros(env.action_space.shape, dtype=np.float32)
    if spoilt == "velocity":
        env.unwrapped.data.qvel[:] = 1e12
    else:
        action[0] = np.nan
    with pytest.raises((RuntimeError, ValueError), match=r"become unstable|finite"):
        env.step(action)
    env.reset(seed=0)
    env.step(np.zeros_like(action))


@pytest.mark.parametrize("task_id", ["pen-binary-v0", "Ant-v2"])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"observation_dim": 99}, r"observations of {} are \(99,\), but those of"),
        ({"action_dim": 99}, r"actions of {} are \(99,\), but those of"),
    ],
)
def test_a_row_that_does_not_fit_the_simulation_is_an_error(
    changes: dict[str, int], message: str, task_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TASKS, task_id, replace(TASKS[task_id], **changes))
    with pytest.raises(ValueError, match=message.format(task_id)):
        make_task(task_id)


def test_a_simulation_with_other_bounds_of_actions_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from envs import locomotion

    class Strong(locomotion.AntEnv):
        def _set_action_space(self) -> Any:
            self.action_space = gymnasium.spaces.Box(-30.0, 30.0, (8,), np.float32)
            return self.action_space

    monkeypatch.setitem(locomotion.SIMULATIONS, "Ant-v2", Strong)
    with pytest.raises(ValueError, match=r"those of Strong lie in \[-30, 30\]"):
        make_task("Ant-v2")


def interpreter(code: str, folder: Path, *flags: str) -> Any:
    return subprocess.run(
        [sys.executable, *flags, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(envs.__file__).parents[1])},
    )


def test_importing_does_not_import_the_simulator(tmp_path: Path) -> None:
    code = "import envs, envs.goals, envs.evaluation, sys\nprint(*sorted(sys.modules))"
    done = interpreter(code, tmp_path, "-W", "error")
    assert (done.returncode, done.stderr) == (0, "")
    loaded = done.stdout.split()
    assert "envs.making" in loaded
    assert not {m.split(".")[0] for m in loaded} & {"mujoco", "gymnasium_robotics", "torch"}


def test_the_package_of_notices_is_not_needed(tmp_path: Path) -> None:
    code = (
        "import sys\nsys.modules['farama_notifications'] = None\nimport envs\nprint(envs.__name__)"
    )
    done = interpreter(code, tmp_path)
    assert (done.returncode, done.stdout) == (0, "envs\n"), done.stderr


@pytest.mark.parametrize("task_id", ["HalfCheetah-v2", "Ant-v2", "Walker2d-v2", "SawyerPush-v0"])
def test_nothing_is_printed_or_written(task_id: str, tmp_path: Path) -> None:
    code = f"""
import pickle
import gymnasium, envs
for make in (gymnasium.make, envs.make_task):
    env = make({task_id!r})
    env.reset(seed=0)
    env.step(env.action_space.sample())
    pickle.loads(pickle.dumps(env)).reset()
"""
    done = interpreter(code, tmp_path, "-W", "error")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []  # MuJoCo logs its notices to where it runs


@pytest.mark.parametrize(
    ("imports", "make"),
    [
        ("import gymnasium_robotics, envs", "gymnasium.make"),
        ("import envs, envs.adroit", "gymnasium.make"),
        ("import envs, envs.sawyer", "gymnasium.make"),
        ("import envs, gymnasium_robotics", "envs.make_task"),
    ],
)
def test_the_ids_are_ours_whoever_came_first(imports: str, make: str, tmp_path: Path) -> None:
    code = f"""
import gymnasium, warnings
{imports}
warnings.simplefilter("error", UserWarning)
for task_id in ("HalfCheetah-v2", "Ant-v2", "Walker2d-v2"):
    print(type({make}(task_id).env.env.env).__name__)
"""
    done = interpreter(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["Locomotion"] * 3
    assert "Overriding" not in done.stderr


def test_hand_tasks_are_named() -> None:
    assert HAND_TASKS == ("pen-binary-v0", "door-binary-v0", "relocate-binary-v0")
