"""Run what the report still lacks, best first: all figures, ablations and what stands beside them.

    python reproduce/campaign.py --plan                  # what is missing, in order, with its hours
    python reproduce/campaign.py --hours 8 --jobs 2      # so long, then stop; everything resumable
    python reproduce/campaign.py --chapters figure1 figure2   # only these
    python reproduce/campaign.py --out results/mine

A front end of the figures' scripts: the same runs, folders, locks and tables. A run that stands
finished in a table counts as done. Runs are ordered by chapters, and within a chapter by claims
decided for each core-hour. Ctrl-C, SIGTERM and a crash lose nothing; the same command continues.
Under SLURM everything is submitted.
"""

from __future__ import annotations

import difflib
import math
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reproduce.campaigns.options import CampaignOptions
from reproduce.commandline.installation import require_training
from reproduce.commandline.options import FigureOptions, as_typed
from reproduce.commandline.script import INTERRUPTED, command
from reproduce.specs.kinds import ChapterName

if TYPE_CHECKING:
    from reproduce.campaigns.parts import Part
    from reproduce.launching.clusters import Cluster
    from reproduce.specs.grid import RunSpec


@command(CampaignOptions, __doc__)
def main(options: CampaignOptions) -> int:
    """Print what the campaign lacks; unless only asked for the plan, run it, best first.

    Returns the exit status: 0 complete or only planned, 1 a run failed, 2 bad input, 75 interrupted
    (the same command continues).
    """
    require_training()
    from reproduce.campaigns.parts import in_words, parts_of
    from reproduce.launching.clusters import choose
    from reproduce.launching.cost import affordable
    from reproduce.launching.experiment import jobs_of
    from reproduce.launching.launcher import Interrupted
    from reproduce.runs.option_checks import prepare

    prepare(options)
    options = replace(options, preset=options.preset or "small")
    _check(options)
    cluster, chosen = choose(options)
    jobs = jobs_of(cluster, chosen)
    if jobs is not None and chosen.hours is not None:
        # it stops in time: what lies beyond needs nobody's consent
        chosen = replace(chosen, yes=chosen.yes or affordable(chosen.hours * jobs))
    parts = list(parts_of(chosen))
    folders = list(dict.fromkeys(part.out for part in parts))
    print(in_words(parts))
    if chosen.plan or chosen.dry_run:
        return 0
    _stop_after(chosen.hours)
    if cluster.name == "slurm" and len(folders) > 1:
        return _side_by_side(chosen, parts)
    status = 0
    for out in folders:
        mine = [part for part in parts if part.out == out]
        try:
            found = _run(replace(chosen, out=out, preset=mine[0].chapter.preset), mine, cluster)
        except Interrupted as error:
            print(f"interrupted: {error}; the same command continues", file=sys.stderr)
            return INTERRUPTED
        # a failure says more than runs that another process holds
        status = found if status in (0, INTERRUPTED) and found else status
    return status


def _check(options: CampaignOptions) -> None:
    from reproduce.campaigns.chapters import CHAPTERS
    from reproduce.launching.experiment import check_counts

    if options.hours is not None and not 0 < options.hours < math.inf:
        raise ValueError(f"--hours {options.hours}: must be a number above 0")
    check_counts(options)
    asked = [c for c in CHAPTERS if not options.chapters or c.name in options.chapters]
    _refuse_unknown("--envs", options.envs, [env for c in asked for env in c.tasks])
    _refuse_unknown("--methods", options.methods, [name for c in asked for name in c.methods])
    decided = {
        "--plot-only": options.plot_only,
        "--profile": options.profile != "paper",
        "--data": options.data != "auto",
        "--compare": bool(options.compare),
    }
    for flag, given in decided.items():
        if given:
            raise ValueError(f"{flag}: the campaign's chapters decide it; use a figure's script")


def _refuse_unknown(flag: str, given: Sequence[str], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            near = [each for each in known if name in each]
            near = near or difflib.get_close_matches(name, list(dict.fromkeys(known)), 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"{flag} {name}: no chapter that is asked for has it{hint}")


def _run(options: FigureOptions, parts: Sequence[Part], cluster: Cluster) -> int:
    """The parts of one results folder."""
    from reproduce.campaigns.news import News
    from reproduce.launching.experiment import bring_to_end

    grids: dict[str, list[RunSpec]] = {}
    for part in parts:
        missing = set(part.missing)
        done = [spec for spec in part.specs if spec not in missing]
        grids.setdefault(part.chapter.experiment, []).extend([*part.missing, *done])
    return bring_to_end(grids, options, cluster, after=News(options.results).tell)


def _stop_after(hours: float | None) -> None:
    """Ask this process to stop after so many hours, as SIGTERM does while runs are made.

    At any other time it is as Ctrl-C, which ends it with the status of an interruption.
    """

    def stop(*_: object) -> None:
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            raise KeyboardInterrupt
        os.kill(os.getpid(), signal.SIGTERM)

    if hours is not None:
        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, 3600 * hours)


def _side_by_side(options: CampaignOptions, parts: Sequence[Part]) -> int:
    """A process for each results folder, so that SLURM has all jobs at once."""
    names: dict[Path, dict[ChapterName, None]] = {}
    for part in parts:
        names.setdefault(part.out, {})[part.chapter.name] = None
    processes = [
        subprocess.Popen(
            [sys.executable, __file__, *as_typed(replace(options, chapters=tuple(mine)))]
        )
        for mine in names.values()
    ]

    def pass_on(number: int, _: object) -> None:
        for process in processes:
            process.send_signal(number)

    # SIGTERM comes of --hours, too
    before = {each: signal.signal(each, pass_on) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        statuses = [process.wait() for process in processes]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return max(1 if status < 0 else status for status in statuses)  # negative: it was killed


if __name__ == "__main__":
    sys.exit(main())
