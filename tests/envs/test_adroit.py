"""The hand tasks: spaces, reward thresholds, horizon, determinism, pickling."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Iterator
from typing import Any

import gymnasium
import mujoco  # type: ignore[import-untyped]
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import envs  # noqa: F401  (registers the tasks)
from envs.data.sources import Request, find_demonstrations
from envs.success import success_from_observation
from envs.tasks import HAND_TASKS, TASKS, task

IDS = list(HAND_TASKS)
EPS = 1e-5


@pytest.fixture(params=IDS)
def env(request: pytest.FixtureRequest) -> Iterator[Any]:
    made = gymnasium.make(request.param)
    yield made
    made.close()


def frozen(env_id: str, **kwargs: Any) -> Any:
    """Make an environment whose step computes the reward of the present state, moving nothing."""
    env = gymnasium.make(env_id, **kwargs)
    env.reset(seed=0)
    simulation: Any = env.unwrapped
    simulation.do_simulation = lambda ctrl, n: mujoco.mj_forward(simulation.model, simulation.data)
    return env


def step(env: Any) -> tuple[float, bool]:
    _, reward, _, _, info = env.step(np.zeros(env.action_space.shape, dtype=np.float32))
    return reward, info["success"]


def place_pen(env: Any, distance: float, cosine: float) -> None:
    """Turn and move the target so that pen and target have this distance and cosine."""
    s = env.unwrapped
    axis = s.data.site_xpos[s.obj_t_site_id] - s.data.site_xpos[s.obj_b_site_id]
    axis /= np.linalg.norm(axis)
    across = np.cross(axis, [0.0, 1.0, 0.0])
    across /= np.linalg.norm(across)
    target = cosine * axis + np.sqrt(1.0 - cosine**2) * across
    mujoco.mju_quatZ2Vec(s.model.body_quat[s.target_obj_body_id], target)
    s.model.site_pos[s.eps_ball_site_id] = 0.0
    mujoco.mj_forward(s.model, s.data)
    wanted = s.data.xpos[s.obj_body_id] + [0.0, distance, 0.0]
    body = s.model.site_bodyid[s.eps_ball_site_id]
    shift = wanted - s.data.site_xpos[s.eps_ball_site_id]
    s.model.site_pos[s.eps_ball_site_id] = s.data.xmat[body].reshape(3, 3).T @ shift


@pytest.mark.parametrize(
    ("distance", "cosine", "success"),
    [
        (0.075 - EPS, 0.95 + EPS, True),
        (0.075 + EPS, 0.95 + EPS, False),
        (0.075 - EPS, 0.95 - EPS, False),
        (0.0, 1.0 - EPS, True),
        (0.0, -0.99, False),
    ],
)
def test_pen_threshold(distance: float, cosine: float, success: bool) -> None:
    env = frozen("pen-binary-v0")
    place_pen(env, distance, cosine)
    assert step(env) == (0.0 if success else -1.0, success)


@pytest.mark.parametrize("threshold", [1.4, 1.35])
@pytest.mark.parametrize(("offset", "success"), [(-EPS, False), (EPS, True)])
def test_door_threshold(threshold: float, offset: float, success: bool) -> None:
    env = frozen("door-binary-v0", door_threshold=threshold)
    env.unwrapped.data.qpos[env.unwrapped.door_hinge_addrs] = threshold + offset
    assert step(env) == (0.0 if success else -1.0, success)


def test_door_threshold_defaults_to_the_paper() -> None:
    assert gymnasium.make("door-binary-v0").get_wrapper_attr("task").door_threshold == 1.4


@pytest.mark.parametrize(("distance", "success"), [(0.1 - EPS, True), (0.1 + EPS, False)])
def test_relocate_threshold(distance: float, success: bool) -> None:
    env = frozen("relocate-binary-v0")
    s = env.unwrapped
    s.model.site_pos[s.target_obj_site_id] = s.data.xpos[s.obj_body_id] + [0.0, 0.0, distance]
    assert step(env) == (0.0 if success else -1.0, success)


def test_dimensions() -> None:
    sizes = {k: (TASKS[k].observation_dim, TASKS[k].action_dim) for k in HAND_TASKS}
    assert sizes == {
        "pen-binary-v0": (45, 24),
        "door-binary-v0": (39, 28),
        "relocate-binary-v0": (39, 30),
    }
    assert [TASKS[k].success_steps_sustained for k in HAND_TASKS] == [20, 25, 25]


def test_spaces_match_the_task(env: Any) -> None:
    spec = TASKS[env.spec.id]
    assert env.observation_space.shape == (spec.observation_dim,)
    assert env.action_space == gymnasium.spaces.Box(-1.0, 1.0, (spec.action_dim,), np.float32)
    observation, _ = env.reset(seed=0)
    assert observation.dtype == np.float32


def test_gymnasium_checker(env: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # The registered environment is wrapped and its observations are unbounded, both on purpose.
        warnings.filterwarnings("ignore", message=".*(different from the unwrapped|infinity).*")
        check_env(env, skip_render_check=True)


def test_vectorised() -> None:
    vector = gymnasium.make_vec("door-binary-v0", num_envs=2, vectorization_mode="sync")
    observations, _ = vector.reset(seed=0)
    assert observations.shape == (2, 39) and observations.dtype == np.float32
    vector.close()


def test_horizon_truncates_and_nothing_terminates(env: Any) -> None:
    env.reset(seed=0)
    env.action_space.seed(0)
    flags = [env.step(env.action_space.sample())[2:4] for _ in range(200)]
    assert flags == [(False, False)] * 199 + [(False, True)]


def test_actions_are_clipped(env: Any) -> None:
    rng = np.random.default_rng(0)
    actions = rng.uniform(-3, 3, (10, *env.action_space.shape)).astype(np.float32)
    runs = []
    for batch in (actions, actions.clip(-1, 1)):
        env.reset(seed=1)
        runs.append([env.step(a)[0] for a in batch])
    np.testing.assert_array_equal(runs[0], runs[1])


def run(env: Any, seed: int, steps: int = 60) -> Any:
    rng = np.random.default_rng(3)
    out = [env.reset(seed=seed)[0]]
    for _ in range(steps):
        out.append(env.step(rng.uniform(-1, 1, env.action_space.shape).astype(np.float32))[0])
    return np.array(out)


def test_same_seed_same_episode_in_fresh_instances(env: Any) -> None:
    other = gymnasium.make(env.spec.id)
    np.testing.assert_array_equal(run(env, 4), run(other, 4))
    assert not np.array_equal(run(env, 4)[0], run(env, 5)[0])


def test_reset_after_use_equals_a_fresh_environment(env: Any) -> None:
    run(env, 1)
    run(env, 2)
    fresh = run(gymnasium.make(env.spec.id), 7)
    np.testing.assert_array_equal(run(env, 7), fresh)


def test_pickled_environment_behaves_identically(env: Any) -> None:
    env.reset(seed=0)
    copy = pickle.loads(pickle.dumps(env))
    np.testing.assert_array_equal(run(env, 9), run(copy, 9))
    assert copy.get_wrapper_attr("task_id") == env.spec.id


def test_pickle_keeps_the_threshold() -> None:
    env = gymnasium.make("door-binary-v0", door_threshold=1.35)
    assert pickle.loads(pickle.dumps(env)).get_wrapper_attr("task").door_threshold == 1.35


def test_relabelling_agrees_with_the_environment_and_the_simulation(env: Any) -> None:
    """On real steps, successful ones among them: three ways to tell success give one answer."""
    demonstrations = find_demonstrations(Request(TASKS[env.spec.id], "embedded")).trajectories[:2]
    flags, observations, simulation = [], [], []
    threshold = 1.35  # the simulation's own threshold on the door; without effect elsewhere
    env = gymnasium.make(env.spec.id, door_threshold=threshold)
    for k, demonstration in enumerate(demonstrations):
        env.reset(seed=2_000_000 + k)
        for action in demonstration.actions:
            observation, reward, _, _, info = env.step(action)
            assert reward == float(info["success"]) - 1.0
            flags.append(info["success"])
            observations.append(observation)
            simulation.append(simulation_success(env))
    assert any(flags) and not all(flags)
    relabelled = success_from_observation(
        task(env.spec.id, door_threshold=threshold), np.stack(observations)
    )
    assert relabelled.tolist() == flags
    assert simulation == flags


def simulation_success(env: Any) -> bool:
    """Evaluate the goal on the simulation's own arrays, in float64, as its source does."""
    s = env.unwrapped
    xpos, site = s.data.xpos, s.data.site_xpos
    if env.spec.id == "pen-binary-v0":
        pen = (site[s.obj_t_site_id] - site[s.obj_b_site_id]) / s.pen_length
        target = (site[s.tar_t_site_id] - site[s.tar_b_site_id]) / s.tar_length
        near = np.linalg.norm(xpos[s.obj_body_id] - site[s.eps_ball_site_id]) < 0.075
        return bool(near and pen @ target > 0.95)
    if env.spec.id == "door-binary-v0":
        return bool(s.data.qpos[s.door_hinge_addrs] >= 1.35)
    return bool(np.linalg.norm(xpos[s.obj_body_id] - site[s.target_obj_site_id]) < 0.1)


def test_wrong_observation_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"pen-binary-v0.*\(N, 45\)"):
        success_from_observation(TASKS["pen-binary-v0"], np.zeros((3, 39)))


@pytest.mark.parametrize("task_id", sorted(set(TASKS) - set(HAND_TASKS)))
def test_success_of_other_tasks_is_not_in_their_observations(task_id: str) -> None:
    with pytest.raises(ValueError, match=f"{task_id} is no hand task"):
        success_from_observation(TASKS[task_id], np.zeros((3, TASKS[task_id].observation_dim)))


def test_unknown_task_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="pen-binary-v0"):
        task("pen-v0")
    with pytest.raises(ValueError, match="Known tasks"):
        task("zzzz")
