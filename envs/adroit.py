"""The three hand tasks of the paper: Gymnasium-Robotics' Adroit hand with the binary reward.

``import envs`` registers them; ``gymnasium.make("pen-binary-v0")`` adds the 200-step horizon.
"""

from __future__ import annotations

import envs.simulator  # noqa: F401 (before what imports MuJoCo)

# isort: split

from typing import Any

import numpy as np
from gymnasium_robotics.envs.adroit_hand.adroit_door import AdroitHandDoorEnv
from gymnasium_robotics.envs.adroit_hand.adroit_pen import AdroitHandPenEnv
from gymnasium_robotics.envs.adroit_hand.adroit_relocate import AdroitHandRelocateEnv

from envs.conditions import DOOR_ANGLE_RAD
from envs.making import register_tasks
from envs.mujoco_task import Action, MujocoTask, Observation
from envs.physics import Snapshot
from envs.success import success_from_observation
from envs.tasks import HAND_TASKS, task

SIMULATIONS = {
    "pen-binary-v0": AdroitHandPenEnv,
    "door-binary-v0": AdroitHandDoorEnv,
    "relocate-binary-v0": AdroitHandRelocateEnv,
}

register_tasks()  # again: the import of Gymnasium-Robotics has taken some of the ids

# An episode depends on more than the integration state: on what its reset has put into the model,
# and on the two lengths (pen only, metres) that the simulation measures at a reset.
_RANDOMISED = ("body_pos", "body_quat", "site_pos")
_MEASURED = ("pen_length", "tar_length")


class AdroitBinary(MujocoTask):
    """Reward ``1[success] - 1`` on an Adroit simulation; an episode never terminates.

    Observations are float32 (O,), like the replay memory and the networks. The reward is computed
    from the same numbers that are returned. The reward of a stored transition is therefore an exact
    function of its stored next observation, with no rounding at the threshold.

    Success is evaluated after the step. MuJoCo's body and site positions are those *before* the
    last 2 ms substep of the five. The joint angles are those after it. The observation and the
    original sparse rewards read the same arrays, so they agree.

    The simulation clips actions to [-1, 1] and scales them to each actuator's range.

    Args:
        task_id: "pen-binary-v0", "door-binary-v0" or "relocate-binary-v0".
        door_threshold: radians; 1.4 in the paper, 1.35 in the authors' released environment. It has
            no effect on the other two tasks.
        render_mode: as in Gymnasium.

    Raises:
        ValueError: for another task.
    """

    def __init__(
        self,
        task_id: str,
        door_threshold: float = DOOR_ANGLE_RAD,
        render_mode: str | None = None,
    ) -> None:
        if task(task_id).domain != "hand":
            raise ValueError(f"{task_id} is no hand task; those are {', '.join(HAND_TASKS)}")
        super().__init__(SIMULATIONS[task_id](render_mode=render_mode), task_id)
        self.task = task(task_id, door_threshold=door_threshold)

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Simulate one action (A,), in [-1, 1] per actuator.

        Returns:
            Observation (O,) float32; reward 0.0 where it shows success, else -1.0; terminated and
            truncated, always False; info, with ``success`` beside what the simulation reports.

        Raises:
            RuntimeError: if the simulation has become unstable.
        """
        raw, _, _, _, info = self._simulate(action)
        observation = np.asarray(raw, dtype=np.float32)
        success = bool(success_from_observation(self.task, observation[None])[0])
        return observation, float(success) - 1.0, False, False, {**info, "success": success}

    def snapshot(self) -> Snapshot:
        """Copy the integration state and what the reset has drawn and measured."""
        simulation: Any = self.unwrapped
        drawn = {name: getattr(simulation.model, name).copy() for name in _RANDOMISED}
        measured = {
            name: np.array(getattr(simulation, name))
            for name in _MEASURED
            if hasattr(simulation, name)
        }
        return super().snapshot() | drawn | measured

    def restore(self, snapshot: Snapshot) -> None:
        """Put back exactly what :meth:`snapshot` of the same task has copied."""
        simulation: Any = self.unwrapped
        for name in _RANDOMISED:
            getattr(simulation.model, name)[:] = snapshot[name]
        for name in _MEASURED:
            if name in snapshot:
                setattr(simulation, name, float(snapshot[name]))
        super().restore(snapshot)
