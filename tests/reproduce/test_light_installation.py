"""What works with the extra `plot` alone: no package of training can be found."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from reproduce.commandline.installation import TRAINING
from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "results" / "earlier" / "small"
# A module that is None in sys.modules would do, but SciPy looks there for torch itself.
BLOCK = """
import sys
from importlib.machinery import PathFinder

class Without:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] not in {blocked}:
            return PathFinder.find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Without
"""
Light = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def light(tmp_path: Path) -> Light:
    """Run a script in an interpreter that has none of the packages of training."""
    blocked = sorted({*TRAINING.values(), "gymnasium_robotics", "farama_notifications"} - {"PIL"})
    (tmp_path / "block").mkdir()
    (tmp_path / "block" / "sitecustomize.py").write_text(BLOCK.format(blocked=blocked))
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "block"), str(ROOT)]),
        "AWAC_CACHE_DIR": str(tmp_path / "cache"),
    }

    def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(ROOT / "reproduce" / name), *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            timeout=PATIENCE_S,
        )

    return run


def test_the_block_blocks(light: Light, tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text("import torch\n")
    result = light(str(script))
    assert result.returncode == 1 and "ModuleNotFoundError" in result.stderr


def test_figure_1_is_drawn_twice_to_the_same_bytes(light: Light, tmp_path: Path) -> None:
    pictures = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        shutil.copy(RESULTS / "figure1.csv", tmp_path / name)
        result = light("figure1.py", "--plot-only", "--out", str(tmp_path / name))
        assert result.returncode == 0, result.stderr
        pictures.append(
            [(tmp_path / name / f"figure1.{kind}").read_bytes() for kind in ("png", "pdf")]
        )
    assert pictures[0] == pictures[1]
    assert pictures[0][0].startswith(b"\x89PNG") and pictures[0][1].startswith(b"%PDF")


@pytest.mark.parametrize("figure", ["figure2", "figure3"])
def test_the_other_figures_get_as_far_as_their_rows(light: Light, figure: str) -> None:
    """In a folder without results their file is asked for, and nothing else is missing."""
    result = light(f"{figure}.py", "--plot-only", "--preset", "small")
    assert result.returncode == 2
    assert result.stderr.startswith(f"error: results/small/{figure}.csv: no such results file")
    assert result.stderr.count("\n") == 1


@pytest.mark.slow
def test_results_are_checked_and_exported(light: Light, tmp_path: Path) -> None:
    result = light("check_results.py", str(ROOT / "results"))
    assert result.returncode == 0, result.stderr
    out = tmp_path / "out"
    result = light("export.py", str(RESULTS / "figure1.csv"), "--out", str(out))
    assert result.returncode == 0, result.stderr
    assert {"rows.csv", "curves.return_mean.json"} <= {path.name for path in out.iterdir()}


@pytest.mark.parametrize(
    "name",
    [
        "figure1.py",
        "figure2.py",
        "figure3.py",
        "ablations.py",
        "run.py",
        "train_expert.py",
        "status.py",
        "render.py",
        "prior_data.py",
        "figure4.py",
        "table1.py",
    ],
)
def test_a_run_says_in_one_line_what_is_missing(light: Light, name: str) -> None:
    result = light(name)
    assert result.returncode == 2
    assert result.stderr.startswith("error: torch, gymnasium, gymnasium-robotics, mujoco, h5py")
    assert result.stderr.endswith("pip install '.[train]'\n")
    assert result.stderr.count("\n") == 1


def test_the_extras_are_what_the_message_and_the_documents_say() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert {re.split("[=<>]", name)[0] for name in extras["train"]} == set(TRAINING)
    simulators = ("gymnasium", "gymnasium-robotics", "mujoco")
    bounded = {name for name in extras["train"] if name.startswith(simulators) and "<" in name}
    assert len(bounded) == len(simulators)  # another version is another simulation
    assert extras["plot"] == []
    assert {"plot", "train", "export", "dev"} <= set(extras)
    base = {name.partition(">=")[0] for name in project["dependencies"]}
    assert not base & set(TRAINING)
