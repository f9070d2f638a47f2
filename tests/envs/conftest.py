"""Fixtures: isolated caches, small valid trajectories, and the real data where a machine has it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from envs.tasks import TASKS
from envs.trajectory import Dataset, Provenance, Trajectory

MakeTrajectory = Callable[..., Trajectory]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the user's cache into a temporary folder; returns its folder of downloads."""
    folder = tmp_path / "cache"
    monkeypatch.setattr("envs.data.sources.platformdirs.user_cache_dir", lambda *_: str(folder))
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    return folder / "data"


@pytest.fixture
def make_trajectory() -> MakeTrajectory:
    """Return a maker of valid random trajectories."""

    def make(task_id: str = "pen-binary-v0", steps: int = 6, seed: int = 0) -> Trajectory:
        rng = np.random.default_rng(seed)
        task = TASKS[task_id]
        states = rng.normal(size=(steps + 1, task.observation_dim)).astype(np.float32)
        return Trajectory(
            observations=states[:-1],
            actions=rng.uniform(-1, 1, (steps, task.action_dim)).astype(np.float32),
            rewards=rng.choice([-1.0, 0.0], steps).astype(np.float32),
            next_observations=states[1:],
            terminals=np.zeros(steps, dtype=np.bool_),
        )

    return make


@pytest.fixture
def dataset(make_trajectory: MakeTrajectory) -> Dataset:
    """Return a small pen data set of two trajectories of unequal length."""
    return Dataset(
        "pen-binary-v0",
        (make_trajectory(steps=6, seed=1), make_trajectory(steps=9, seed=2)),
        Provenance("rollouts", "a test", "", "stored", "note"),
    )


@pytest.fixture
def real_file() -> Callable[[str], Path]:
    """Return a finder of published files in $AWAC_DATA_DIR; it skips where one is not there."""

    def find(name: str) -> Path:
        folder = os.environ.get("AWAC_DATA_DIR")
        if not folder:
            pytest.skip(f"set AWAC_DATA_DIR to a folder with {name} to check the published file")
        path = Path(folder) / name
        if not path.is_file():
            pytest.skip(f"{name} is not in AWAC_DATA_DIR")
        return path

    return find
