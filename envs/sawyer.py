"""The paper's pushing task: a Sawyer arm pushes a puck to a place on a table.

This is the variant that the authors ran: a box of 40 x 20 cm with start and goal anywhere in it.
Only the puck's distance is rewarded. ``assets/SAWYER.md`` compares this simulation with theirs.
"""

from __future__ import annotations

from envs.simulator import graphics, mujoco

# isort: split

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium_robotics.core import GoalEnv
from numpy.typing import ArrayLike, NDArray

from envs.making import register_tasks
from envs.physics import Snapshot, get_physics, set_physics
from envs.push import BOX_HIGH, BOX_LOW, SUCCESS_DISTANCE_M, distance, puck_distance

register_tasks()  # again: the import of Gymnasium-Robotics has taken some of the ids

CLEARANCE_M = 0.055
"""Hand and puck are further apart than this, at the start and in the goal. It is the sum of the
radii of puck and finger."""
ACTION_SCALE_M = 0.02
"""Displacement of the hand's target by an action of 1."""
FRAME_SKIP = 50
"""Simulation steps of 2 ms an action: 0.1 s."""

_MODEL = Path(__file__).with_name("assets") / "sawyer_push.xml"
_HAND_Z_M = 0.06
_PUCK_Z_M = 0.02  # 4 mm above its resting height, as the authors place it
_GLIDE_STEPS = 100
_SETTLE_STEPS = 250
# Places in the simulator's arrays, fixed by the order in the model file.
_PUCK_QPOS = slice(7, 14)
_PUCK_QVEL = slice(7, 13)
_TARGET, _HAND_GOAL, _PUCK_GOAL = range(3)

Observation = dict[str, NDArray[np.float32]]
Goal = NDArray[np.float32]


