"""Scripts as processes of their own, forked from a server that has imported what they need.

A start takes a tenth of a second instead of several; everything else is as a user starts them.
Siblings have the seed of their hashes in common, and the server's way of drawing: what depends on
either is tested by processes that are begun anew.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

PRELOADED = (
    "torch._dynamo",
    "reproduce.run",
    "reproduce.runs.execute",
    "reproduce.runs.assemble",
    "reproduce.launching.experiment",
    "reproduce.runs.listing",
    "reproduce.runs.plan",
    "reproduce.runs.showing",
    "reproduce.runs.folder",
    "reproduce.launching.local",
    "reproduce.launching.inline",
    "reproduce.figure1",
    "reproduce.ablations",
    "reproduce.campaign",
    "algorithms.training",
    "envs.adroit",
)


def context() -> ForkServerContext:
    """The server, which all tests of this process have in common."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(list(PRELOADED))
    return found


class Forked:
    """`python reproduce/<name> <arguments>`, already started, with the methods of a Popen."""

    def __init__(
        self, name: str, *arguments: str, env: Mapping[str, str], cwd: Path | None = None
    ) -> None:
        self._files = tempfile.TemporaryDirectory()
        self._out, self._err = (Path(self._files.name) / each for each in ("out", "err"))
        where = str(cwd) if cwd is not None else os.getcwd()
        process = context().Process(
            target=_call, args=(name, arguments, dict(env), where, str(self._out), str(self._err))
        )
        process.start()
        assert isinstance(process, ForkServerProcess) and process.pid is not None
        self._process, self.pid = process, process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self.returncode is None:
            self._process.kill()
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0.0)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it has written to stdout and stderr."""
        self.wait(timeout)
        return self._out.read_text(), self._err.read_text()


def run(
    name: str, *arguments: str, env: Mapping[str, str], cwd: Path | None = None, timeout: float
) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run` of that command, its output captured."""
    process = Forked(name, *arguments, env=env, cwd=cwd)
    out, err = process.communicate(timeout)
    return subprocess.CompletedProcess([name, *arguments], process.wait(), out, err)


def _call(
    name: str, arguments: tuple[str, ...], env: dict[str, str], cwd: str, out: str, err: str
) -> None:
    for path, descriptor in ((out, 1), (err, 2)):
        with open(path, "ab") as file:
            os.dup2(file.fileno(), descriptor)
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = [name, *arguments]
    sys.exit(importlib.import_module(f"reproduce.{name.removesuffix('.py')}").main(list(arguments)))
