"""The tasks by name, with everything in which they differ, without a simulator.

A new task of a known domain is a row of ``TASKS``, and a line where its simulation is registered
(``envs.adroit``, ``envs.locomotion``). CONTRIBUTING.md lists the other places.
"""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from envs.conditions import (
    DOOR_ANGLE_RAD,
    Condition,
    DoorIsOpen,
    ball_is_there,
    pen_is_turned,
)

Domain = Literal["hand", "push", "locomotion"]


class Camera(NamedTuple):
    """The point that the camera looks at (metres), and its place relative to it (metres, degrees).

    `follows` is the body that the point's x and y are relative to.
    """

    lookat: tuple[float, float, float] = (0.0, 0.0, 0.5)
    distance: float = 3.0
    azimuth: float = 90.0
    elevation: float = -20.0
    follows: str | None = None


@dataclass(frozen=True)
class Task:
    """One task of the paper.

    Attributes:
        id: the Gymnasium id.
        observation_dim: O, length of the vector that a policy sees. On a goal task it is the
            observation followed by the desired goal (see `envs.goals.GoalObservations`).
        action_dim: A, length of an action; every entry lies in [-1, 1].
        horizon: steps an episode. It is 200 on all three hand tasks, as the authors ran them: their
            launcher removes the registered limit, 100 for pen, and rolls out 200.
        success_steps_sustained: an episode is a sustained success if it spends *more* than this
            many steps at the goal; None if the task has no success. On the hand it is that of the
            authors' ``evaluate_success``, in pushing our own choice.
        domain: which group of hyperparameters applies.
        reward_low: lowest reward of a step; -inf without a bound. On the hand it is the reward away
            from the goal. In pushing it is that of a puck in one corner of the box and its goal in
            the other. A puck that is held beyond the rim (`envs/push.py`) can be up to 2.7 cm
            farther away.
        reward_high: highest reward of a step. On the hand it is the reward at the goal.
        goal_dim: length of the desired goal at the end of an observation; 0 if it has no goal.
        d4rl_reference: returns of D4RL's random and expert policy (its ``infos.py``), which its
            normalised score maps to 0 and 100; None if D4RL has none for this reward.
        reached: the goal's condition; None if the observation does not tell it.
        initial_state: quantities that decide the start of an episode, by name with their lengths.
            They are joint positions (rad, m) and velocities. The reset also decides the places of
            door (m), ball and target (m), or the orientation of the target pen (quaternion). Empty
            if the task is not replayed.
        camera: of pictures and films.
        shipped_demonstrations: number of an expert's episodes that the project ships. An expert
            shows as many unless more are asked for. They are few on purpose: cloning 25 of them
            alone solves 75 to 100 % and leaves nothing to improve. Relocate has 10: with 5 neither
            AWAC nor BC keeps what it learns offline (``docs/diagnosis.md``).
    """

    id: str
    observation_dim: int
    action_dim: int
    horizon: int
    success_steps_sustained: int | None
    domain: Domain = "hand"
    reward_low: float = -1.0
    reward_high: float = 0.0
    goal_dim: int = 0
    d4rl_reference: tuple[float, float] | None = None
    reached: Condition | None = None
    initial_state: tuple[tuple[str, int], ...] = ()
    camera: Camera = Camera()
    shipped_demonstrations: int = 5

    @property
    def bounded(self) -> bool:
        """Whether a step's reward has a lowest and a highest value."""
        return math.isfinite(self.reward_high - self.reward_low)

    @property
    def door_threshold(self) -> float:
        """Radians beyond which its door is open; the paper's on a task without a door."""
        return self.reached.threshold if isinstance(self.reached, DoorIsOpen) else DOOR_ANGLE_RAD

    def score(self, episode_return: float) -> float:
        """A return on the scale 0 (the worst possible episode) to 100 (the best possible one).

        Raises:
            ValueError: if the task's rewards have no bounds.
        """
        if not self.bounded:
            raise ValueError(f"the rewards of {self.id} have no bounds to make a score of")
        low, high = self.reward_low * self.horizon, self.reward_high * self.horizon
        return 100.0 * (episode_return - low) / (high - low)

    def d4rl_score(self, episode_return: float) -> float:
        """D4RL's normalised score: 0 for its random policy, 100 for its expert.

        Raises:
            ValueError: if D4RL has no reference for the task.
        """
        if self.d4rl_reference is None:
            raise ValueError(f"D4RL has no reference returns for {self.id}")
        low, high = self.d4rl_reference
        return 100.0 * (episode_return - low) / (high - low)


