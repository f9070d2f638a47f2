"""The common part of all tasks on Gymnasium's MuJoCo simulations: float32 and exact copies."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import ArrayLike, NDArray

from envs.physics import Snapshot, get_physics, set_physics
from envs.simulator import graphics, mujoco
from envs.tasks import task

Observation = NDArray[np.float32]
Action = NDArray[np.floating]

_BAD = ("BADQPOS", "BADQVEL", "BADQACC", "BADCTRL")
_DIVERGED = [int(getattr(mujoco.mjtWarning, f"mjWARN_{name}")) for name in _BAD]


class MujocoTask(gymnasium.Wrapper[Observation, Action, Any, Action]):
    """A task on a ``MujocoEnv``: observations (O,) float32, pickling in the middle of an episode.

    Gymnasium pickles only the arguments that a simulation is made from. This class adds the state
    of the simulation and of its generator, so that the copy continues to the same bits.

    Args:
        simulation: a ``MujocoEnv`` with observations (O,).
        task_id: a key of ``TASKS``.

    Raises:
        ValueError: if the simulation has other observations or actions than the task's row says.
    """

    def __init__(self, simulation: gymnasium.Env[Any, Any], task_id: str) -> None:
        super().__init__(simulation)
        self.task_id = task_id
        _check_spaces(simulation, task_id)
        self.observation_space = gymnasium.spaces.Box(
            -np.inf, np.inf, shape=(task(task_id).observation_dim,), dtype=np.float32
        )

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode; returns the observation (O,) float32, and the simulation's info."""
        observation, info = self.env.reset(seed=seed, options=options)
        return np.asarray(observation, dtype=np.float32), info

    def render(self) -> Any:
        """Draw the present state, as the simulation does.

        Raises:
            ValueError: if MuJoCo cannot draw here (:func:`envs.simulator.graphics`).
        """
        with graphics():
            return self.env.render()

    def _simulate(self, action: Action) -> tuple[ArrayLike, Any, Any, Any, dict[str, Any]]:
        """Step the simulation; RuntimeError if it diverges."""
        result = self.env.step(action)
        simulation: Any = self.unwrapped
        # MuJoCo silently resets a diverging simulation to another state.
        if simulation.data.warning.number[_DIVERGED].any():
            raise RuntimeError(f"{self.task_id}: the simulation has become unstable")
        return result

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


def _check_spaces(simulation: gymnasium.Env[Any, Any], task_id: str) -> None:
    """Raise ValueError unless the spaces are those of the task's row in ``TASKS``."""
    known = task(task_id)
    observations, actions = simulation.observation_space, simulation.action_space
    for what, space, width in (
        ("observations", observations, known.observation_dim),
        ("actions", actions, known.action_dim),
    ):
        if space.shape != (width,):
            raise ValueError(
                f"TASKS (envs/tasks.py) says that {what} of {task_id} are ({width},), but those of "
                f"{type(simulation).__name__} are {space.shape}; correct the row"
            )
    assert isinstance(actions, gymnasium.spaces.Box)
    if (actions.low != -1).any() or (actions.high != 1).any():
        raise ValueError(
            f"actions of {task_id} must lie in [-1, 1], but those of {type(simulation).__name__} "
            f"lie in [{actions.low.min():g}, {actions.high.max():g}]; rescale them"
        )
