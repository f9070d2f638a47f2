"""Prior data that is the same to the bit on every x86-64 processor."""

from __future__ import annotations

import hashlib
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path

import pytest
import torch

from envs.data.sources import Request, find_demonstrations
from envs.tasks import task
from envs.trajectory import DataError
from reproduce.data.cloning import RECIPES, Cloning
from reproduce.data.portable import environment, portably
from reproduce.data.prior import _made
from tests.patience import PATIENCE_S

CLONING = Cloning(steps=100, hidden=(256, 256), batch_size=256, recipe=RECIPES["authors"]["hand"])
CONSTRAINTS = (Path(__file__).parents[2] / "constraints.txt").read_text(encoding="utf-8")
OTHER_VERSIONS = [
    f"{name} {version(name)}"
    for name in ("torch", "mujoco", "numpy")
    # PyTorch names the processor that it is for behind a plus
    if f"{name}=={version(name).partition('+')[0]}" not in CONSTRAINTS.splitlines()
]
x86_64 = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="another instruction set"
)


def digest_of_products() -> str:
    """Of what depends on instructions most: products, sums, transcendental functions, draws."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(256, 256, generator=generator)
    for _ in range(5):
        x = torch.tanh(x @ x.T / 16) + torch.exp(-x.square()) + x.mean(0)
    return hashlib.sha256(x.numpy().tobytes()).hexdigest()[:16]


@x86_64
@pytest.mark.skipif(
    bool(OTHER_VERSIONS), reason=f"not as in constraints.txt: {', '.join(OTHER_VERSIONS)}"
)
def test_a_clone_and_its_rollouts_are_the_bits_that_other_machines_made() -> None:
    """The number was written on an Intel machine with AVX-512, PyTorch, MuJoCo and NumPy as pinned.

    It changes with the versions in `constraints.txt`, and with a glibc that rounds otherwise.
    """
    pen = task("pen-binary-v0")
    demonstrations = find_demonstrations(Request(pen, "embedded"))
    made = portably(partial(_made, demonstrations, pen, 4, CLONING))
    assert made.content_checksum[:16] == "d66fb7e263b51b46"


@pytest.fixture(scope="module")
def instructions_matter() -> None:
    """Where this processor's own instructions round alike, the next test would show nothing."""
    if digest_of_products() == portably(digest_of_products):
        pytest.skip("the instructions of this processor round as those of all")


@x86_64
@pytest.mark.usefixtures("instructions_matter")
@pytest.mark.parametrize("instructions", ["AVX2", "SSE4_2"])
def test_what_a_processor_would_choose_does_not_matter(
    instructions: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Less able processors, as far as the libraries let themselves be told of one."""
    as_here = portably(digest_of_products)
    monkeypatch.setenv("MKL_ENABLE_INSTRUCTIONS", instructions)
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "avx2")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert portably(digest_of_products) == as_here


def test_a_numpy_that_does_not_tell_its_instructions_will_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("numpy.show_config", lambda _: {})
    monkeypatch.delenv("NPY_DISABLE_CPU_FEATURES", raising=False)
    assert environment()["NPY_DISABLE_CPU_FEATURES"] == ""


def refuse() -> None:
    raise DataError("expert.npz: not as good as its file says")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_goes_wrong_there_is_told_here() -> None:
    with pytest.raises(DataError, match=r"expert\.npz: not as good"):
        portably(refuse)
    with pytest.raises(DataError, match="ended with status -9 and without an answer"):
        portably(die)


def sleep_long(marks: Path) -> None:
    (marks / "pid.new").write_text(str(os.getpid()))
    (marks / "pid.new").rename(marks / "pid")  # whoever sees it finds the whole number
    time.sleep(2 * PATIENCE_S)  # so that no end of its own is taken for the one that is tested


def test_it_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    code = f"""
from functools import partial
from pathlib import Path
from reproduce.data.portable import portably
from tests.reproduce.test_portable import sleep_long
portably(partial(sleep_long, Path({str(tmp_path)!r})))
"""
    asker = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2])
    wait_until(lambda: (tmp_path / "pid").exists() or asker.poll() is not None)
    asker.kill()
    asker.wait()
    pid = int((tmp_path / "pid").read_text())
    try:
        wait_until(lambda: not alive(pid))
    finally:
        if alive(pid):
            os.kill(pid, signal.SIGKILL)


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")  # Linux: a dead process that nobody has waited for is Z
    return not state.exists() or " Z " not in state.read_text().rsplit(")", 1)[1][:3]


def test_this_process_keeps_its_environment() -> None:
    before = dict(os.environ)
    assert portably(partial(abs, -1)) == 1
    assert dict(os.environ) == before
    assert portably(partial(os.getenv, "MKL_CBWR")) == environment()["MKL_CBWR"]
