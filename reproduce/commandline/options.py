"""Command-line options that every script here shares."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Literal, get_type_hints

import platformdirs
import tyro

from reproduce.specs.kinds import DataChoice, Labels, PresetName, ProfileName
from reproduce.specs.place import Place
from reproduce.specs.presets import PRESETS

EngineChoice = Literal["auto", "eager", "compiled"]
Engine = Literal["eager", "compiled"]
ClusterChoice = Literal["auto", "slurm", "local", "inline"]
Tracker = Literal["none", "tensorboard"]

APP = "awac-reproduction"


@dataclass(frozen=True)
class FolderOptions:
    """Where the user's own files lie, and those that this project fetches or makes."""

    data_dir: Path | None = None
    """Folder with human demonstrations and expert policies (default: $AWAC_DATA_DIR, else the
    user's cache)."""
    cache_dir: Path | None = None
    """Where downloads and rollouts are kept (default: $AWAC_CACHE_DIR, else the user's cache)."""

    @property
    def named_data_dir(self) -> Path | None:
        """The data folder: `--data-dir`, else $AWAC_DATA_DIR; None if neither names one.

        It is that of `envs.data.sources`, which an installation without simulators cannot import.
        """
        named = os.environ.get("AWAC_DATA_DIR")
        return self.data_dir or (Path(named) if named else None)

    @property
    def cache(self) -> Path:
        """The cache folder: `--cache-dir`, $AWAC_CACHE_DIR, or the user's own.

        Raises:
            ValueError: none is named, and the system knows no home folder of the user.
        """
        if self.cache_dir is not None:
            return self.cache_dir
        named = os.environ.get("AWAC_CACHE_DIR")
        try:
            return Path(named or platformdirs.user_cache_dir(APP))
        except RuntimeError as error:  # no HOME, and no entry of the user in the system's list
            raise ValueError(f"--cache-dir must name a folder here ({error})") from None

    def check_folders(self) -> None:
        """Raise ValueError naming the flag of a folder that cannot be one."""
        named = self.named_data_dir
        if named is not None and not named.is_dir():
            raise ValueError(
                f"AWAC_DATA_DIR={named}: there is no such folder; correct or unset it"
                if self.data_dir is None
                else f"--data-dir {named}: there is no such folder"
            )
        _check_folder("--cache-dir", self.cache)


def _check_folder(flag: str, folder: Path | None) -> None:
    parts = [] if folder is None else [folder, *folder.parents]
    file = next((part for part in parts if part.is_file()), None)
    if file is not None:
        raise ValueError(f"{flag} {folder}: {file} is a file, a folder is needed")


