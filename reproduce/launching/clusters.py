"""Choose where runs happen, check the options against it, and say why it was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from reproduce.commandline.options import FigureOptions
from reproduce.launching import slurm_client

Name = Literal["slurm", "local", "inline"]
Options = TypeVar("Options", bound=FigureOptions)

# Parameters of submitit that another flag decides; the launcher decides those in `_OURS`.
_BY_FLAG = {
    "partition": "--partition",
    "account": "--account",
    "qos": "--qos",
    "time": "--time",
    "mem": "--mem",
    "mem_per_cpu": "--mem",
    "mem_per_gpu": "--mem",
    "exclude": "--exclude",
    "gpus_per_node": "--gpus",
    "gpus_per_task": "--gpus",
    "num_gpus": "--gpus",
    "cpus_per_task": "--cpus",
    "cpus_per_gpu": "--cpus",
    "array_parallelism": "--array-parallelism",
}
_OURS = (
    "job_name",
    "nodes",
    "ntasks_per_node",
    "setup",
    "teardown",
    "stderr_to_stdout",
    "additional_parameters",
    "srun_args",
    "use_srun",
)


@dataclass(frozen=True)
class Cluster:
    """A place for runs, and why it was chosen."""

    name: Name
    why: str


def choose(options: Options) -> tuple[Cluster, Options]:
    """Choose the cluster for these options here, and give the options the preset that fits it.

    Raises:
        ValueError: SLURM is asked for but absent, or an option means nothing on the cluster.
    """
    cluster = _find(options)
    _check(cluster, options)
    preset = options.preset or ("paper" if cluster.name == "slurm" else "quick")
    return cluster, replace(options, preset=preset)


def _find(options: FigureOptions) -> Cluster:
    if options.cluster in ("local", "inline"):
        return Cluster(options.cluster, "as asked")
    absent = slurm_client.absent()
    if not absent:
        asked = options.cluster == "slurm"
        return Cluster("slurm", "as asked" if asked else "its commands and its controller are here")
    if options.cluster == "slurm":
        raise ValueError(f"--cluster slurm: {absent}")
    return Cluster("local", f"no SLURM here: {absent}")


def _check(cluster: Cluster, options: FigureOptions) -> None:
    if cluster.name != "slurm" and options.given:
        raise ValueError(
            f"{', '.join(options.given)}: only on SLURM, and this is --cluster {cluster.name} "
            f"({cluster.why})"
        )
    if cluster.name != "local" and options.jobs is not None:
        instead = "; --array-parallelism limits jobs at a time" if cluster.name == "slurm" else ""
        raise ValueError(f"--jobs: only on --cluster local, and this is {cluster.name}{instead}")
    for name in ("cpus", "runs_per_job", "array_parallelism", "runs_per_gpu"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise ValueError(f"--{name.replace('_', '-')} must be at least 1, got {value}")
    if cluster.name == "slurm":
        on_gpu = options.device.startswith("cuda")
        if options.gpus < 0 or (options.gpus > 0) != on_gpu:
            raise ValueError(
                f"--gpus {options.gpus} with --device {options.device}: on SLURM a GPU needs "
                "--device cuda and --gpus 1 or more"
            )
        if options.device not in ("cpu", "cuda"):
            raise ValueError(
                f"--device {options.device}: on SLURM give cpu or cuda; "
                "each job assigns its GPUs itself"
            )
        if options.runs_per_gpu != 1 and not on_gpu:
            raise ValueError("--runs-per-gpu goes with --gpus")
        if options.time is not None:
            slurm_client.minutes_of(options.time)
        further(options.slurm)


def further(settings: Sequence[str]) -> dict[str, Any]:
    """Turn `--slurm key=value` into parameters of submitit's executor.

    Raises ValueError for a key that the executor does not have, or that another flag decides.
    """
    if not settings:
        return {}
    from submitit.slurm.slurm import SlurmExecutor

    from algorithms.catalogue.settings import did_you_mean

    valid = {*SlurmExecutor._valid_parameters(), "signal_delay_s"} - {*_BY_FLAG, *_OURS}
    found: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        key = key.replace("-", "_")
        if not equals:
            raise ValueError(f"--slurm {setting}: expected key=value")
        if key in _BY_FLAG:
            raise ValueError(f"--slurm {key}: use {_BY_FLAG[key]}")
        if key not in valid:
            hint = did_you_mean(key, valid, cutoff=0.6)
            known = ", ".join(sorted(valid))
            raise ValueError(f"--slurm {key}: not one of {known}{'; ' * bool(hint)}{hint}")
        if key == "signal_delay_s":
            if not value.isdecimal():
                raise ValueError(f"--slurm {setting}: expected seconds")
            found[key] = int(value)
        else:
            found[key] = {"true": True, "false": False}.get(value.lower(), value)
    return found
