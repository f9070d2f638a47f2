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
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from reproduce.commandline.installation import require_training
from reproduce.commandline.options import FigureOptions, as_typed
from reproduce.commandline.script import INTERRUPTED, command
from reproduce.specs.kinds import ChapterName, PresetName

if TYPE_CHECKING:
    import pandas as pd

    from reproduce.campaigns.chapters import Chapter
    from reproduce.judging.conditions import Verdict
    from reproduce.launching.clusters import Cluster
    from reproduce.specs.grid import RunSpec
    from reproduce.specs.kinds import DataKind, Labels


@dataclass(frozen=True)
class CampaignOptions(FigureOptions):
    """Options of a figure's script, and how much of the campaign is done."""

    preset: PresetName | None = None
    """Size of the chapters that name none of their own (default: small)."""
    plan: bool = False
    """Print what is missing, in order, with claims and hours, and stop."""
    hours: float | None = None
    """Stop after so many hours, with everything resumable (default: at the end)."""
    chapters: tuple[ChapterName, ...] = ()
    """Parts of the campaign (default: all); --plan lists them."""


@dataclass(frozen=True)
class Step:
    """Runs that are made one after another, and what they are for.

    Attributes:
        specs: the runs that are missing.
        claims: ids of the claims that have all their runs once these are made.
        seconds: how long they should take, together.
    """

    specs: tuple[RunSpec, ...]
    claims: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Part:
    """A chapter with its runs, those that are missing in order."""

    chapter: Chapter
    out: Path
    specs: list[RunSpec]
    steps: list[Step]
    earlier: int = 0
    """How many of `specs` an earlier chapter makes."""

    @property
    def missing(self) -> list[RunSpec]:
        """The runs without a finished result, in the order in which they are made."""
        return [spec for step in self.steps for spec in step.specs]


@command(CampaignOptions, __doc__)
def main(options: CampaignOptions) -> int:
    """Print what the campaign lacks; unless only asked for the plan, run it, best first.

    Returns the exit status: 0 complete or only planned, 1 a run failed, 2 bad input, 75 interrupted
    (the same command continues).
    """
    require_training()
    from reproduce.launching.clusters import choose
    from reproduce.launching.cost import affordable
    from reproduce.launching.experiment import jobs_of
    from reproduce.runs.option_checks import prepare

    prepare(options)
    options = replace(options, preset=options.preset or "small")
    _check(options)
    cluster, chosen = choose(options)
    jobs = jobs_of(cluster, chosen)
    if jobs is not None and chosen.hours is not None:
        # it stops in time: what lies beyond needs nobody's consent
        chosen = replace(chosen, yes=chosen.yes or affordable(chosen.hours * jobs))
    parts = list(_parts(chosen))
    folders = list(dict.fromkeys(part.out for part in parts))
    print(_table(parts))
    if chosen.plan or chosen.dry_run:
        return 0
    _stop_after(chosen.hours)
    if cluster.name == "slurm" and len(folders) > 1:
        return _side_by_side(chosen, parts)
    status = 0
    for out in folders:
        mine = [part for part in parts if part.out == out]
        found = _run(replace(chosen, out=out, preset=mine[0].chapter.preset), mine, cluster)
        if found == INTERRUPTED:
            return found
        status = status or found
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