@dataclass(frozen=True)
class Common(FolderOptions):
    """Options of a single run and of a whole figure alike."""

    preset: PresetName = "quick"
    """Size: quick (minutes), small (one small machine), long (small, and on the hand up to step
    120,000), paper (Table 1, a cluster)."""
    profile: ProfileName = "paper"
    """Hyperparameters: the paper's text, or what the authors' published scripts run."""
    data: DataChoice = "auto"
    """Source of the prior data. auto: on the hand human demonstrations, else the set shipped with
    the project (presets small and long: that set; their runs on human demonstrations go to
    results/small-human and results/long-human); in locomotion the project's own expert; in pushing
    random data. human: replayed in the simulator where the file says how each begins;
    human-recorded: as they were recorded.
    minari-...: D4RL's data sets of the hand from the local Minari store. own: your own episodes,
    <task>.npz or <task>.hdf5 in the data folder, see docs/data.md. none: learn from
    scratch."""
    download: bool = False
    """Let missing data be fetched: published demonstrations (every preset but quick does so),
    and Minari's data sets, which go into its local store."""
    labels: Labels = "relabelled"
    """Rewards of human pen demonstrations: recomputed from observations, or as stored."""
    set: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    """key=value for any hyperparameter, repeatable; see `run.py --list-settings`."""
    precision: Literal["float32", "bf16"] = "float32"
    """Of the matrix products; bf16 is faster where the processor has it, and less exact."""
    engine: EngineChoice = "auto"
    """Who carries updates out. eager: Python, operation by operation; compiled: the whole update as
    one graph (needs a C++ compiler on the CPU; a minute or two to compile, once a machine); auto:
    compiled where that has been measured to be faster and the run is long enough."""
    device: str = "cpu"
    """Where networks and replay buffer live: cpu, cuda, cuda:1, ..."""
    methods_from: Annotated[tuple[Path, ...], tyro.conf.UseAppendAction] = ()
    """Python file of your own that adds rows to METHODS or VARIANTS, repeatable; see
    docs/your-own-method.md."""
    track: Tracker = "none"
    """Write each row of a run also for a tracker, into the run's folder. tensorboard needs
    `pip install '.[track]'`."""
    out: Path | None = None
    """Results folder (default: results/<preset>, and results/<preset>-human for the human
    demonstrations of presets small and long)."""

    @property
    def results(self) -> Path:
        """The results folder: `--out`, or the preset's default."""
        if self.out is not None:
            return self.out
        other = PRESETS[self.preset].hand_data is not None and self.data.startswith("human")
        return Path("results") / (f"{self.preset}-human" if other else self.preset)

    @property
    def settings(self) -> tuple[str, ...]:
        """`--set` in the user's order, then the flags that stand for one of its keys."""
        flags = ("precision=bfloat16",) if self.precision == "bf16" else ()
        return tuple(dict.fromkeys((*self.set, *flags)))

    @property
    def place(self) -> Place:
        """Where runs find their data, keep what they make, and compute."""
        return Place(self.cache, self.data_dir, self.device)

    def check_folders(self) -> None:
        """Raise ValueError naming the flag of a folder that cannot be one."""
        super().check_folders()
        _check_folder("--out", self.out)
        code = Path(__file__).resolve().parents[1]
        if self.results.resolve().is_relative_to(code):
            raise ValueError(
                f"results would go to {self.results.resolve()}, into the code; call the script "
                f"from {code.parent}, or give --out another folder"
            )


def flags_given(options: FolderOptions | SlurmOptions, names: Iterable[str]) -> list[str]:
    """Flags of ``names`` that differ from their defaults, as they are typed.

    Names that the options do not have are passed over.
    """
    defaults = {field.name: field.default for field in fields(options)}
    return [
        "--" + name.replace("_", "-")
        for name in names
        if name in defaults and getattr(options, name) != defaults[name]
    ]


def as_typed(options: Common) -> list[str]:
    """The arguments that give these options, those that have their defaults left out."""
    words: list[str] = []
    hints = get_type_hints(type(options), include_extras=True)
    for field in fields(options):
        value, flag = getattr(options, field.name), field.name.replace("_", "-")
        if value == field.default:
            continue
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        elif not isinstance(value, tuple):
            words.append(f"--{flag}={value}")
        elif tyro.conf.UseAppendAction in getattr(hints[field.name], "__metadata__", ()):
            words += [f"--{flag}={item}" for item in value]
        else:
            words += [f"--{flag}", *map(str, value)]
    return words


def check_checkpoint_interval(seconds: float) -> None:
    """Raise ValueError unless checkpoints can be that far apart; infinity: none but the last."""
    if not seconds >= 0:
        raise ValueError(f"--checkpoint-every-s {seconds:g}: must be 0 or more seconds")


