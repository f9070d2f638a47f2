"""Data sets as Minari stores them: the same names, shapes and metadata, made by the tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py  # type: ignore[import-untyped]
import numpy as np

from envs.tasks import task


def save_minari(
    store: Path,
    name: str,
    lengths: Sequence[int],
    *,
    metadata: Mapping[str, Any] | None = None,
    seed: int = 0,
    states: Sequence[Mapping[str, np.ndarray]] | None = None,
    actions: Sequence[np.ndarray] | None = None,
) -> Path:
    """Write ``<store>/<name>`` with episodes of random numbers of these lengths.

    `metadata` changes that of the set; None as a value leaves an entry out. `states` go where
    Minari keeps the options of a reset.
    """
    hand, known = name.split("/")[1], task(f"{name.split('/')[1]}-binary-v0")
    folder = store / name
    (folder / "data").mkdir(parents=True)
    rng = np.random.default_rng(seed)
    described = {
        "total_episodes": len(lengths),
        "total_steps": sum(lengths),
        "data_format": "hdf5",
        "jpeg_encoding": True,
        "dataset_id": name,
        "minari_version": "0.5.4",
        "author": ["a test"],
        "env_spec": json.dumps({"id": f"AdroitHand{hand.title()}-v1", "max_episode_steps": 200}),
    } | dict(metadata or {})
    described = {key: value for key, value in described.items() if value is not None}
    (folder / "data" / "metadata.json").write_text(json.dumps(described))
    with h5py.File(folder / "data" / "main_data.hdf5", "w", track_order=True) as file:
        for number, steps in enumerate(lengths):
            group = file.create_group(f"episode_{number}")
            group.attrs["id"], group.attrs["total_steps"] = number, steps
            for key, value in (states[number] if states else {}).items():
                group.attrs[f"options/initial_state_dict/{key}"] = value
            group["observations"] = rng.normal(size=(steps + 1, known.observation_dim))
            chosen = rng.uniform(-1.3, 1.3, (steps, known.action_dim))
            group["actions"] = (actions[number] if actions else chosen).astype(np.float32)
            group["rewards"] = rng.normal(size=steps)
            group["terminations"] = np.zeros(steps, dtype=bool)
            group["truncations"] = np.arange(steps) == steps - 1
            group["infos/success"] = np.zeros(steps + 1, dtype=bool)
    return folder