def _parts(options: CampaignOptions) -> Iterator[Part]:
    """The chapters asked for, with what is missing of each; ValueError if nothing is left over."""
    from figures.statistics.across_seeds import MIN_SEEDS_FOR_INTERVAL
    from reproduce.campaigns.chapters import CHAPTERS, of_preset
    from reproduce.campaigns.ledger import Ledger, in_table, seed_of
    from reproduce.campaigns.order import in_order
    from reproduce.judging.evidence import Evidence, load
    from reproduce.reporting.commands import seeds_needed
    from reproduce.runs.collect import recorded, recorded_beside
    from reproduce.runs.folder import RunFolder
    from reproduce.runs.option_checks import validated
    from reproduce.runs.plan import Pace
    from reproduce.runs.resolved import one_spelling

    pace: dict[str, Pace] = defaultdict(lambda: Pace("cpu", options.engine, options.cache))
    ledgers: dict[tuple[Path, str], Ledger] = {}
    planned: set[tuple[Path, RunSpec]] = set()
    tables: dict[Path, Mapping[str, pd.DataFrame]] = {}
    assert options.preset is not None
    for chapter in CHAPTERS:
        if options.chapters and chapter.name not in options.chapters:
            continue
        chapter = of_preset(chapter, options.preset)
        envs = [env for env in chapter.tasks if not options.envs or env in options.envs]
        chapter = chapter.only(options.methods) if options.methods else chapter
        if not envs or not chapter.methods:
            continue
        mine = replace(options, data=chapter.data, profile=chapter.profile, preset=chapter.preset)
        validated(mine, envs=envs, methods=chapter.methods)
        data = _sources(mine, chapter, envs)
        if data is None:
            continue
        typed = chapter.specs(
            preset=options.preset,
            seeds=options.seeds or seeds_needed(options.preset),
            data=data,
            settings=options.settings,
        )
        specs = list(dict.fromkeys(map(one_spelling, typed)))
        out = _folder(options, chapter)
        done = recorded(chapter.experiment, specs, out)
        done |= recorded_beside(chapter.experiment, specs, out).keys()
        done |= {spec for spec in specs if RunFolder(spec.folder(out)).state() == "done"}
        earlier = {spec for spec in specs if (out, spec) in planned} - done
        missing = [spec for spec in specs if spec not in done and spec not in earlier]
        planned |= {(out, spec) for spec in missing}
        if out not in tables:  # several chapters share a folder
            tables[out] = load(out) if out.is_dir() else {}
        evidence = Evidence(tables[out], profile=chapter.profile)
        step = {spec: RunFolder(spec.folder(out)).status().get("step") for spec in missing}
        seconds = {s: pace[f"{s.preset} {s.profile}"].seconds(s, step[s]) for s in missing}
        place = (out, chapter.profile)
        if place not in ledgers:
            ledgers[place] = Ledger.of(evidence, MIN_SEEDS_FOR_INTERVAL)
        there = in_table(evidence, chapter.experiment)
        free = [spec for spec in specs if spec not in missing and seed_of(spec) not in there]
        given = ledgers[place].add(chapter.experiment, free)  # taken over, without training
        steps = [Step((), given, 0.0)] if given else []
        steps += [
            Step(
                group,
                ledgers[place].add(chapter.experiment, group),
                sum(seconds[spec] for spec in group),
            )
            for group in in_order(missing, chapter.experiment, evidence, seconds.__getitem__)
        ]
        yield Part(chapter, out, specs, steps, len(earlier))


def _folder(options: CampaignOptions, chapter: Chapter) -> Path:
    """The results folder of a chapter: that of the options, or one beside it for another size."""
    name = options.results.name
    if chapter.preset != options.preset:
        name = str(chapter.preset) if options.out is None else f"{name}-{chapter.preset}"
    return options.results.with_name(f"{name}{chapter.suffix}")


def _sources(
    options: CampaignOptions, chapter: Chapter, envs: Sequence[str]
) -> Mapping[str, tuple[DataKind, Labels]] | None:
    """Each task's kind of demonstrations and labels.

    None, with a line on standard output, where this machine cannot have them and the chapter was
    not asked for by its name; DataError where it was.
    """
    from envs.trajectory import DataError
    from reproduce.runs.option_checks import resolve_data

    try:
        return resolve_data(options, envs)
    except DataError as error:
        if options.chapters:
            raise
        print(f"chapter {chapter.name} ({chapter.title}) is left out: {error}")
        return None


