"""What every figure's script does: check, plan, run, collect, draw."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from reproduce.grid import DataKind, RunSpec, enumerate_runs
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

    out = options.results
    try:
        if options.plot_only:
            return _draw(experiment, out, draw)
        wanted = validated(options, envs=options.envs or envs, methods=options.methods or methods)
        return _run(experiment, options, wanted, options.methods or methods, draw)
    except (ValueError, ResultsError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _draw(experiment: str, out: Path, draw: Draw) -> int:
    csv = out / f"{experiment}.csv"
    pictures = draw(csv, out / experiment)
    print("\nresults: " + str(csv))
    print("picture: " + "  ".join(map(str, pictures)))
    return 0


def validated(options: Common, *, envs: Sequence[str], methods: Sequence[str]) -> list[str]:
    """The tasks, after checking tasks, methods and settings; ValueError names what is wrong."""
    from algorithms.registry import resolve
    from envs.tasks import task

    for env in envs:
        for method in methods:
            domain = task(env).domain
            resolve(method, profile=options.profile, domain=domain)
            try:
                resolve(method, profile=options.profile, domain=domain, settings=options.settings)
            except ValueError as error:
                raise ValueError(f"{method}: {error}; --methods limits which are run") from None
    return list(envs)


def resolve_data(options: Common, envs: Sequence[str]) -> dict[str, DataKind]:
    """Task -> kind of demonstrations that `--data` comes to on this machine.

    Only the larger presets use the network: quick is to work on a fresh machine as it is.
    """
    from reproduce.prior_data import demonstrations_for

    return {
        env: demonstrations_for(
            env,
            data=options.data,
            labels=options.labels,
            profile=options.profile,
            data_dir=options.data_dir,
            download=options.preset != "quick",
        ).provenance.source  # type: ignore[misc]
        for env in envs
    }


def _run(
    experiment: str, options: FigureOptions, envs: Sequence[str], methods: Sequence[str], draw: Draw
) -> int:
    from envs.trajectory import DataError
    from reproduce.collect import collect, recorded
    from reproduce.launch import Interrupted, Launcher
    from reproduce.plan import print_plan
    from reproduce.run import INTERRUPTED

    try:
        specs = enumerate_runs(
            preset=options.preset,
            profile=options.profile,
            methods=methods,
            seeds=options.seeds,
            data=resolve_data(options, envs),
            labels=options.labels,
            settings=options.settings,
        )
        kept = recorded(experiment, specs, options.results)
        if kept:
            csv = options.results / f"{experiment}.csv"
            print(
                f"{len(kept)} of {len(specs)} runs are done already, in {csv} (--out starts afresh)"
            )
        specs = [spec for spec in specs if spec not in kept]
        jobs = options.jobs or os.cpu_count() or 1
        print_plan(experiment, specs, options.results, jobs, options.device)
        if options.dry_run:
            return 0
        _make_prior_data(specs, options)
        launcher = Launcher(specs, options, jobs)
        failed = launcher.run(lambda: collect(experiment, specs, options.results))
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
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
    return 1 if failed else 0


def _make_prior_data(specs: Sequence[RunSpec], options: FigureOptions) -> None:
    """Once a task, here, where its progress can be seen; the runs then find it in the cache."""
    from reproduce.assemble import prior_data_of
    from reproduce.run_folder import RunFolder

    pending = [s for s in specs if RunFolder(s.folder(options.results)).state() != "done"]
    for spec in {spec.env: spec for spec in pending}.values():
        prior_data_of(spec, data_dir=options.data_dir, cache=options.cache)


def _report_failures(failed: Sequence[RunSpec], out: Path) -> None:
    from reproduce.run_folder import RunFolder

    for spec in failed:
        folder = RunFolder(spec.folder(out))
        print(f"\nFAILED {spec}, in {folder.path}:\n{folder.failure()}", file=sys.stderr)
