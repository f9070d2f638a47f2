"""What made a result: commit, source files and versions."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_DECIDING = ("algorithms", "envs", "reproduce")  # packages whose files decide a run
_OURS = (*_DECIDING, "figures")
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
    for package in _DECIDING:
        for path in sorted((root / package).rglob("*")):
            name = path.relative_to(root).as_posix()
            passing = "__pycache__" in path.parts or path.name.startswith(".")
            passing = passing or path.name.endswith(("~", ".orig", ".rej"))  # of editors and patch
            if path.is_file() and not passing:
                digest.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    for path in files:
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"{path.name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()[:16]


def uncommitted() -> str:
    """The difference between the commit and the files, as `git apply` takes it.

    New files of the packages are in it. Files in `results/` are not: runs write there.
    """
    here = Path(__file__).resolve().parents[2]
    try:
        known = _git_output("diff", "HEAD", "--binary", "--", ".", ":(exclude)results", cwd=here)
        new = _git("ls-files", "--others", "--exclude-standard", "--", *_OURS, cwd=here)
        added = [
            _git_output("diff", "--no-index", "--binary", "--", "/dev/null", path, cwd=here)
            for path in new.splitlines()
        ]
    except (OSError, subprocess.CalledProcessError):
        return ""
    return "".join([known, *added])


def _git(*arguments: str, cwd: Path) -> str:
    return _git_output(*arguments, cwd=cwd).strip()


def _git_output(*arguments: str, cwd: Path) -> str:
    """Every byte: a line of a patch may be blank."""
    result = subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, text=True)
    if result.returncode != 0 and not ("--no-index" in arguments and result.returncode == 1):
        result.check_returncode()
    return result.stdout


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
