"""What is dear to make is made once, by the first worker that needs it, and read by all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def common(factory: pytest.TempPathFactory) -> Path:
    """The temporary folder of this whole call of pytest, not of one worker."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "common"
    folder.mkdir(exist_ok=True)
    return folder


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder that `make` has filled; others wait for it, and must not change what is in it."""
    folder, made = common(factory) / name, common(factory) / f"{name}.made"
    with FileLock(f"{folder}.lock"):
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of somebody who failed
            folder.mkdir()
            make(folder)
            made.touch()
    return folder