@dataclass(frozen=True)
class SlurmOptions:
    """What only a SLURM cluster understands; everywhere else it is refused."""

    partition: str | None = None
    """SLURM: partition (default: the cluster's)."""
    account: str | None = None
    """SLURM: account that is charged."""
    qos: str | None = None
    """SLURM: quality of service."""
    time: str | None = None
    """SLURM: time limit of a job, minutes or [days-]hours:minutes:seconds (default: twice what its
    runs should take and 15 minutes, at most a day). A job that reaches it is queued again and goes
    on."""
    mem: str | None = None
    """SLURM: memory of a job, e.g. 16G (default: 3G for each run at a time)."""
    gpus: int = 0
    """SLURM: GPUs of a job; with --device cuda."""
    runs_per_gpu: int = 1
    """SLURM: runs that share a GPU."""
    cpus: int | None = None
    """SLURM: cores of a job, each for one run at a time (default: one a run)."""
    runs_per_job: int | None = None
    """SLURM: runs of a job (default: one; short ones so many that a job lasts half an hour; where
    jobs get whole nodes, one a core)."""
    array_parallelism: int | None = None
    """SLURM: jobs of the grid at a time (default: as many as the cluster gives)."""
    exclude: str | None = None
    """SLURM: nodes to avoid."""
    slurm: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    """SLURM: key=value for any other parameter of submitit's, repeatable, e.g. constraint=zen4."""

    @property
    def given(self) -> list[str]:
        """Flags that differ from their defaults, as they are typed."""
        return flags_given(self, [field.name for field in fields(SlurmOptions)])


@dataclass(frozen=True)
class FigureOptions(Common, SlurmOptions):
    """Options of a figure's script."""

    preset: PresetName | None = None  # type: ignore[assignment]
    """Size: quick (minutes), small (one small machine), long (small, and on the hand up to step
    120,000), paper (Table 1, a cluster). Default: paper on SLURM, else quick."""
    envs: tuple[str, ...] = ()
    """Tasks (default: all of the figure)."""
    methods: tuple[str, ...] = ()
    """Methods (default: all of the figure)."""
    seeds: int | None = None
    """How many seeds, 0 ... N-1 (default: the preset's)."""
    cluster: ClusterChoice = "auto"
    """Where runs happen. slurm: as jobs; local: as processes here; inline: in this process, one
    after another; auto: slurm if its commands and a controller that answers are here."""
    jobs: int | None = None
    """Local: runs at a time, one core each (default: all cores)."""
    checkpoint_every_s: float = 60.0
    """Seconds between a run's checkpoints; does not change the result."""
    yes: bool = False
    """Start without asking, whatever it costs."""
    dry_run: bool = False
    """Print the plan and stop."""
    plot_only: bool = False
    """Draw from the CSV that is there; train nothing. With --envs or --methods a figure draws these
    alone, into <figure>.selected.png."""
    compare: Annotated[tuple[Path, ...], tyro.conf.UseAppendAction] = ()
    """CSV of other methods (columns env, method, seed, env_step, and success or return), drawn
    beside ours into <figure>.compared.png, repeatable; see docs/your-own-method.md."""


@dataclass(frozen=True)
class RunOptions(Common):
    """Options of one run."""

    env: str = "pen-binary-v0"
    """Task."""
    method: str = "AWAC"
    """Method; `--list` shows them all."""
    seed: int = 0
    """Seed of networks, exploration and training episodes."""
    checkpoint_every_s: float = 60.0
    """Seconds between checkpoints; does not change the result."""
    list: bool = False
    """Print every method with its components, and stop."""
    list_settings: bool = False
    """Print every key that --set takes for this method, with its value, and stop."""
    show: bool = False
    """Print the method as it runs, each value with where it comes from, and stop."""
    dry_run: bool = False
    """Print the plan and stop."""


@dataclass(frozen=True)
class AblationOptions(FigureOptions):
    """Options of a figure's script, and what is varied."""

    envs: tuple[str, ...] = ()
    """Tasks (default: pen-binary-v0 and HalfCheetah-v2)."""
    methods: tuple[str, ...] = ()
    """Variants of the reference (default: those that --vary names)."""
    reference: str = "AWAC"
    """The row that is varied: a method, or one of its variants (then only swept)."""
    vary: str = "all"
    """Which components are exchanged, with commas: critic, clamp, objective, normalisation,
    weights, value, actions, behavior, constraint, data, rewards, ...; all; none. --methods names
    single variants instead."""
    sweep: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    """key=value,value,... for the reference, repeatable; none (default: lam=0.1,0.3,0.5,1,2 if it
    has a lambda, in units of the task's rewards)."""
