"""What a newcomer sees after `make figure1`: the preset quick shows the phenomenon.

The bounds have slack: runs are the same on one machine, and differ from one to another.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from reproduce.run import main as run
from tests.once import once

PEN, DOOR, RELOCATE = "pen-binary-v0", "door-binary-v0", "relocate-binary-v0"
RUNS = ((PEN, "AWAC"), (PEN, "SAC"), (DOOR, "AWAC"), (DOOR, "SAC"), (RELOCATE, "BC"))

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def successes(
    tmp_path_factory: pytest.TempPathFactory, shared_cache: Path
) -> dict[tuple[str, str], dict[int, float]]:
    """Success by environment step, of each run."""

    def make(folder: Path) -> None:
        for env, method in RUNS:
            asked = ("--env", env, "--method", method, "--data", "embedded", "--preset", "quick")
            where = ("--out", str(folder), "--cache-dir", str(shared_cache))
            assert run([*asked, *where, "--engine", "eager"]) == 0

    folder = once(tmp_path_factory, "quick_learns", make)
    found = {}
    for env, method in RUNS:
        (path,) = folder.glob(f"runs/{env}/*/{method}/seed0/progress.csv")
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        found[env, method] = {int(row["env_step"]): float(row["success_any"]) for row in rows}
        assert {row["episodes"] for row in rows} == {"20"}
    return found


def test_awac_rises_offline_and_keeps_it(
    successes: dict[tuple[str, str], dict[int, float]],
) -> None:
    pen = successes[PEN, "AWAC"]
    assert max(pen[0], pen[-1600]) - pen[-3200] >= 0.4
    assert pen[3200] - pen[-3200] >= 0.25
    assert max(successes[DOOR, "AWAC"].values()) >= 0.5


def test_sac_does_not(successes: dict[tuple[str, str], dict[int, float]]) -> None:
    assert successes[PEN, "SAC"][0] < 0.25
    for task in (PEN, DOOR):
        assert successes[task, "AWAC"][3200] > successes[task, "SAC"][3200]


def test_somebody_moves_the_ball(successes: dict[tuple[str, str], dict[int, float]]) -> None:
    assert max(successes[RELOCATE, "BC"].values()) > 0.0


def test_cloning_runs_in_quick_figure_3(tmp_path: Path, shared_cache: Path) -> None:
    """From the random policy to half of the demonstrations and more; AWAC needs longer."""
    asked = ("--env", "Walker2d-v2", "--method", "BC", "--preset", "quick", "--engine", "eager")
    assert run([*asked, "--out", str(tmp_path), "--cache-dir", str(shared_cache)]) == 0
    (path,) = tmp_path.glob("runs/Walker2d-v2/*/BC/seed0/progress.csv")
    with path.open(newline="") as file:
        scores = [float(row["normalised_score"]) for row in csv.DictReader(file)]
    assert scores[0] < 0.1
    assert max(scores) > 0.5


def test_sac_pushes_in_quick_figure_2(tmp_path: Path, shared_cache: Path) -> None:
    """The mean of the last three distances is below nine tenths of where these episodes begin."""
    asked = ("--env", "SawyerPush-v0", "--method", "SAC", "--preset", "quick")
    assert run([*asked, "--out", str(tmp_path), "--cache-dir", str(shared_cache)]) == 0
    (path,) = tmp_path.glob("runs/SawyerPush-v0/*/SAC/seed0/progress.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))[-3:]
    end, start = (
        sum(float(row[name]) for row in rows) for name in ("final_distance", "start_distance")
    )
    assert end < 0.9 * start
