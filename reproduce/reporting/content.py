"""What a report says, from the evidence alone: no file is read but those compared, none written.

    content(evidence, manifests, files, "small") -> Content

``document`` puts it in order, ``markdown`` and ``html`` in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from figures.experiments import domain_of
from figures.results.table import RUN
from figures.statistics.across_seeds import MIN_SEEDS_FOR_INTERVAL
from reproduce.judging.claim import Claim, evaluate
from reproduce.judging.claims import CLAIMS, RULES_VERSION
from reproduce.judging.conditions import DECIDED, Verdict
from reproduce.judging.evidence import Arm, Evidence
from reproduce.judging.verdicts import Finding
from reproduce.reporting.aggregates import Aggregate, aggregates
from reproduce.reporting.commands import commands, preset_for, wants
from reproduce.reporting.inventory import (
    PROFILES,
    Cell,
    JudgedFile,
    LeftOut,
    Manifests,
    PriorData,
    Software,
    Spent,
    data_used,
    every_run,
    grid,
    left_out,
    software,
    spent,
)
from reproduce.reporting.others import Others, others
from reproduce.reporting.sensitivity import (
    Sensitivity,
    Views,
    by_area,
    by_rise,
    by_threshold,
    other_views,
    sensitivity,
)
from reproduce.specs.kinds import PresetName

SILENT = (Verdict.NOT_RUN, Verdict.NOT_TESTABLE)
"""Verdicts that say nothing about the claim: their cards have no picture."""


@dataclass(frozen=True)
class Panels:
    """Rows for one picture of a card: of one experiment, one domain and one profile."""

    experiment: str
    domain: str
    profile: str
    tasks: tuple[str, ...]
    rows: pd.DataFrame


@dataclass(frozen=True)
class Side:
    """A claim under one profile."""

    profile: str
    finding: Finding
    sensitivity: tuple[Sensitivity, ...]
    panels: tuple[Panels, ...]
    commands: tuple[str, ...]
    runs: int
    hours: float

    @property
    def files(self) -> tuple[str, ...]:
        """The CSVs behind its effects."""
        sources = (effect.source for effect in self.finding.effects if effect.source)
        return tuple(f"{source}.csv" for source in dict.fromkeys(sources))


@dataclass(frozen=True)
class Card:
    """A claim, and what was found under every profile."""

    claim: Claim
    sides: tuple[Side, ...]
    beyond: tuple[int, PresetName] | None
    """Online step that it asks about and that runs of the preset do not reach, and the preset whose
    runs do."""

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One a profile."""
        return tuple(side.finding.verdict for side in self.sides)


@dataclass(frozen=True)
class Content:
    """A report."""

    preset: PresetName
    rules_version: str
    files: tuple[JudgedFile, ...]
    cards: tuple[Card, ...]
    aggregates: tuple[Aggregate, ...]
    cells: tuple[Cell, ...]
    left_out: tuple[LeftOut, ...]
    spent: tuple[Spent, ...]
    data: tuple[PriorData, ...]
    software: tuple[Software, ...]
    runs: int
    finished: int
    evidence: Evidence
    others: Others
    """Rows for curves and aggregates: the evidence, and what it is compared with."""

    def counts(self, profile: str, *, again: bool = False) -> dict[Verdict, int]:
        """How many claims came out how: those that ask first, or those that ask ``again``."""
        number = PROFILES.index(profile)
        cards = [card for card in self.cards if bool(card.claim.again) is again]
        found = Counter(card.verdicts[number] for card in cards)
        return {verdict: found[verdict] for verdict in Verdict}

    @property
    def run_cells(self) -> list[Cell]:
        """Cells with finished runs; one that two experiments hold counts once, by the fuller."""
        fullest: dict[tuple[str, Arm, str], Cell] = {}
        for cell in self.cells:
            key = (cell.want.task, cell.want.arm, cell.profile)
            if cell.done and (key not in fullest or cell.done > fullest[key].done):
                fullest[key] = cell
        return list(fullest.values())

    @property
    def few_seeds(self) -> list[Cell]:
        """Those of `run_cells` that have too few for an interval."""
        return [cell for cell in self.run_cells if cell.done < MIN_SEEDS_FOR_INTERVAL]


