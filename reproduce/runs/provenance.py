"""What made a result: commit, source files and versions."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = (
    "torch",
    "numpy",
    "gymnasium",
    "gymnasium-robotics",
    "mujoco",
    "scipy",
    "awac-reproduction",
)


@cache
def commit() -> str:
    """The commit of this checkout, with "+changes" if tracked files differ; "" without git.

    Files in `results/` do not count: runs write there.
    """
    here = Path(__file__).resolve().parents[2]
    try:
        head = _git("rev-parse", "HEAD", cwd=here)
        status = ("status", "--porcelain", "--untracked-files=no")
        changed = _git(*status, "--", ".", ":(exclude)results", cwd=here)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head[:12] + ("+changes" if changed else "")


def fingerprint(*files: Path) -> str:
    """A checksum over the source files that decide a run, as they are now; 16 hex digits.

    `files` are the user's own (`--methods-from`). A missing file counts as empty.

    The fingerprint needs no git and sees every uncommitted change, unlike the commit. It is not
    cached, so a process can tell whether the code has changed since it started.
    """
    root, digest = Path(__file__).resolve().parents[2], hashlib.sha256()
    for package in ("algorithms", "envs", "reproduce"):
        for path in sorted((root / package).rglob("*")):
            name = path.relative_to(root).as_posix()
            passing = "__pycache__" in path.parts or path.name.startswith(".")
            if path.is_file() and not passing:
                digest.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    for path in files:
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"{path.name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()[:16]


def uncommitted() -> str:
    """The difference between the commit and the tracked files, as `git diff` shows it."""
    try:
        return _git("diff", "HEAD", cwd=Path(__file__).resolve().parents[2])
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(*arguments: str, cwd: Path) -> str:
    result = subprocess.run(
        ["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True
    )
    return result.stdout.strip()


@cache
def versions() -> dict[str, str]:
    """Versions of everything that decides the bits of a result."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


@cache
def processor() -> str:
    """Model of the processor and the instructions that PyTorch uses on it: ``AMD EPYC, AVX512``.

    They decide the last bits of a result, and with them every curve. Versions do not show them.
    """
    from torch.backends import cpu

    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    model = next(names, "") or platform.processor() or platform.machine()
    return f"{model}, {cpu.get_cpu_capability()}"
