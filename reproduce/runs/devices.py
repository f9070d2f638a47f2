"""What can compute here: whether a device does, and how many cores there are."""

from __future__ import annotations

import math
import os
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def cores(quota: Path = _QUOTA) -> int:
    """Cores that this process may use. A container or a job may have fewer than the machine.

    ``quota`` is the file of the control group: microseconds of processor time in each period, or
    ``max``, and the period.
    """
    mine = getattr(os, "sched_getaffinity", None)  # not on every system
    here = len(mine(0)) if mine is not None else os.cpu_count() or 1
    try:
        most, period = quota.read_text().split()
        return min(here, max(1, math.ceil(int(most) / int(period))))
    except (OSError, ValueError):  # there is no such group, or it has no quota
        return here


def why_unusable(device: str) -> str | None:
    """Say in one line why `device` cannot compute; None if it can.

    A tensor is made there and read back. The device `meta` makes tensors too, but they hold no
    numbers.
    """
    import torch

    try:
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, ImportError) as error:
        return (str(error) or type(error).__name__).splitlines()[0]
    return None


def check_device(device: str) -> None:
    """Raise ValueError naming the flag if `device` cannot compute here."""
    reason = why_unusable(device)
    if reason is not None:
        raise ValueError(f"--device {device}: {reason}; use cpu")
