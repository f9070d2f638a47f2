"""What a campaign lacks: chapters with their missing runs, in order, and the plan in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import pandas as pd

from envs.trajectory import DataError
from figures.statistics.across_seeds import MIN_SEEDS_FOR_INTERVAL
from reproduce.campaigns.chapters import CHAPTERS, Chapter, of_preset
from reproduce.campaigns.ledger import (
    Ledger,
    decided_without_more,
    in_table,
    seed_of,
    steps_beyond,
    with_all_runs,
)
from reproduce.campaigns.options import CampaignOptions
from reproduce.campaigns.order import in_order
from reproduce.judging.claims import CLAIMS
from reproduce.judging.evidence import Evidence, load
from reproduce.reporting.commands import seeds_needed
from reproduce.runs.collect import recorded, recorded_beside
from reproduce.runs.folder import RunFolder
from reproduce.runs.option_checks import resolve_data, validated
from reproduce.runs.plan import Pace
from reproduce.runs.resolved import one_spelling
from reproduce.specs.grid import RunSpec
from reproduce.specs.kinds import DataKind, Labels


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


def parts_of(options: CampaignOptions) -> Iterator[Part]:
    """The chapters asked for, with what is missing of each.

    A run that an earlier chapter makes is missing there alone. Raises ValueError where a method
    cannot be run with the options.
    """
    planner = _Planner(options)
    for chapter in CHAPTERS:
        if options.chapters and chapter.name not in options.chapters:
            continue
        part = planner.part(chapter)
        if part is not None:
            yield part


class _Planner:
    """Knows what the chapters before have planned, and reads each folder's tables once."""

    def __init__(self, options: CampaignOptions) -> None:
        assert options.preset is not None
        self._options, self._preset = options, options.preset
        self._pace: dict[str, Pace] = defaultdict(
            lambda: Pace("cpu", options.engine, options.cache)
        )
        self._ledgers: dict[tuple[Path, str], Ledger] = {}
        self._planned: set[tuple[Path, RunSpec]] = set()
        self._tables: dict[Path, Mapping[str, pd.DataFrame]] = {}

    def part(self, chapter: Chapter) -> Part | None:
        """A chapter with what is missing; None if nothing of it is asked for, or it has no data
        here."""
        chapter = of_preset(chapter, self._preset)
        specs = self._specs(chapter)
        if not specs:
            return None
        out = folder_of(self._options, chapter)
        done = recorded(chapter.experiment, specs, out)
        done |= recorded_beside(chapter.experiment, specs, out).keys()
        done |= {spec for spec in specs if RunFolder(spec.folder(out)).state() == "done"}
        earlier = {spec for spec in specs if (out, spec) in self._planned} - done
        missing = [spec for spec in specs if spec not in done and spec not in earlier]
        self._planned |= {(out, spec) for spec in missing}
        steps = self._steps(chapter, out, specs, missing)
        return Part(chapter, out, specs, steps, len(earlier))

    def _specs(self, chapter: Chapter) -> list[RunSpec]:
        options = self._options
        envs = [env for env in chapter.tasks if not options.envs or env in options.envs]
        chapter = chapter.only(options.methods) if options.methods else chapter
        if not envs or not chapter.methods:
            return []
        mine = replace(options, data=chapter.data, profile=chapter.profile, preset=chapter.preset)
        validated(mine, envs=envs, methods=chapter.methods)
        data = sources_of(mine, chapter, envs)
        if data is None:
            return []
        typed = chapter.specs(
            preset=self._preset,
            seeds=options.seeds or seeds_needed(self._preset),
            data=data,
            settings=options.settings,
        )
        return list(dict.fromkeys(map(one_spelling, typed)))

    def _steps(
        self, chapter: Chapter, out: Path, specs: Sequence[RunSpec], missing: Sequence[RunSpec]
    ) -> list[Step]:
        if out not in self._tables:  # several chapters share a folder
            self._tables[out] = load(out) if out.is_dir() else {}
        evidence = Evidence(self._tables[out], profile=chapter.profile)
        place = (out, chapter.profile)
        if place not in self._ledgers:
            self._ledgers[place] = Ledger.of(evidence, MIN_SEEDS_FOR_INTERVAL)
        ledger = self._ledgers[place]
        at = {spec: RunFolder(spec.folder(out)).status().get("step") for spec in missing}
        seconds = {s: self._pace[f"{s.preset} {s.profile}"].seconds(s, at[s]) for s in missing}
        there = in_table(evidence, chapter.experiment)
        free = [spec for spec in specs if spec not in missing and seed_of(spec) not in there]
        given = ledger.add(chapter.experiment, free)  # taken over, without training
        groups = in_order(missing, chapter.experiment, evidence, seconds.__getitem__)
        return [Step((), given, 0.0)] * bool(given) + [
            Step(
                group,
                ledger.add(chapter.experiment, group),
                sum(seconds[spec] for spec in group),
            )
            for group in groups
        ]


def folder_of(options: CampaignOptions, chapter: Chapter) -> Path:
    """The results folder of a chapter: that of the options, or one beside it for another size."""
    name = options.results.name
    if chapter.preset != options.preset:
        name = str(chapter.preset) if options.out is None else f"{name}-{chapter.preset}"
    return options.results.with_name(f"{name}{chapter.suffix}")


def sources_of(
    options: CampaignOptions, chapter: Chapter, envs: Sequence[str]
) -> Mapping[str, tuple[DataKind, Labels]] | None:
    """Each task's kind of demonstrations and labels.

    None, with a line on standard output, where this machine cannot have them and the chapter was
    not asked for by its name; DataError where it was.
    """
    try:
        return resolve_data(options, envs)
    except DataError as error:
        if options.chapters:
            raise
        print(f"chapter {chapter.name} ({chapter.title}) is left out: {error}")
        return None


def in_words(parts: Sequence[Part]) -> str:
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
    lines += [f"{'':<{wide}}  {text}" for text in _known_before(parts)]
    lines += [f"{'':<{wide}}  can be confirmed alone: {text}" for text in _early_ends(parts)]
    lines.append(f"left: {total:.1f} core-hours on this machine")
    return "\n".join(lines)


def _known_before(parts: Sequence[Part]) -> list[str]:
    """What the rows at hand decide already of the claims that missing runs are for."""
    claims: dict[tuple[Path, str], set[str]] = defaultdict(set)
    for part in parts:
        names = {name for step in part.steps for name in step.claims if step.specs}
        claims[part.out, part.chapter.profile] |= names
    tables = {out: load(out) if out.is_dir() else {} for out, _ in claims}
    texts = []
    for (out, profile), names in claims.items():
        evidence = Evidence(tables[out], profile=profile)
        for name, told in decided_without_more(names, evidence).items():
            under = "" if profile == "paper" else f", {profile} settings"
            texts.append(f"{name} in {out}{under}: {told}")
    return texts


def _early_ends(parts: Sequence[Part]) -> list[str]:
    """The claims that ask about a step beyond the ends of their runs, of which some are missing or
    all are there and leave it open."""
    open_ = {out: with_all_runs(out) for out in {part.out for part in parts}}
    decided = [
        (part, claim)
        for part in parts
        for claim in CLAIMS
        if any(claim.id in step.claims for step in part.steps)
        or open_[part.out].get(claim.id) == "not run"
    ]
    texts = (steps_beyond(claim, part.chapter.experiment, part.specs) for part, claim in decided)
    return list(dict.fromkeys(filter(None, texts)))