def _locomotion(
    id: str, observation_dim: int, action_dim: int, low: float, high: float, camera: Camera
) -> Task:
    return Task(
        id,
        observation_dim,
        action_dim,
        horizon=1000,
        success_steps_sustained=None,
        domain="locomotion",
        reward_low=-math.inf,
        reward_high=math.inf,
        d4rl_reference=(low, high),
        camera=camera,
    )


PUSH_DIAGONAL_M = math.hypot(0.4, 0.2)
"""Diagonal of SawyerPush's 40 x 20 cm box: the largest distance of a puck in it to its goal."""

TASKS: dict[str, Task] = {
    t.id: t
    for t in (
        Task(
            "pen-binary-v0",
            observation_dim=45,
            action_dim=24,
            horizon=200,
            success_steps_sustained=20,
            reached=pen_is_turned,
            initial_state=(("qpos", 30), ("qvel", 30), ("desired_orien", 4)),
            camera=Camera((0.06, -0.2, 0.2), 0.55, 120.0, -40.0),
        ),
        Task(
            "door-binary-v0",
            observation_dim=39,
            action_dim=28,
            horizon=200,
            success_steps_sustained=25,
            reached=DoorIsOpen(),
            initial_state=(("qpos", 30), ("qvel", 30), ("door_body_pos", 3)),
            camera=Camera((0.02, -0.02, 0.25), 1.15, 110.0, -25.0),
        ),
        Task(
            "relocate-binary-v0",
            observation_dim=39,
            action_dim=30,
            horizon=200,
            success_steps_sustained=25,
            shipped_demonstrations=10,
            reached=ball_is_there,
            initial_state=(("qpos", 36), ("qvel", 36), ("obj_pos", 3), ("target_pos", 3)),
            camera=Camera((0.0, 0.0, 0.15), 0.9, -60.0, -45.0),
        ),
        Task(
            "SawyerPush-v0",
            observation_dim=8,
            action_dim=2,
            horizon=200,
            success_steps_sustained=25,
            domain="push",
            reward_low=-PUSH_DIAGONAL_M,
            goal_dim=4,
            camera=Camera((0.0, 0.6, 0.03), 0.65, -90.0, -48.0),
        ),
        # These are Gymnasium's -v4, the nearest to the paper's -v2. `envs/locomotion.py` lists the
        # differences.
        _locomotion(
            "HalfCheetah-v2",
            observation_dim=17,
            action_dim=6,
            low=-280.18,
            high=12135.0,
            camera=Camera((0.0, 0.0, 0.5), 2.5, 90.0, -12.0, "torso"),
        ),
        _locomotion(
            "Ant-v2",
            observation_dim=27,
            action_dim=8,
            low=-325.6,
            high=3879.7,
            camera=Camera((0.0, 0.0, 0.5), 3.0, 120.0, -25.0, "torso"),
        ),
        _locomotion(
            "Walker2d-v2",
            observation_dim=17,
            action_dim=6,
            low=1.63,
            high=4592.3,
            camera=Camera((0.0, 0.0, 0.8), 2.8, 90.0, -10.0, "torso"),
        ),
    )
}

HAND_TASKS: tuple[str, ...] = tuple(id for id, t in TASKS.items() if t.domain == "hand")


def task(id: str, *, door_threshold: float = DOOR_ANGLE_RAD) -> Task:
    """Return the task registered as ``id``; if it has a door, this opens at ``door_threshold`` rad.

    Raises:
        ValueError: for an unknown id; the message names the nearest known ones.
    """
    if id in TASKS:
        known = TASKS[id]
        has_door = isinstance(known.reached, DoorIsOpen)
        return replace(known, reached=DoorIsOpen(door_threshold)) if has_door else known
    plain = {name.casefold(): name for name in TASKS}
    near = difflib.get_close_matches(id.casefold(), plain, n=2, cutoff=0.3)
    hint = f"; did you mean {' or '.join(plain[name] for name in near)}?" if near else ""
    raise ValueError(
        f"unknown task {id!r}{hint} Known tasks: {', '.join(TASKS)}. "
        "docs/your-own-environment.md trains on another."
    )
