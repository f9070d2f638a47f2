"""What every figure's script does: check, plan, run, collect, draw."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from reproduce.grid import DataKind, Labels, RunSpec, enumerate_runs
from reproduce.options import Common, FigureOptions

Draw = Callable[[Path, Path], list[Path]]


def reproduce(
    experiment: str,
    options: FigureOptions,
    *,
    envs: Sequence[str],
    methods: Sequence[str],
    draw: Draw,
) -> int:
    """Run `experiment` as `options` say. Returns the exit status: 0 complete, 1 some run failed,
    2 bad input, 75 interrupted (the same command continues)."""
    from figures.table import ResultsError

    try:
        if options.plot_only:
            return _draw(experiment, options.results, draw)
        _check_counts(options)
        wanted = validated(options, envs=options.envs or envs, methods=options.methods or methods)
        return _run(experiment, options, wanted, options.methods or methods, draw)
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
    return 0


def validated(options: Common, *, envs: Sequence[str], methods: Sequence[str]) -> list[str]:
    """The tasks, after checking tasks, methods and settings; ValueError names what is wrong."""
    import torch

    from algorithms.registry import resolve
    from envs.tasks import task

    try:
        torch.empty(0, device=options.device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"--device {options.device}: {reason}; use cpu") from None
    if options.data_dir is not None and not options.data_dir.is_dir():
        raise ValueError(f"--data-dir {options.data_dir}: there is no such folder")
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
    experiment: str, options: FigureOptions, envs: Sequence[str], methods: Sequence[str], draw: Draw
) -> int:
    from envs.trajectory import DataError
    from reproduce.assemble import identity_of
    from reproduce.collect import collect, recorded
    from reproduce.launch import Interrupted, Launcher
    from reproduce.plan import print_plan
    from reproduce.run import BAD_INPUT, INTERRUPTED
    from reproduce.run_folder import ConfigurationChanged, RunFolder

    try:
        specs = enumerate_runs(
            preset=options.preset,
            profile=options.profile,
            methods=methods,
            seeds=options.seeds,
            data=resolve_data(options, envs),
            settings=options.settings,
        )
        kept = recorded(experiment, specs, options.results)
        if kept:
            csv = options.results / f"{experiment}.csv"
            print(
                f"{len(kept)} of {len(specs)} runs are done already, in {csv} (--out starts afresh)"
            )
        specs = [spec for spec in specs if spec not in kept]
        for spec in specs:
            RunFolder(spec.folder(options.results)).check(identity_of(spec))
        jobs = options.jobs or _cores()
        print_plan(experiment, specs, options.results, jobs, options.device)
        if options.dry_run:
            return 0
        _make_prior_data(specs, options)
        launcher = Launcher(specs, options, jobs)
        failed = launcher.run(lambda: collect(experiment, specs, options.results))
    except (DataError, ConfigurationChanged) as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    except Interrupted as error:
        collect(experiment, specs, options.results)
        print(f"interrupted: {error}; the same command continues", file=sys.stderr)
        return INTERRUPTED
    _, missing = collect(experiment, specs, options.results)
    for run in missing:
        print(f"no row yet: {run}", file=sys.stderr)
    _report_failures(failed, options.results)
    if kept or len(missing) < len(specs):
        _draw(experiment, options.results, draw)
    if launcher.elsewhere:
        print(f"{len(launcher.elsewhere)} runs are being run by another process", file=sys.stderr)
    return 1 if failed else INTERRUPTED if launcher.elsewhere else 0


def _cores() -> int:
    """Cores that this process may use (a container or a job may be given fewer than there are)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _make_prior_data(specs: Sequence[RunSpec], options: FigureOptions) -> None:
    """Once a task, here, where its progress can be seen; the runs then find it in the cache."""
    from reproduce.assemble import prior_data_of
    from reproduce.run_folder import RunFolder

    pending = [s for s in specs if RunFolder(s.folder(options.results)).state() != "done"]
    for spec in {spec.env: spec for spec in pending}.values():
        prior_data_of(spec, data_dir=options.data_dir, cache=options.cache)


def _report_failures(failed: Sequence[RunSpec], out: Path) -> None:
    from reproduce.launch import tail
    from reproduce.run_folder import RunFolder

    for spec in failed:
        folder = RunFolder(spec.folder(out))
        reason = folder.failure() or tail(folder.path)
        print(f"\nFAILED {spec}, in {folder.path}:\n{reason}", file=sys.stderr)
