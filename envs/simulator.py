"""MuJoCo, also where the graphics that ``MUJOCO_GL`` names are not there: only drawing needs them.

MuJoCo loads its graphics when it is imported, and fails then if it cannot. Whatever imports it in
this package imports this first.

Attributes:
    mujoco: the module.
    NO_GRAPHICS: why there is nothing to draw with; None if there is.
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
    except Exception as error:  # every graphics library fails in a way of its own
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
