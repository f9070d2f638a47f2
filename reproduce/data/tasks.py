"""The tasks as a profile has them."""

from __future__ import annotations

from envs.tasks import Task, task
from reproduce.specs.kinds import DOOR_THRESHOLDS, ProfileName


def task_for(task_id: str, profile: ProfileName) -> Task:
    """The task by name; its door, if it has one, opens at the angle of the profile.

    Raises:
        ValueError: for an unknown name.
    """
    return task(task_id, door_threshold=DOOR_THRESHOLDS[profile])
