"""The paper's tasks: simulated environments, data files and evaluation.

Importing this package registers the three Adroit tasks with Gymnasium. The simulator itself is
imported only when an environment is made.
"""

from __future__ import annotations

import gymnasium
from farama_notifications import notifications  # type: ignore[import-untyped]

from envs.tasks import TASKS

# Gymnasium-Robotics prints a notice about its dense rewards when it is imported. They are not used
# here, and every process of a grid of runs would repeat it.
notifications.pop("gymnasium_robotics", None)

for _task in TASKS.values():
    if _task.id not in gymnasium.registry:
        gymnasium.register(
            id=_task.id,
            entry_point="envs.adroit:AdroitBinary",
            max_episode_steps=_task.horizon,
            kwargs={"task_id": _task.id},
        )
