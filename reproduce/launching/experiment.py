"""What every figure's script does: check, plan, run, collect, draw."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from figures.experiments import ABLATIONS, Experiment
from figures.results.partial import partial_of
from figures.selection import EVERYTHING, Selection
from reproduce.checking.reader import checked
from reproduce.commandline.installation import require_training
from reproduce.commandline.options import FigureOptions, check_checkpoint_interval
from reproduce.commandline.script import BAD_INPUT, INTERRUPTED, Main, command
from reproduce.launching.clusters import Cluster, choose
from reproduce.launching.drawable import (
    refuse_options_of_runs,
    refuse_uncomparable,
    refuse_undrawable,
    refuse_unselectable,
    refuse_unwritable,
)
from reproduce.launching.grids import Grids
from reproduce.launching.redrawn import Redrawn
from reproduce.runs.option_checks import prepare, resolve_data, validated
from reproduce.specs.grid import RunSpec, enumerate_runs

if TYPE_CHECKING:
    from reproduce.launching.cost import Cost
    from reproduce.launching.launcher import Launcher


Draw = Callable[..., list[Path]]
"""Takes the CSV and the pictures' stem, for figures also `compare` and `only`."""
Runs = Callable[..., list[RunSpec]]  # `enumerate_runs` with its `methods` already given


def reproduce(
    experiment: str,
    options: FigureOptions,
    *,
    envs: Sequence[str],
    methods: Sequence[str],
    draw: Draw,
    runs: Runs | None = None,
) -> int:
    """Run `experiment` as `options` say: the runs of `runs`, or every task x method x seed.

    Returns the exit status: 0 complete, 1 some run failed, 2 bad input, 75 interrupted. The same
    command continues what was interrupted.
    """
    from figures.results.table import ResultsError

    try:
        cluster, options = choose(options)
        refuse_uncomparable(experiment, options.compare)
        if options.plot_only:
            refuse_options_of_runs(options)
            only = Selection(options.envs, options.methods)
            refuse_unselectable(experiment, only)
            return _draw(experiment, options.results, draw, options.compare, only)
        require_training()
        prepare(options)
        print(f"cluster: {cluster.name} ({cluster.why})")
        check_counts(options)
        wanted = validated(
            options,
            envs=options.envs or envs,
            methods=options.methods or methods,
            here=cluster.name != "slurm",
        )
        refuse_undrawable(experiment, wanted)
        refuse_unwritable(options.results)
        runs = runs or partial(enumerate_runs, methods=options.methods or methods)
        return _run(experiment, options, cluster, wanted, runs, draw)
    except (ValueError, ResultsError) as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT


def figure_script(experiment: Experiment, description: str | None) -> Main:
    """The `main(arguments) -> status` of a figure's script."""

    def draw(
        csv: Path,
        out_stem: Path,
        compare: Sequence[Path] = (),
        only: Selection = EVERYTHING,
    ) -> list[Path]:
        from figures.paper_figure import make  # imports Matplotlib, which only drawing needs

        return make(experiment, csv, out_stem, compare, only)

    @command(FigureOptions, description)
    def main(options: FigureOptions) -> int:
        return reproduce(
            experiment.name,
            options,
            envs=experiment.tasks,
            methods=experiment.methods,
            draw=draw,
        )

    return main


