"""Which runs an experiment consists of. Pure: no files, no simulator, no torch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from figures import labels
from reproduce.specs.kinds import DataKind, Labels, PresetName, ProfileName
from reproduce.specs.presets import PRESETS

_LONGEST_NAME = 100


@dataclass(frozen=True)
class RunSpec:
    """Identity of one run. Equal specs are the same run, whoever starts it."""

    preset: PresetName
    profile: ProfileName
    env: str
    method: str
    seed: int
    data: DataKind
    labels: Labels = "relabelled"
    settings: tuple[str, ...] = ()
    named: str = ""
    """Which of the registry's variants of `method`: "batch" in AWAC[batch]."""

    @classmethod
    def of(
        cls,
        preset: PresetName,
        profile: ProfileName,
        env: str,
        registered: str,
        seed: int,
        source: tuple[DataKind, Labels],
        settings: tuple[str, ...] = (),
    ) -> RunSpec:
        """The run of a name in the registry, such as `AWAC[batch]`; `source`: data and labels."""
        method, named = labels.split_registered(registered)
        return cls(preset, profile, env, method, seed, *source, settings, named)

    @property
    def registered(self) -> str:
        """The method's name in the registry: `AWAC`, `AWAC[batch]`."""
        return labels.registered(self.method, self.named)

    @property
    def variant(self) -> str:
        """The variant's name and what `--set` changed; empty for the row as it stands."""
        return labels.variant(self.named, self.settings)

    @property
    def label(self) -> str:
        """The name of its curve: `AWAC`, `AWAC [batch,lam=0.3]`."""
        return labels.label(self.method, self.variant)

    def folder(self, out: Path) -> Path:
        """Where the run keeps its files; the same for every launch of the same run."""
        plain = self.labels == "relabelled" or self.data in ("random", "none")
        data = self.data if plain else f"{self.data}-{self.labels}"
        name = f"{self.method}+{self.variant}" if self.variant else self.method
        if len(name) > _LONGEST_NAME:  # file systems allow 255 bytes
            digest = hashlib.sha256(name.encode()).hexdigest()[:12]
            name = f"{name[:_LONGEST_NAME]}...{digest}"
        name = name.replace("/", "_").replace(" ", "")
        return out / "runs" / self.env / f"{self.profile}-{data}" / name / f"seed{self.seed}"

    def __str__(self) -> str:
        return f"{self.env} {self.label} seed {self.seed}"


@dataclass(frozen=True)
class Methods:
    """Rows that are all run on every task, with the same seeds and settings."""

    names: tuple[str, ...]

    def specs(
        self,
        *,
        preset: PresetName,
        profile: ProfileName,
        seeds: int | None,
        data: Mapping[str, tuple[DataKind, Labels]],
        settings: tuple[str, ...],
    ) -> list[RunSpec]:
        """Every seed x method x task, in this order: an interrupted grid is balanced, and the first
        method is on every task before the second one starts.

        `data` gives each task's kind of demonstrations and of reward labels.
        """
        count = PRESETS[preset].seeds if seeds is None else seeds
        return [
            RunSpec.of(preset, profile, env, method, seed, data[env], settings)
            for seed, method, env in product(range(count), dict.fromkeys(self.names), data)
        ]
