"""Import MuJoCo even if the graphics that ``MUJOCO_GL`` names are missing: only drawing needs them.

MuJoCo loads its graphics when it is imported. The import fails if it cannot load them. Every module
of this package that imports MuJoCo therefore imports this module first.

Attributes:
    mujoco: the module.
    NO_GRAPHICS: why nothing can be drawn; None if drawing works.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NO_GRAPHICS: str | None = None

_REMEDY = (
    "Without a display, MUJOCO_GL=egl needs libEGL (Debian: apt install libegl1 libgl1), "
    "MUJOCO_GL=osmesa needs libosmesa6; with one, leave MUJOCO_GL unset"
)


@contextmanager
def graphics() -> Iterator[None]:
    """Within this block something begins to draw: say in one line why it cannot, and what helps.

    Raises:
        ValueError: naming MUJOCO_GL, the reason and the remedy, instead of what a library raises.
    """
    try:
        if NO_GRAPHICS is not None:
            raise RuntimeError(NO_GRAPHICS)
        yield
    except ValueError:
        raise  # of the picture, such as its size
    except Exception as error:  # every graphics library raises an error of its own
        chosen = os.environ.get("MUJOCO_GL") or "(unset)"
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ValueError(
            f"MuJoCo cannot draw with MUJOCO_GL={chosen} ({reason}). {_REMEDY}"
        ) from error


def _load() -> Any:
    global NO_GRAPHICS
    try:
        return importlib.import_module("mujoco")
    except Exception as error:  # every graphics library raises an error of its own
        chosen = os.environ.get("MUJOCO_GL")
        if not chosen:
            raise
        NO_GRAPHICS = (str(error) or type(error).__name__).splitlines()[0]
        os.environ["MUJOCO_GL"] = "disable"
        try:
            return importlib.import_module("mujoco")
        finally:
            os.environ["MUJOCO_GL"] = chosen


mujoco: Any = _load()
