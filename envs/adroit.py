"""The three hand tasks of the paper: Gymnasium-Robotics' Adroit hand with the binary reward.

``import envs`` registers them; ``gymnasium.make("pen-binary-v0")`` adds the 200-step horizon.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium_robotics.envs.adroit_hand.adroit_door import AdroitHandDoorEnv
from gymnasium_robotics.envs.adroit_hand.adroit_pen import AdroitHandPenEnv
from gymnasium_robotics.envs.adroit_hand.adroit_relocate import AdroitHandRelocateEnv
from numpy.typing import NDArray

from envs.success import DOOR_ANGLE_RAD, success_from_observation
from envs.tasks import task

__all__ = ["AdroitBinary", "success_from_observation"]

_SIMULATIONS = {
    "pen-binary-v0": AdroitHandPenEnv,
    "door-binary-v0": AdroitHandDoorEnv,
    "relocate-binary-v0": AdroitHandRelocateEnv,
}

Observation = NDArray[np.float32]
Action = NDArray[np.floating]


class AdroitBinary(gymnasium.Wrapper[Observation, Action, Observation, Action]):
    """Reward ``1[success] - 1`` on an Adroit simulation; an episode never terminates.

    Observations are float32 (O,): the replay memory and the networks are float32, and the reward
    is computed from the very numbers that are returned. So the reward of a stored transition is
    an exact function of its stored next observation, with no rounding at the threshold.

    Success is evaluated after the step. MuJoCo's body and site positions are those *before* the
    last 2 ms substep of the five; the joint angles are those after it. Both the observation and
    the original sparse rewards read the same arrays, so they agree.

    The simulation clips actions to [-1, 1] and scales them to each actuator's range.

    Args:
        task_id: "pen-binary-v0", "door-binary-v0" or "relocate-binary-v0".
        door_threshold: radians; 1.4 in the paper, 1.35 in the authors' released environment.
            Without effect on the other two tasks.
        render_mode: as in Gymnasium.

    Raises:
        ValueError: for an unknown task.
    """

    def __init__(
        self,
        task_id: str,
        door_threshold: float = DOOR_ANGLE_RAD,
        render_mode: str | None = None,
    ) -> None:
        spec = task(task_id)
        super().__init__(_SIMULATIONS[task_id](render_mode=render_mode))
        self.task_id = task_id
        self.door_threshold = float(door_threshold)
        self.observation_space = gymnasium.spaces.Box(
            -np.inf, np.inf, shape=(spec.observation_dim,), dtype=np.float32
        )

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        observation, info = self.env.reset(seed=seed, options=options)
        return np.asarray(observation, dtype=np.float32), info

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        raw, _, _, _, info = self.env.step(action)
        observation = np.asarray(raw, dtype=np.float32)
        success = bool(
            success_from_observation(
                self.task_id, observation[None], door_threshold=self.door_threshold
            )[0]
        )
        return observation, float(success) - 1.0, False, False, {**info, "success": success}
