"""The paper's tasks: simulated environments, data files and evaluation.

Importing this package registers the tasks with Gymnasium. The simulator itself is imported only
when an environment is made. :func:`make_task` makes any task as a policy sees it.
"""

from __future__ import annotations

from contextlib import suppress

from envs.making import make_task, register_tasks

__all__ = ["make_task"]

# Gymnasium-Robotics prints a notice about its dense rewards when it is imported. These rewards are
# not used here, and every process of a grid of runs would repeat the notice.
# Without the package that keeps such notices there are none.
with suppress(ImportError):
    from farama_notifications import notifications  # type: ignore[import-untyped]

    notifications.pop("gymnasium_robotics", None)

register_tasks()
