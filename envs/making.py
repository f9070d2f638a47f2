"""Register the tasks under their Gymnasium ids, and make them ready for a policy."""

from __future__ import annotations

import warnings
from typing import Any

import gymnasium

from envs.goals import GoalObservations
from envs.tasks import TASKS, Task
from envs.tasks import task as task_of

_ENTRY_POINTS = {
    "hand": "envs.adroit:AdroitBinary",
    "push": "envs.sawyer:SawyerPush",
    "locomotion": "envs.locomotion:Locomotion",
}

# This project reproduces the paper's -v2. Gymnasium would advise its own latest version.
_OLD = "|".join(id for id, t in TASKS.items() if t.domain == "locomotion")
warnings.filterwarnings(
    "ignore", message=f".*environment ({_OLD}) is out of date", category=DeprecationWarning
)


def register_tasks() -> None:
    """Register the tasks with Gymnasium, if they are not yet. The simulator is not imported.

    Gymnasium has taken the paper's locomotion ids for environments that need mujoco_py.
    Gymnasium-Robotics takes them again when it is imported. This function replaces both. Every
    module of this package that imports Gymnasium-Robotics calls it afterwards.
    """
    for t in TASKS.values():
        entry_point = _ENTRY_POINTS[t.domain]
        registered = gymnasium.registry.get(t.id)
        if registered is not None and registered.entry_point == entry_point:
            continue
        gymnasium.registry.pop(t.id, None)  # registering an id that is taken prints a warning
        gymnasium.register(
            id=t.id,
            entry_point=entry_point,
            max_episode_steps=t.horizon,
            kwargs={} if t.domain == "push" else {"task_id": t.id},
        )


def make_task(task: Task | str, *, render_mode: str | None = None) -> gymnasium.Env[Any, Any]:
    """Make a task as a policy sees it, with its horizon: observations (O,) float32.

    Args:
        task: the task, or its id for that of the paper.
        render_mode: as in Gymnasium.

    Raises:
        ValueError: for an unknown task.
    """
    spec = task_of(task) if isinstance(task, str) else task
    options: dict[str, Any] = {"render_mode": render_mode}
    if spec.domain == "hand":
        options["door_threshold"] = spec.door_threshold
    register_tasks()
    # A registration instead of a name prevents the advice to take a later version.
    env = gymnasium.make(gymnasium.spec(spec.id), **options)
    return GoalObservations(env) if spec.goal_dim else env
