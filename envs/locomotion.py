"""The paper's locomotion tasks: HalfCheetah, Ant and Walker2d of Gymnasium, made from its -v4.

The paper's -v2 need mujoco_py, which is no longer maintained. -v4 is the nearest version that runs.
Its code and model files agree with -v2 in the time an action lasts (0.05 s for HalfCheetah and Ant,
0.008 s for Walker2d). They agree in joints, masses, motors and friction, and in start states,
rewards and terminations. These things differ:

* Ant-v2 observes 111 numbers: the 27 here and 84 contact forces (6 for each of 14 bodies, clipped
  to [-1, 1]).
* Ant-v2 subtracts a cost of these forces, ``5e-4 * sum(force ** 2)``: at most 0.042 a step, while
  not falling earns 1. Here contacts cost nothing. (MuJoCo 2.0 does not compute these forces unless
  a sensor asks for them. With MuJoCo 2.0, -v2 observes 84 zeros and subtracts nothing either.)
* The simulator is the installed MuJoCo, not 1.5 or 2.0: the same actions lead to other states.

The later -v5 differs more. It changes the friction of one foot of Walker2d, and puts contact forces
into Ant's observation and reward.
"""

from __future__ import annotations

from envs.simulator import mujoco

# isort: split

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from gymnasium.envs.mujoco.ant_v4 import AntEnv
from gymnasium.envs.mujoco.half_cheetah_v4 import HalfCheetahEnv
from gymnasium.envs.mujoco.walker2d_v4 import Walker2dEnv

from envs.mujoco_task import Action, MujocoTask, Observation
from envs.physics import Snapshot
from envs.tasks import task


@contextmanager
def _without_notice(about: str) -> Iterator[None]:
    """Keep MuJoCo from printing one notice, and from logging it in the working folder."""

    def pass_on(message: str) -> None:
        if about not in message:
            print(f"WARNING: {message}", file=sys.stderr)

    before = mujoco.get_mju_user_warning()
    mujoco.set_mju_user_warning(pass_on)
    try:
        yield
    finally:
        mujoco.set_mju_user_warning(before)


class _HalfCheetah(HalfCheetahEnv):
    """Gymnasium's HalfCheetah without MuJoCo's notice about its model file.

    The file uses an attribute that MuJoCo will drop in version 4.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        with _without_notice("settotalmass"):
            super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]


SIMULATIONS = {"HalfCheetah-v2": _HalfCheetah, "Ant-v2": AntEnv, "Walker2d-v2": Walker2dEnv}


class Locomotion(MujocoTask):
    """Run forward: reward is the speed in m/s, minus a cost of the action, plus 1 for not falling.

    Observations are float32 (O,), like the replay memory and the networks. The simulation computes
    the reward and the terminations from its float64 state. Ant and Walker2d terminate when they
    fall (height or lean out of range). They earn 1 for each step. HalfCheetah never terminates and
    does not earn this. ``info`` holds no "success".

    Actions are clipped to [-1, 1]. The simulation itself clips the forces, but takes the cost of
    the action as it was given. Within [-1, 1] there is no difference.

    Args:
        task_id: "HalfCheetah-v2", "Ant-v2" or "Walker2d-v2".
        render_mode: as in Gymnasium.

    Raises:
        ValueError: for another task.
    """

    def __init__(self, task_id: str, render_mode: str | None = None) -> None:
        if task(task_id).domain != "locomotion":
            raise ValueError(f"{task_id} is no locomotion task; those are {', '.join(SIMULATIONS)}")
        super().__init__(SIMULATIONS[task_id](render_mode=render_mode), task_id)

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Simulate one action (A,), clipped to [-1, 1].

        Returns:
            Observation (O,) float32; the simulation's reward; whether the robot has fallen;
            truncated, always False; the simulation's info.

        Raises:
            RuntimeError: if the simulation has become unstable.
        """
        raw, reward, terminated, _, info = self._simulate(np.clip(action, -1.0, 1.0))
        return np.asarray(raw, dtype=np.float32), float(reward), bool(terminated), False, info

    def snapshot(self) -> Snapshot:
        """Copy also the body positions: the last step's positions are needed for Ant's speed."""
        data = self.unwrapped.data  # type: ignore[attr-defined]
        return super().snapshot() | {"xpos": data.xpos.copy()}

    def restore(self, snapshot: Snapshot) -> None:
        """Put back exactly what :meth:`snapshot` of the same task has copied."""
        super().restore(snapshot)
        self.unwrapped.data.xpos[:] = snapshot["xpos"]  # type: ignore[attr-defined]
