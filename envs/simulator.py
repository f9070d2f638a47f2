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
from typing import Any

NO_GRAPHICS: str | None = None


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
