"""What every figure's script does: check, plan, run, collect, draw."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from figures.experiments import Experiment
from figures.selection import Selection
from reproduce.commandline.installation import require_training
from reproduce.commandline.options import FigureOptions, check_checkpoint_interval
from reproduce.commandline.script import INTERRUPTED, Main, command
from reproduce.launching.clusters import Cluster, Options, choose
from reproduce.launching.drawable import (
    refuse_options_of_runs,
    refuse_uncomparable,
    refuse_undrawable,
    refuse_unselectable,
    refuse_unwritable,
)
from reproduce.launching.grids import Grids
from reproduce.launching.pictures import drawn_so_far, show
from reproduce.launching.redrawn import Redrawn
from reproduce.runs.option_checks import prepare, resolve_data, validated
from reproduce.specs.grid import Methods, RunSpec

if TYPE_CHECKING:
    from pathlib import Path

    from reproduce.launching.cost import Cost
    from reproduce.launching.launcher import Launcher
    from reproduce.runs.ablation_rows import Ablation


def figure_script(experiment: Experiment, description: str | None) -> Main:
    """The `main(arguments) -> status` of a figure's script."""

    @command(FigureOptions, description)
    def main(options: FigureOptions) -> int:
        return reproduce(
            experiment.name,
            options,
            envs=experiment.tasks,
            rows=lambda chosen, _: Methods(chosen.methods or experiment.methods),
        )

    return main


def reproduce(
    experiment: str,
    options: Options,
    *,
    envs: Sequence[str],
    rows: Callable[[Options, Sequence[str]], Methods | Ablation],
) -> int:
    """Run `experiment` as `options` say, collect and draw it; with `--plot-only` draw it alone.

    Args:
        experiment: its name, as its files have it.
        options: of the command line.
        envs: its tasks, unless the options name others.
        rows: what is run on each task, by the options and the tasks.

    Returns the exit status: 0 complete, 1 some run failed, 75 interrupted. The same command
    continues what was interrupted.

    Raises ValueError, or an error of this project's own, for bad input; `command` makes a line of
    it.
    """
    cluster, options = choose(options)
    refuse_uncomparable(experiment, options.compare)
    if options.plot_only:
        refuse_options_of_runs(options)
        only = Selection(options.envs, options.methods)
        refuse_unselectable(experiment, only)
        show(experiment, options.results, options.compare, only)
        return 0
    require_training()
    prepare(options)
    print(f"cluster: {cluster.name} ({cluster.why})")
    check_counts(options)
    chosen = rows(options, options.envs or envs)
    wanted = validated(
        options,
        envs=options.envs or envs,
        methods=chosen.names,
        here=cluster.name != "slurm",
    )
    refuse_undrawable(experiment, wanted)
    refuse_unwritable(options.results)
    assert options.preset is not None  # `choose` has decided it
    specs = chosen.specs(
        preset=options.preset,
        profile=options.profile,
        seeds=options.seeds,
        data=resolve_data(options, wanted),
        settings=options.settings,
    )
    return run_grids({experiment: specs}, options, cluster)


def check_counts(options: FigureOptions) -> None:
    """Raise ValueError naming the flag of a number that is too small."""
    for name in ("jobs", "seeds"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise ValueError(f"--{name} must be at least 1, got {value}")
    check_checkpoint_interval(options.checkpoint_every_s)


def run_grids(
    grids: Mapping[str, Sequence[RunSpec]],
    options: FigureOptions,
    cluster: Cluster,
    *,
    after: Callable[[], object] = lambda: None,
) -> int:
    """Bring the runs of one or more experiments to their end, collect and draw them.

    A run that several experiments ask for is made once. Runs are started in the order of `grids`.

    Args:
        grids: the runs of every experiment, by its name; all go to one results folder.
        options: of the launch; their `preset` is set.
        cluster: where they run.
        after: called whenever the tables have been brought up to date.

    Returns the exit status, and raises errors, as `reproduce` does.
    """
    from reproduce.launching.launcher import Interrupted

    try:
        return bring_to_end(grids, options, cluster, after=after)
    except Interrupted as error:
        print(f"interrupted: {error}; the same command continues", file=sys.stderr)
        return INTERRUPTED


def bring_to_end(
    grids: Mapping[str, Sequence[RunSpec]],
    options: FigureOptions,
    cluster: Cluster,
    *,
    after: Callable[[], object] = lambda: None,
) -> int:
    """Do what `run_grids` says, and raise Interrupted where it is asked to stop.

    Tables are up to date then.
    """
    from reproduce.launching.launcher import Interrupted
    from reproduce.runs.collect import refuse_other_preset

    out, jobs = options.results, jobs_of(cluster, options)
    assert options.preset is not None
    refuse_other_preset(out, options.preset)
    asked = Grids.of(grids, out)
    asked.check(options.engine)
    launcher = _planned(asked, options, cluster, jobs)
    if launcher is None:
        return 0
    asked.adopt()
    if cluster.name != "slurm":
        _make_prior_data(asked.every, options, jobs or 1)
    pictures = Redrawn({each: partial(drawn_so_far, each, out) for each in grids})

    def finished() -> None:
        asked.collect()
        after()
        pictures.refresh()

    try:
        failed = launcher.run(finished)
    except Interrupted:
        asked.collect()
        after()
        asked.mark_partial()
        raise
    missing = asked.collect()
    after()
    return _closed(grids, asked, options, launcher, jobs, failed, missing)


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
    for experiment in grids:
        if (out / f"{experiment}.csv").exists() and (asked.kept or len(missing) < len(asked.every)):
            show(experiment, out)
            if options.compare:
                show(experiment, out, options.compare)
    if options.preset == "quick":
        for experiment, specs in grids.items():
            for line in closing(experiment, out / f"{experiment}.csv", specs, jobs, options):
                print(line)
    report_failures(failed, launcher.reasons, out)
    elsewhere = [s for s in launcher.elsewhere if RunFolder(s.folder(out)).state() != "done"]
    if elsewhere:
        print(
            f"{len(elsewhere)} runs are queued, or being run by another process"
            + _queued_in_words(elsewhere, out),
            file=sys.stderr,
        )
    return 1 if failed else INTERRUPTED if lacking else 0


def _queued_in_words(specs: Sequence[RunSpec], out: Path) -> str:
    """Which job one of them waits as, and what to do if there is no such job."""
    from reproduce.runs.folder import RunFolder

    for folder in (RunFolder(spec.folder(out)) for spec in specs):
        if folder.state() == "queued":
            job = folder.queued().get("job", "unknown")
            return (
                f"; {folder.path / 'queued.json'} names job {job} of SLURM: delete such files if "
                "there is no such job"
            )
    return ""


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
    from reproduce.runs.folder import ELSEWHERE
    from reproduce.runs.plan import states

    if cluster.name == "slurm":
        from reproduce.launching.slurm import SlurmLauncher

        there = SlurmLauncher(specs, seconds, options)
        return there, there.cost()
    found = states(list(seconds), options.results)
    cost = cost_here([each for spec, each in seconds.items() if found[spec] not in ELSEWHERE])
    if cluster.name == "inline":
        return InlineLauncher(specs, options), cost
    assert jobs is not None
    return LocalLauncher(specs, options, jobs), cost


def jobs_of(cluster: Cluster, options: FigureOptions) -> int | None:
    """How many runs are made at a time; None if the cluster decides that."""
    from reproduce.runs.devices import cores

    return {"slurm": None, "local": options.jobs or cores(), "inline": 1}[cluster.name]


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
