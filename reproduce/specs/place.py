"""Where a run finds its data, keeps what it makes, and computes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Place:
    """The machine as a run sees it; it decides no result.

    Attributes:
        cache: folder of downloads, prior data, graphs and measurements.
        data_dir: folder with human demonstrations and expert policies; None: where
            `envs.data.sources` looks by itself.
        device: where networks and replay buffer live: cpu, cuda, cuda:1, ...
    """

    cache: Path
    data_dir: Path | None = None
    device: str = "cpu"
