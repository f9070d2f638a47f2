"""What made a result: commit and versions."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = (
    "torch", "numpy", "gymnasium", "gymnasium-robotics", "mujoco", "scipy", "awac-reproduction",
)  # fmt: skip


@cache
def commit() -> str:
    """The commit of this checkout, with "+changes" if tracked files differ; "" without git.

    What lies in `results/` does not count: a grid writes there while it runs.
    """
    here = Path(__file__).resolve().parent.parent
    try:
        head = _git("rev-parse", "HEAD", cwd=here)
        status = ("status", "--porcelain", "--untracked-files=no")
        changed = _git(*status, "--", ".", ":(exclude)results", cwd=here)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head[:12] + ("+changes" if changed else "")


def _git(*arguments: str, cwd: Path) -> str:
    result = subprocess.run(
        ["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True
    )
    return result.stdout.strip()


@cache
def versions() -> dict[str, str]:
    """Versions of what decides the bits."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found
