"""Tests that `make test` leaves out can be collected: a name that was changed shows here."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_folders_of_tests_that_are_not_run_by_default_can_be_imported() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        options = tomllib.load(file)["tool"]["pytest"]["ini_options"]
    folders = {f"tests/{path.parent.name}" for path in (ROOT / "tests").glob("*/test_*.py")}
    others = sorted(folders - set(options["testpaths"]))
    assert "tests/benchmarks" in others and "tests/engine" in others
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-m", "", "-p", "no:warnings", *others],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