def check_counts(options: FigureOptions) -> None:
    """Raise ValueError naming the flag of a number that is too small."""
    for name in ("jobs", "seeds"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise ValueError(f"--{name} must be at least 1, got {value}")
    check_checkpoint_interval(options.checkpoint_every_s)


def _draw(
    experiment: str,
    out: Path,
    draw: Draw,
    compare: Sequence[Path] = (),
    only: Selection = EVERYTHING,
) -> int:
    """Draw an experiment's pictures. Files to compare give other pictures beside them, and so does
    a selection: the experiment's own picture always shows all that there is."""
    csv = out / f"{experiment}.csv"
    checked(csv, manifest_needed=False)
    stem = out / (experiment + ".selected" * bool(only) + ".compared" * bool(compare))
    beside: dict[str, object] = {}
    if compare:
        beside["compare"] = compare
    if only:
        beside["only"] = only
    pictures = draw(csv, stem, **beside)
    print("\nresults: " + str(csv))
    print("picture: " + "  ".join(map(str, pictures)))
    if experiment == ABLATIONS:
        from figures.ablation_table import effect_lines  # imports Matplotlib

        print(*effect_lines(csv), sep="\n")
    lacking = partial_of(csv)
    if lacking.exists():
        print(f"PARTIAL: runs are not done, see {lacking}")
    return 0


def _redraw(experiment: str, out: Path, draw: Draw) -> list[Path]:
    """Draw the rows of now, while runs go on; no picture before the first rows."""
    csv = out / f"{experiment}.csv"
    return draw(csv, out / experiment) if csv.exists() else []


def _run(
    experiment: str,
    options: FigureOptions,
    cluster: Cluster,
    envs: Sequence[str],
    runs: Runs,
    draw: Draw,
) -> int:
    specs = runs(
        preset=options.preset,
        profile=options.profile,
        seeds=options.seeds,
        data=resolve_data(options, envs),
        settings=options.settings,
    )
    return run_grids({experiment: specs}, options, cluster, {experiment: draw})


def run_grids(
    grids: Mapping[str, Sequence[RunSpec]],
    options: FigureOptions,
    cluster: Cluster,
    draws: Mapping[str, Draw],
    *,
    after: Callable[[], object] = lambda: None,
) -> int:
    """Bring the runs of one or more experiments to their end, collect and draw them.

    A run that several experiments ask for is made once. Runs are started in the order of `grids`.

    Args:
        grids: the runs of every experiment, by its name; all go to one results folder.
        options: of the launch; their `preset` is set.
        cluster: where they run.
        draws: by an experiment's name, what draws its pictures; without an entry it has none.
        after: called whenever the tables have been brought up to date.

    Returns the exit status, as `reproduce` does.
    """
    from envs.trajectory import DataError
    from reproduce.launching.launcher import Interrupted
    from reproduce.launching.slurm_client import SlurmError
    from reproduce.runs.collect import refuse_other_preset
    from reproduce.runs.folder import ConfigurationChanged

    out, jobs = options.results, jobs_of(cluster, options)
    asked = Grids(out, {}, {}, 0)
    try:
        assert options.preset is not None  # `choose` has decided it
        refuse_other_preset(out, options.preset)
        asked = Grids.of(grids, out)
        asked.check(options.engine)
        launcher = _planned(asked, options, cluster, jobs)
        if launcher is None:
            return 0
        asked.adopt()
        if cluster.name != "slurm":
            _make_prior_data(asked.every, options, jobs or 1)
        pictures = Redrawn({each: partial(_redraw, each, out, draws[each]) for each in draws})

        def finished() -> None:
            asked.collect()
            after()
            pictures.refresh()

        failed = launcher.run(finished)
    except (DataError, ConfigurationChanged) as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    except SlurmError as error:
        print(f"error: SLURM: {error}", file=sys.stderr)
        return BAD_INPUT
    except Interrupted as error:
        asked.collect()
        after()
        asked.mark_partial()
        print(f"interrupted: {error}; the same command continues", file=sys.stderr)
        return INTERRUPTED
    missing = asked.collect()
    after()
    return _closed(grids, asked, options, draws, launcher, jobs, failed, missing)


def _planned(
    asked: Grids, options: FigureOptions, cluster: Cluster, jobs: int | None
) -> Launcher | None:
    """Print the plan and ask for the cost; None if it was to be printed alone."""
    from reproduce.launching import slurm_client
    from reproduce.launching.cost import confirm
    from reproduce.launching.slurm_queue import refresh
    from reproduce.runs.plan import print_plan

    every, out = asked.every, asked.out
    if (out / "launches").is_dir() and not slurm_client.absent():
        refresh(every, out)
    name = ", ".join(asked.left)
    seconds = print_plan(name, every, out, jobs, options.place, options.engine)
    launcher, cost = _launcher(cluster, every, seconds, options, jobs)
    print(cost)
    if options.dry_run:
        return None
    confirm(cost, yes=options.yes)
    return launcher


def _closed(
    grids: Mapping[str, Sequence[RunSpec]],
    asked: Grids,
    options: FigureOptions,
    draws: Mapping[str, Draw],
    launcher: Launcher,
    jobs: int | None,
    failed: Sequence[RunSpec],
    missing: Sequence[str],
) -> int:
    """Draw what there is, say what is missing, and return the exit status."""
    from reproduce.launching.closing import closing
    from reproduce.launching.failures import report_failures
    from reproduce.runs.folder import RunFolder

    out = asked.out
    for run in missing:
        print(f"no row yet: {run}", file=sys.stderr)
    lacking = asked.mark_partial()
    for experiment, draw in draws.items():
        if (out / f"{experiment}.csv").exists() and (asked.kept or len(missing) < len(asked.every)):
            _draw(experiment, out, draw)
            if options.compare:
                _draw(experiment, out, draw, options.compare)
    if options.preset == "quick":
        for experiment, specs in grids.items():
            for line in closing(experiment, out / f"{experiment}.csv", specs, jobs, options):
                print(line)
    report_failures(failed, launcher.reasons, out)
    elsewhere = [s for s in launcher.elsewhere if RunFolder(s.folder(out)).state() != "done"]
    if elsewhere:
        print(
            f"{len(elsewhere)} runs are queued, or being run by another process",
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


def jobs_of(cluster: Cluster, options: FigureOptions) -> int | None:
    """How many runs are made at a time; None if the cluster decides that."""
    return {"slurm": None, "local": options.jobs or _cores(), "inline": 1}[cluster.name]


def _cores() -> int:
    """Cores that this process may use. A container or a job may have fewer than the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _make_prior_data(specs: Sequence[RunSpec], options: FigureOptions, jobs: int) -> None:
    """Make the prior data once for each task and kind of data. The runs find it in the cache.

    It is made here, where the user sees messages. Data of files that the project ships cannot fail.
    If several runs are made at a time, the first run of each task makes such data, in parallel with
    the other tasks.
    """
    from envs.tasks import task
    from reproduce.runs.assemble import prior_data_of
    from reproduce.runs.folder import RunFolder
    from reproduce.runs.resolved import resolved

    pending = [s for s in specs if RunFolder(s.folder(options.results)).state() != "done"]
    for spec in {(spec.env, spec.data): spec for spec in pending}.values():
        of_shipped_files = spec.data in ("embedded", "random", "none") or (
            spec.data == "expert" and task(spec.env).domain == "locomotion"
        )
        if jobs == 1 or not of_shipped_files:
            prior_data_of(resolved(spec), options.place)
