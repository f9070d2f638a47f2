"""What every figure's script does: check, plan, run, collect, draw."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from reproduce.grid import DataKind, Labels, RunSpec, enumerate_runs
from reproduce.installation import require_training
from reproduce.launching.clusters import Cluster, choose
from reproduce.options import Common, FigureOptions

if TYPE_CHECKING:  # what is imported only when something is run
    from reproduce.launching.cost import Cost
    from reproduce.launching.launcher import Launcher

Draw = Callable[[Path, Path], list[Path]]
Runs = Callable[..., list[RunSpec]]  # `enumerate_runs`, its `methods` given


def reproduce(
    experiment: str,
    options: FigureOptions,
    *,
    envs: Sequence[str],
    methods: Sequence[str],
    draw: Draw,
    runs: Runs | None = None,
) -> int:
    """Run `experiment` as `options` say: `runs`, or every task x method x seed. Returns the exit
    status: 0 complete, 1 some run failed, 2 bad input, 75 interrupted (the same continues it)."""
    from figures.table import ResultsError

    try:
        cluster, options = choose(options)
        if options.plot_only:
            return _draw(experiment, options.results, draw)
        require_training()
        print(f"cluster: {cluster.name} ({cluster.why})")
        _check_counts(options)
        wanted = validated(
            options,
            envs=options.envs or envs,
            methods=options.methods or methods,
            here=cluster.name != "slurm",
        )
        runs = runs or partial(enumerate_runs, methods=options.methods or methods)
        return _run(experiment, options, cluster, wanted, runs, draw)
    except (ValueError, ResultsError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; the same command continues", file=sys.stderr)
        return 75


def _check_counts(options: FigureOptions) -> None:
    for name in ("jobs", "seeds"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise ValueError(f"--{name} must be at least 1, got {value}")


def _draw(experiment: str, out: Path, draw: Draw) -> int:
    csv = out / f"{experiment}.csv"
    pictures = draw(csv, out / experiment)
    print("\nresults: " + str(csv))
    print("picture: " + "  ".join(map(str, pictures)))
    partial = out / f"{experiment}.partial.txt"
    if partial.exists():
        print(f"PARTIAL: {partial.read_text().partition(chr(10))[0]}, see {partial}")
    return 0


def validated(
    options: Common, *, envs: Sequence[str], methods: Sequence[str], here: bool = True
) -> list[str]:
    """The tasks, after checking tasks, methods and settings; ValueError names what is wrong.

    The device is looked for only if it is to be used `here`.
    """
    import torch

    from algorithms.registry import resolve
    from envs.tasks import task

    try:
        torch.empty(0, device=options.device if here else "cpu")
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"--device {options.device}: {reason}; use cpu") from None
    options.check_folders()
    for env in envs:
        for method in methods:
            domain = task(env).domain
            resolve(method, profile=options.profile, domain=domain)
            try:
                resolve(method, profile=options.profile, domain=domain, settings=options.settings)
            except ValueError as error:
                hint = "; --methods limits which are run" if len(methods) > 1 else ""
                raise ValueError(f"{method}: {error}{hint}") from None
    return list(dict.fromkeys(envs))


def resolve_data(options: Common, envs: Sequence[str]) -> dict[str, tuple[DataKind, Labels]]:
    """Task -> kind of demonstrations and of labels that the options come to on this machine.

    Only the larger presets use the network: quick is to work on a fresh machine as it is.
    """
    from reproduce.prior_data import demonstrations_for, kind_of

    found: dict[str, tuple[DataKind, Labels]] = {}
    for env in envs:
        kind = kind_of(env, options.data)
        if kind is not None:  # nothing to look for, and no other reading of the labels
            found[env] = (kind, "stored")
            continue
        provenance = demonstrations_for(
            env,
            data=options.data,
            labels=options.labels,
            profile=options.profile,
            data_dir=options.data_dir,
            cache=options.cache,
            download=options.preset != "quick",
        ).provenance
        if provenance.rewards != options.labels:
            print(f"{env}: {provenance.origin} has no stored binary labels; using recomputed ones")
        found[env] = (provenance.source, provenance.rewards)  # type: ignore[assignment]
    return found


def _run(
    experiment: str,
    options: FigureOptions,
    cluster: Cluster,
    envs: Sequence[str],
    runs: Runs,
    draw: Draw,
) -> int:
    from envs.trajectory import DataError
    from reproduce.assemble import identity_of
    from reproduce.collect import collect, recorded
    from reproduce.failures import mark_partial, report_failures
    from reproduce.launching import slurm_client
    from reproduce.launching.cost import confirm
    from reproduce.launching.launcher import Interrupted
    from reproduce.launching.slurm_client import SlurmError
    from reproduce.launching.slurm_queue import refresh
    from reproduce.plan import print_plan
    from reproduce.run import BAD_INPUT, INTERRUPTED
    from reproduce.run_folder import ConfigurationChanged, RunFolder

    out = options.results
    try:
        specs = runs(
            preset=options.preset,
            profile=options.profile,
            seeds=options.seeds,
            data=resolve_data(options, envs),
            settings=options.settings,
        )
        kept = recorded(experiment, specs, out)
        if kept:
            csv = out / f"{experiment}.csv"
            print(
                f"{len(kept)} of {len(specs)} runs are done already, in {csv} (--out starts afresh)"
            )
        specs = [spec for spec in specs if spec not in kept]
        for spec in specs:
            RunFolder(spec.folder(out)).check(identity_of(spec), options.engine)
        if (out / "launches").is_dir() and not slurm_client.absent():
            refresh(specs, out)
        jobs = {"slurm": None, "local": options.jobs or _cores(), "inline": 1}[cluster.name]
        seconds = print_plan(experiment, specs, out, jobs, options.device)
        launcher, cost = _launcher(cluster, specs, seconds, options, jobs)
        print(cost)
        if options.dry_run:
            return 0
        confirm(cost, yes=options.yes)
        if cluster.name != "slurm":
            _make_prior_data(specs, options)
        failed = launcher.run(lambda: collect(experiment, specs, out))
    except (DataError, ConfigurationChanged) as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    except SlurmError as error:
        print(f"error: SLURM: {error}", file=sys.stderr)
        return BAD_INPUT
    except Interrupted as error:
        collect(experiment, specs, out)
        mark_partial(experiment, specs, out)
        print(f"interrupted: {error}; the same command continues", file=sys.stderr)
        return INTERRUPTED
    _, missing = collect(experiment, specs, out)
    for run in missing:
        print(f"no row yet: {run}", file=sys.stderr)
    lacking = mark_partial(experiment, specs, out)
    if kept or len(missing) < len(specs):
        _draw(experiment, out, draw)
    report_failures(failed, launcher.reasons, out)
    if launcher.elsewhere:
        print(
            f"{len(launcher.elsewhere)} runs are queued, or being run by another process",
            file=sys.stderr,
        )
    return 1 if failed else INTERRUPTED if lacking else 0


def _launcher(
    cluster: Cluster,
    specs: Sequence[RunSpec],
    seconds: Mapping[RunSpec, float],
    options: FigureOptions,
    jobs: int | None,
) -> tuple[Launcher, Cost]:
    from reproduce.launching.cost import cost_here
    from reproduce.launching.inline import InlineLauncher
    from reproduce.launching.local import LocalLauncher

    if cluster.name == "slurm":
        from reproduce.launching.slurm import SlurmLauncher

        there = SlurmLauncher(specs, seconds, options)
        return there, there.cost()
    cost = cost_here(list(seconds.values()))
    if cluster.name == "inline":
        return InlineLauncher(specs, options), cost
    assert jobs is not None
    return LocalLauncher(specs, options, jobs), cost


def _cores() -> int:
    """Cores that this process may use (a container or a job may be given fewer than there are)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _make_prior_data(specs: Sequence[RunSpec], options: FigureOptions) -> None:
    """Once a task and kind of data, here, where it can be seen; the runs find it in the cache."""
    from reproduce.assemble import prior_data_of
    from reproduce.run_folder import RunFolder

    pending = [s for s in specs if RunFolder(s.folder(options.results)).state() != "done"]
    for spec in {(spec.env, spec.data): spec for spec in pending}.values():
        prior_data_of(spec, data_dir=options.data_dir, cache=options.cache)
