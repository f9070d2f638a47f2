"""What is installed: drawing needs little, training needs the extra `train`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import find_spec

TRAINING = {
    "torch": "torch",
    "gymnasium": "gymnasium",
    "gymnasium-robotics": "gymnasium_robotics",
    "mujoco": "mujoco",
    "h5py": "h5py",
    "safetensors": "safetensors",
    "pillow": "PIL",
    "submitit": "submitit",
    "filelock": "filelock",
    "rich": "rich",
}
"""Package of the extra `train` in pyproject.toml -> its module."""


class NotInstalled(ValueError):
    """Packages that the command needs are missing; the message says how to get them."""


def require_training() -> None:
    """Raise NotInstalled unless everything is there that a run needs; imports nothing."""
    require(TRAINING, "which running needs (drawing does not: --plot-only); pip install '.[train]'")


def exit_without_training() -> None:
    """End with status 2 if a package of training is missing, and say what to install.

    A script calls it before it imports modules that need these packages.
    """
    try:
        require_training()
    except NotInstalled as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def require(packages: Mapping[str, str], consequence: str) -> None:
    """Raise NotInstalled naming what is missing of `packages` (package -> its module), with what
    follows from it; imports nothing."""
    missing = [package for package, module in packages.items() if find_spec(module) is None]
    if missing:
        raise NotInstalled(f"{', '.join(missing)} not installed, {consequence}")