def _table(parts: Sequence[Part]) -> str:
    """What is missing, a line for each step: chapter, runs, claims, hours, hours so far."""
    wide = max(map(len, ("chapter", *(part.chapter.name for part in parts))))
    lines = [f"{'chapter':<{wide}}  {'runs':>4}  {'hours':>6}  {'so far':>6}  decides; runs"]
    total = 0.0
    for part in parts:
        done = len(part.specs) - len(part.missing) - part.earlier
        others = f"; {part.earlier} are made above" if part.earlier else ""
        lines.append(
            f"{part.chapter.name:<{wide}}  {part.chapter.title}: {done} of {len(part.specs)} runs "
            f"are done, in {part.out}{others}"
        )
        for step in part.steps:
            total += step.seconds / 3600
            names = [f"{s.env} {s.label}" for s in step.specs]
            rows = ", ".join(f"{name} x{len(list(same))}" for name, same in groupby(sorted(names)))
            rows = rows or "runs of other tables and chapters"
            lines.append(
                f"{'':<{wide}}  {len(step.specs):>4}  {step.seconds / 3600:>6.1f}  {total:>6.1f}  "
                f"{' '.join(step.claims) or '-'}; {rows}"
            )
    lines += [f"{'':<{wide}}  can be confirmed alone: {text}" for text in _early_ends(parts)]
    lines.append(f"left: {total:.1f} core-hours on this machine")
    return "\n".join(lines)


def _early_ends(parts: Sequence[Part]) -> list[str]:
    """The claims that ask about a step beyond the ends of their runs, of which some are missing or
    all are there and leave it open."""
    from reproduce.campaigns.ledger import steps_beyond
    from reproduce.judging.claims import CLAIMS

    open_ = {out: _with_all_runs(out) for out in {part.out for part in parts}}
    decided = [
        (part, claim)
        for part in parts
        for claim in CLAIMS
        if any(claim.id in step.claims for step in part.steps)
        or open_[part.out].get(claim.id) == "not run"
    ]
    texts = (steps_beyond(claim, part.chapter.experiment, part.specs) for part, claim in decided)
    return list(dict.fromkeys(filter(None, texts)))


def _run(options: FigureOptions, parts: Sequence[Part], cluster: Cluster) -> int:
    """The parts of one results folder."""
    from reproduce.launching.experiment import run_grids

    grids: dict[str, list[RunSpec]] = {}
    for part in parts:
        missing = set(part.missing)
        done = [spec for spec in part.specs if spec not in missing]
        grids.setdefault(part.chapter.experiment, []).extend([*part.missing, *done])
    return run_grids(grids, options, cluster, after=_News(options.results).tell)


class _News:
    """Says, once each, which claims have all the runs that they ask for."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self._known = _with_all_runs(out)

    def tell(self) -> None:
        found = _with_all_runs(self.out)
        for name, verdict in found.items():
            if name not in self._known:
                told = "they end too early" if verdict == "not run" else str(verdict)
                print(f"claim {name} has all its runs: {told}", flush=True)
        self._known = found


def _with_all_runs(out: Path) -> dict[str, Verdict]:
    """The verdicts on the claims that have all the runs they ask for in a results folder."""
    from figures.statistics.across_seeds import MIN_SEEDS_FOR_INTERVAL
    from reproduce.campaigns.ledger import Ledger
    from reproduce.judging.claim import evaluate
    from reproduce.judging.claims import CLAIMS
    from reproduce.judging.evidence import Evidence, load

    if not out.is_dir():
        return {}
    evidence = Evidence(load(out))
    ready = Ledger.of(evidence, MIN_SEEDS_FOR_INTERVAL).decidable()
    return {c.id: evaluate(c, evidence).verdict for c in CLAIMS if c.id in ready}


def _stop_after(hours: float | None) -> None:
    """Ask this process to stop, as SIGTERM does, after so many hours."""
    if hours is not None:
        signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
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
