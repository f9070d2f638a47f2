"""Command-line options that every script here shares."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
import tyro

from reproduce.grid import Labels, PresetName, ProfileName

DataChoice = Literal["auto", "human", "expert", "embedded", "random", "none"]
APP = "awac-reproduction"


@dataclass(frozen=True)
class Common:
    """Options of a single run and of a whole figure alike."""

    preset: PresetName = "quick"
    """Size: quick (minutes), small (one small machine), paper (Table 1, a cluster)."""
    profile: ProfileName = "paper"
    """Hyperparameters: the paper's text, or what the authors' published scripts run."""
    data: DataChoice = "auto"
    """Source of the prior data. auto: on the hand human demonstrations, else the set shipped with
    the project; in locomotion the project's own expert; in pushing random data. none: learn from
    scratch."""
    labels: Labels = "relabelled"
    """Rewards of human pen demonstrations: recomputed from observations, or as stored."""
    data_dir: Path | None = None
    """Folder with human demonstrations and expert policies (default: $AWAC_DATA_DIR, else the
    user's cache)."""
    cache_dir: Path | None = None
    """Where rollouts are cached (default: $AWAC_CACHE_DIR, else the user's cache)."""
    set: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    """key=value for any hyperparameter, repeatable; see `run.py --list-settings`."""
    precision: Literal["float32", "bf16"] = "float32"
    """Of the matrix products; bf16 is faster where the processor has it, and less exact."""
    compile: bool = False
    """Run the networks through torch.compile (needs a C++ compiler on the CPU)."""
    device: str = "cpu"
    """Where networks and replay buffer live: cpu, cuda, cuda:1, ..."""
    out: Path | None = None
    """Results folder (default: results/<preset>)."""

    @property
    def results(self) -> Path:
        return self.out if self.out is not None else Path("results") / self.preset

    @property
    def settings(self) -> tuple[str, ...]:
        """`--set` in the user's order, then the flags that stand for one of its keys."""
        flags = {"precision=bfloat16": self.precision == "bf16", "compile=True": self.compile}
        chosen = (key for key, given in flags.items() if given)
        return tuple(dict.fromkeys((*self.set, *chosen)))

    @property
    def cache(self) -> Path:
        if self.cache_dir is not None:
            return self.cache_dir
        return Path(os.environ.get("AWAC_CACHE_DIR") or platformdirs.user_cache_dir(APP))


@dataclass(frozen=True)
class FigureOptions(Common):
    """Options of a figure's script."""

    envs: tuple[str, ...] = ()
    """Tasks (default: all of the figure)."""
    methods: tuple[str, ...] = ()
    """Methods (default: all of the figure)."""
    seeds: int | None = None
    """How many seeds, 0 ... N-1 (default: the preset's)."""
    jobs: int | None = None
    """Runs at a time, one core each (default: all cores)."""
    dry_run: bool = False
    """Print the plan and stop."""
    plot_only: bool = False
    """Draw from the CSV that is there; train nothing."""