def content(
    evidence: Evidence,
    manifests: Manifests,
    files: Sequence[JudgedFile],
    preset: PresetName,
    compare: Sequence[Path] = (),
) -> Content:
    """Judge every claim under every profile, and take stock.

    Args:
        evidence: rows of one results folder.
        manifests: entries by experiment.
        files: the CSVs that the rows were read from.
        preset: whose grid is compared with the runs.
        compare: files of rows of other methods, for aggregates and curves alone.

    Raises:
        ResultsError: a run cannot be reduced to scalars, or a file of ``compare`` cannot be used.
    """
    beside = others(evidence, compare)
    views = [evidence.under(profile=profile) for profile in PROFILES]
    differently = [other_views(view) for view in views]
    last = every_run(evidence.tables)
    return Content(
        preset=preset,
        rules_version=RULES_VERSION,
        files=tuple(files),
        cards=tuple(_card(claim, views, differently, preset) for claim in CLAIMS),
        aggregates=tuple(each for view in views for each in aggregates(view, beside)),
        cells=tuple(grid(evidence, preset)),
        left_out=tuple(left_out(evidence, manifests)),
        spent=tuple(spent(last)),
        data=tuple(data_used(last)),
        software=tuple(software(manifests)),
        runs=len(last),
        finished=int((last["status"] == "done").sum()) if len(last) else 0,
        evidence=evidence,
        others=beside,
    )


def _card(
    claim: Claim, views: Sequence[Evidence], others: Sequence[Views], preset: PresetName
) -> Card:
    reached = {want.step: preset_for(preset, want) for want in wants(claim, views[0]) if want.step}
    beyond = max(((step, name) for step, name in reached.items() if name != preset), default=None)
    sides = (_side(claim, view, other, preset) for view, other in zip(views, others, strict=True))
    return Card(claim, tuple(sides), beyond)


def _side(claim: Claim, evidence: Evidence, others: Views, preset: PresetName) -> Side:
    finding = evaluate(claim, evidence)
    used = runs_used(claim, evidence, finding)
    last = every_run(used)
    shown = finding.verdict not in SILENT
    return Side(
        evidence.profile,
        finding,
        _otherwise(claim, evidence, others) if shown else (),
        tuple(_panels(claim, evidence, used)) if shown else (),
        () if _is_complete(claim, finding) else tuple(commands(claim, evidence, preset)),
        len(last),
        float(last["wall_s"].sum(skipna=False)) / 3600 if "wall_s" in last else float("nan"),
    )


def _otherwise(claim: Claim, evidence: Evidence, others: Views) -> tuple[Sensitivity, ...]:
    return (
        *sensitivity(claim, others),
        *by_rise(claim, evidence),
        *by_area(claim, evidence),
        *by_threshold(claim, evidence),
    )


def _is_complete(claim: Claim, finding: Finding) -> bool:
    """Whether no run could add to the finding: it is decided, and nothing is missing."""
    missing = any(effect.verdict is Verdict.NOT_RUN for effect in finding.effects)
    decided = finding.verdict in (*DECIDED, Verdict.NOT_DECIDABLE)
    return bool(claim.untestable) or (decided and not missing)


def runs_used(claim: Claim, evidence: Evidence, finding: Finding) -> dict[str, pd.DataFrame]:
    """Rows of the finished runs behind the effects, by experiment."""
    sources = {(effect.source, effect.task) for effect in finding.effects if effect.source}
    parts: dict[str, list[pd.DataFrame]] = {}
    for source, task in sorted(sources):
        for want in wants(claim, evidence):
            if want.task == task:
                rows = evidence.rows(source, task, want.arm, want.horizon)
                parts.setdefault(source, []).append(rows)
    return {
        source: pd.concat(rows).drop_duplicates([*RUN, "phase", "env_step"])
        for source, rows in parts.items()
    }


def _panels(claim: Claim, evidence: Evidence, used: dict[str, pd.DataFrame]) -> list[Panels]:
    """Pictures by experiment and domain: whole runs, and those that failed or are unfinished."""
    names = {arm.label for arm in claim.arms()}
    found = []
    for source, rows in used.items():
        table = evidence.tables[source]
        conditions = set(zip(rows["env"], rows["data"], rows["labels"], strict=True))
        mine = table["label"].isin(names) & (table["profile"] == evidence.profile)
        held = zip(table["env"], table["data"], table["labels"], strict=True)
        shown = table[mine & pd.Series([each in conditions for each in held], index=table.index)]
        for domain in evidence.measures:
            tasks = tuple(t for t in claim.tasks() if domain_of(t) == domain)
            part = shown[shown["env"].isin(tasks)]
            if not part.empty:
                present = tuple(t for t in tasks if t in set(part["env"]))
                found.append(Panels(source, domain, evidence.profile, present, part))
    return found