class SawyerPush(GoalEnv):  # type: ignore[misc]
    """Push the puck to its goal: reward ``-distance(puck, goal)`` in metres, never terminates.

    An observation, an achieved goal and a desired goal are each (4,) float32, metres: x and y of
    the hand, x and y of the puck. Hand goals are drawn and stored but not rewarded. Rewards are
    computed in float64 from the same numbers that are returned. The reward of a stored transition
    is therefore an exact function of the transition, for any goal.

    An action in [-1, 1]^2 (clipped) moves the hand's target by up to 2 cm in x and y, within the
    box. The arm follows, some millimetres behind, while 0.1 s are simulated. There is no horizon.
    The registration adds a time limit (200 steps).

    A reset draws the hand's start, then the puck's start, then the goal. It draws the puck's start
    again while it is too near to the hand, and the goal while hand and puck goal are too near. A
    puck may be drawn into a wall. It is then thrown out in the first steps, from a corner by 16 cm,
    as in the authors' simulation. ``options`` may fix what is otherwise drawn:
    ``{"start": (4,), "goal": (4,)}``, metres.

    Args:
        render_mode: None or "rgb_array". Without a display, set MUJOCO_GL=egl.
        width, height: size of a rendered picture, pixels, at most 640 x 480.

    Raises:
        ValueError: for another render mode.
    """

    task_id = "SawyerPush-v0"
    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012

    _renderer: mujoco.Renderer | None

    def __init__(
        self, render_mode: str | None = None, *, width: int = 320, height: int = 240
    ) -> None:
        if render_mode not in (None, "rgb_array"):
            raise ValueError(f"render_mode must be None or 'rgb_array', got {render_mode!r}")
        self.render_mode = render_mode
        self.width = width
        self.height = height
        # Without bounds: the arm yields, so hand and puck leave the box by some millimetres.
        anywhere = gymnasium.spaces.Box(-np.inf, np.inf, shape=(4,), dtype=np.float32)
        self.observation_space = gymnasium.spaces.Dict(
            {"observation": anywhere, "achieved_goal": anywhere, "desired_goal": anywhere}
        )
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, shape=(2,), dtype=np.float32)
        self.goal: Goal | None = None
        self._load()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode; see the class for ``options``.

        Raises:
            ValueError: for an unknown option, a start or goal that is not (4,) in the box, or a
                start with hand and puck too near to each other.
        """
        super().reset(seed=seed)
        start, goal = _fixed(options)
        self._place_hand(self._draw() if start is None else start[:2])
        hand = self._observe()[:2]
        puck = self._draw() if start is None else start[2:]
        while start is None and distance(hand, puck) <= CLEARANCE_M:
            puck = self._draw()
        self.data.qpos[_PUCK_QPOS] = [*puck, _PUCK_Z_M, 1.0, 0.0, 0.0, 0.0]
        self.data.qvel[_PUCK_QVEL] = 0.0
        self._set_goal(self._draw_goal() if goal is None else goal)
        return self._returned()

    def step(
        self, action: NDArray[np.floating]
    ) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Move the hand's target and simulate 0.1 s.

        Args:
            action: (2,), x and y. Entries beyond [-1, 1] are clipped. 1 moves the target by
                `ACTION_SCALE_M`. The target stays in the box.

        Returns:
            The observation; the reward, minus the puck's distance to the goal in metres; False
            twice, since only a time limit ends an episode; and `info` with the distance.

        Raises:
            gymnasium.error.ResetNeeded: before the first reset.
            ValueError: for an action that is not (2,) and finite.
            RuntimeError: if the simulation has become unstable.
        """
        if self.goal is None:
            raise gymnasium.error.ResetNeeded("SawyerPush: reset must come before the first step")
        wanted = np.asarray(action, dtype=np.float64)
        if wanted.shape != (2,) or not np.isfinite(wanted).all():
            raise ValueError(f"an action is (2,) and finite, got {action!r}")
        target = self.data.mocap_pos[_TARGET, :2] + ACTION_SCALE_M * np.clip(wanted, -1.0, 1.0)
        self.data.mocap_pos[_TARGET, :2] = np.clip(target, BOX_LOW, BOX_HIGH)
        mujoco.mj_step(self.model, self.data, FRAME_SKIP)
        # MuJoCo silently resets a diverging simulation to another state.
        if self.data.warning.number.any():
            raise RuntimeError("SawyerPush: the simulation has become unstable")
        observation, info = self._returned()
        reward = self.compute_reward(
            observation["achieved_goal"], observation["desired_goal"], info
        )
        return observation, float(reward), False, False, info

    def compute_reward(
        self, achieved_goal: ArrayLike, desired_goal: ArrayLike, info: Any = None
    ) -> Any:
        """Return minus the puck's distance to its goal, metres: (..., 4), (..., 4) -> (...).

        Raises:
            ValueError: if a last dimension is not 4.
        """
        return -puck_distance(achieved_goal, desired_goal)

    def compute_terminated(
        self, achieved_goal: ArrayLike, desired_goal: ArrayLike, info: Any = None
    ) -> Any:
        """Return False (...): reaching the goal does not end an episode."""
        never = np.zeros(puck_distance(achieved_goal, desired_goal).shape, dtype=np.bool_)
        return never if never.shape else False

    def compute_truncated(
        self, achieved_goal: ArrayLike, desired_goal: ArrayLike, info: Any = None
    ) -> Any:
        """Return False (...): only a time limit outside ends an episode."""
        return self.compute_terminated(achieved_goal, desired_goal, info)

    def is_success(self, achieved_goal: ArrayLike, desired_goal: ArrayLike) -> Any:
        """Tell whether the puck is within 6 cm of its goal: (..., 4), (..., 4) -> (...) bool.

        Raises:
            ValueError: if a last dimension is not 4.
        """
        return puck_distance(achieved_goal, desired_goal) < SUCCESS_DISTANCE_M

    def render(self) -> NDArray[np.uint8] | None:
        """Return the (height, width, 3) picture of the present state; None without a mode.

        Raises:
            ValueError: if MuJoCo cannot draw here (:func:`envs.simulator.graphics`).
        """
        if self.render_mode is None:
            return None
        if self._renderer is None:
            with graphics():
                self._renderer = mujoco.Renderer(self.model, self.height, self.width)
        self._renderer.update_scene(self.data, camera="view")
        picture: NDArray[np.uint8] = self._renderer.render()
        return picture

    def close(self) -> None:
        """Free the renderer, if there is one."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def snapshot(self) -> Snapshot:
        """Copy all that the rest of an episode depends on, by name.

        Raises:
            gymnasium.error.ResetNeeded: before the first reset.
        """
        if self.goal is None:
            raise gymnasium.error.ResetNeeded("SawyerPush: no state before the first reset")
        return {"physics": get_physics(self.model, self.data), "goal": self.goal.copy()}

    def restore(self, snapshot: Snapshot) -> None:
        """Put the simulation into the state of a snapshot, exactly."""
        self.goal = snapshot["goal"].copy()
        set_physics(self.model, self.data, snapshot["physics"])

    def __getstate__(self) -> dict[str, Any]:
        """Everything except the simulator's own objects and the renderer. These are made anew."""
        kept = {k: v for k, v in self.__dict__.items() if k not in ("model", "data", "_renderer")}
        return {**kept, "physics": get_physics(self.model, self.data)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Continue where the pickled environment was, even in the middle of an episode."""
        physics = state.pop("physics")
        self.__dict__.update(state)
        self._load()
        set_physics(self.model, self.data, physics)

    def _load(self) -> None:
        self.model = mujoco.MjModel.from_xml_path(str(_MODEL))
        self.data = mujoco.MjData(self.model)
        self._hand = self.model.body("hand").id
        self._renderer = None
        mujoco.mj_resetDataKeyframe(self.model, self.data, 0)
        mujoco.mj_forward(self.model, self.data)

    def _draw(self) -> NDArray[np.float64]:
        drawn: NDArray[np.float64] = self.np_random.uniform(BOX_LOW, BOX_HIGH)
        return drawn

    def _draw_goal(self) -> NDArray[np.float64]:
        goal = np.concatenate([self._draw(), self._draw()])
        while distance(goal[:2], goal[2:]) <= CLEARANCE_M:
            goal = np.concatenate([self._draw(), self._draw()])
        return goal

    def _place_hand(self, start: NDArray[np.float64]) -> None:
        """Bring the hand to ``start`` (2,), while the puck is out of the way.

        The authors simulate 25 s from one initial pose. The model file holds the results of that
        for a grid of places. The hand starts from the nearest of them. It comes within a millimetre
        of ``start`` in a fraction of the time. The error is up to 6 mm at the near wall, because
        the hand touches it, in the original as well.
        """
        rests = self.model.key_mpos[:, :2]
        nearest = int(np.argmin(distance(rests, start)))
        mujoco.mj_resetDataKeyframe(self.model, self.data, nearest)
        for k in range(1, _GLIDE_STEPS + 1):
            share = k / _GLIDE_STEPS
            self.data.mocap_pos[_TARGET, :2] = (1.0 - share) * rests[nearest] + share * start
            mujoco.mj_step(self.model, self.data)
        mujoco.mj_step(self.model, self.data, _SETTLE_STEPS)

    def _set_goal(self, goal: NDArray[np.floating]) -> None:
        self.goal = goal.astype(np.float32)
        self.data.mocap_pos[_HAND_GOAL] = [*self.goal[:2], _HAND_Z_M]
        self.data.mocap_pos[_PUCK_GOAL] = [*self.goal[2:], 0.0]

    def _observe(self) -> NDArray[np.float32]:
        # Compute body positions anew: after a step they are those before its last 2 ms.
        mujoco.mj_kinematics(self.model, self.data)
        puck = self.data.qpos[_PUCK_QPOS][:2]
        return np.concatenate([self.data.xpos[self._hand, :2], puck]).astype(np.float32)

    def _returned(self) -> tuple[Observation, dict[str, Any]]:
        assert self.goal is not None
        observation = self._observe()
        info = {
            "success": bool(self.is_success(observation, self.goal)),
            "puck_distance": float(puck_distance(observation, self.goal)),
        }
        observations = {
            "observation": observation,
            "achieved_goal": observation.copy(),
            "desired_goal": self.goal.copy(),
        }
        return observations, info


def _fixed(
    options: dict[str, Any] | None,
) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
    """Return the start and the goal that the options of a reset fix, (4,) each, or None."""
    options = options or {}
    if unknown := set(options) - {"start", "goal"}:
        raise ValueError(f"unknown options {sorted(unknown)}; known: start, goal")
    fixed = []
    for name in ("start", "goal"):
        value = options.get(name)
        if value is not None:
            value = np.asarray(value, dtype=np.float64)
            # Both are rounded to float32 like goals, so that a corner in float32 counts as inside.
            low, high = (np.tile(b, 2).astype(np.float32) for b in (BOX_LOW, BOX_HIGH))
            rounded = value.astype(np.float32)
            # Of NaN no comparison is true.
            if value.shape != (4,) or not ((low <= rounded) & (rounded <= high)).all():
                raise ValueError(f"{name} must be (4,) in the box, metres, got {value}")
        fixed.append(value)
    start, goal = fixed
    if start is not None and distance(start[:2], start[2:]) <= CLEARANCE_M:
        raise ValueError(f"start: hand and puck must be more than {CLEARANCE_M} m apart")
    return start, goal
