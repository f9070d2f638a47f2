"""The common part of all tasks on Gymnasium's MuJoCo simulations: float32 and exact copies."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from envs.physics import Snapshot, get_physics, set_physics
from envs.tasks import task

Observation = NDArray[np.float32]
Action = NDArray[np.floating]


class MujocoTask(gymnasium.Wrapper[Observation, Action, Any, Action]):
    """A task on a ``MujocoEnv``: observations (O,) float32, pickling in the middle of an episode.

    Gymnasium pickles only the arguments that a simulation is made from. This class adds the state
    of the simulation and of its generator, so that the copy continues to the same bits.

    Args:
        simulation: a ``MujocoEnv`` with observations (O,).
        task_id: a key of ``TASKS``.
    """

    def __init__(self, simulation: gymnasium.Env[Any, Any], task_id: str) -> None:
        super().__init__(simulation)
        self.task_id = task_id
        self.observation_space = gymnasium.spaces.Box(
            -np.inf, np.inf, shape=(task(task_id).observation_dim,), dtype=np.float32
        )

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode; returns the observation (O,) float32, and the simulation's info."""
        observation, info = self.env.reset(seed=seed, options=options)
        return np.asarray(observation, dtype=np.float32), info

    def snapshot(self) -> Snapshot:
        """Copy all that the rest of an episode depends on, by name."""
        simulation: Any = self.unwrapped
        return {"physics": get_physics(simulation.model, simulation.data)}

    def restore(self, snapshot: Snapshot) -> None:
        """Put the simulation into the state of a snapshot of the same task, exactly."""
        simulation: Any = self.unwrapped
        set_physics(simulation.model, simulation.data, snapshot["physics"])

    def __getstate__(self) -> dict[str, Any]:
        """The wrapper's state, and the state that the simulation leaves out of its own pickle."""
        return {**self.__dict__, "left_out": (self.snapshot(), self.unwrapped.np_random)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Continue where the pickled environment was."""
        snapshot, generator = state.pop("left_out")
        self.__dict__.update(state)
        self.restore(snapshot)
        self.unwrapped.np_random = generator
