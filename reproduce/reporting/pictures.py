"""All pictures of a report: as files for Markdown, as drawings for the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from figures.domains import DOMAINS
from figures.experiments import OF_DOMAIN
from figures.forest import Forest
from figures.learning_curves import draw
from figures.metrics import Metric
from figures.report_plots import ProfileCurve, draw_aggregates, draw_claim, save_png
from figures.run_facts import RunFacts, run_facts
from reproduce.reporting.aggregates import ALL_TASKS, NO_PROBABILITY, Aggregate
from reproduce.reporting.blocks import Block, Picture, flat
from reproduce.reporting.cards import effects_name, panel_name, preset_of
from reproduce.reporting.charts import Chart, PointPool, chart
from reproduce.reporting.claim_axes import axis_of, forests, thresholds
from reproduce.reporting.content import SILENT, Card, Content, Side
from reproduce.reporting.deciding import deciding
from reproduce.reporting.document import aggregate_name, curves_name, lacks_probability
from reproduce.reporting.forests import (
    aggregate_caption,
    difference_forests,
    effects_caption,
    improvement_forests,
    score_forests,
)
from reproduce.reporting.wording import SETTINGS, worded

FOLDER = "report"


@dataclass(frozen=True)
class Curves:
    """Learning curves that are drawn twice, as a file and for the page."""

    name: str
    title: str
    experiment: str
    domain: str
    tasks: tuple[str, ...]
    rows: pd.DataFrame
    column: str
    caption: str = ""
    thresholds: Mapping[float, str] = field(default_factory=dict)

    @property
    def metric(self) -> Metric:
        """As the figures draw the column, by its measure's name where they draw another; with the
        claim's thresholds as rules."""
        drawn = {metric.column: metric for metric in OF_DOMAIN[self.domain].metrics}
        found = drawn.get(self.column, Metric(self.column, DOMAINS[self.domain].measure.name))
        more = {v: name for v, name in self.thresholds.items() if v not in found.rules}
        return replace(
            found,
            rules=(*found.rules, *more),
            rule_names=(*found.rule_names, *more.values()),
        )


@dataclass(frozen=True)
class ForestSet:
    """Panels of rows for the page; the panels of a group have one axis."""

    name: str
    groups: tuple[tuple[Forest, ...], ...]
    caption: str
    instead: str = ""
    """Written where a group would be that cannot be given."""
    profiles: tuple[ProfileCurve, ...] = ()
    axis: str = ""
    """Of the profiles."""


def all_curves(content: Content) -> Iterator[Curves]:
    """The curves of every domain, then those of the cards."""
    for found in content.aggregates:
        table = content.others.tables[found.experiment]
        rows = table[(table["profile"] == found.profile) & table["env"].isin(found.tasks)]
        for metric in OF_DOMAIN[found.domain].metrics:
            yield Curves(
                curves_name(found, metric.column),
                _capital(SETTINGS[found.profile]),
                found.experiment,
                found.domain,
                found.tasks,
                rows,
                metric.column,
            )
    for card, side in _told(content):
        for panels in side.panels:
            yield Curves(
                panel_name(card.claim, panels),
                f"{card.claim.id}: {card.claim.check} ({SETTINGS[side.profile]})",
                panels.experiment,
                panels.domain,
                panels.tasks,
                panels.rows,
                DOMAINS[panels.domain].measure.column,
                f"{claim_title(card, side, content)}.",
                thresholds(card.claim, panels.domain),
            )


def _told(content: Content) -> Iterator[tuple[Card, Side]]:
    """The cards of which something was found, by settings."""
    for card in content.cards:
        for side in card.sides:
            if side.finding.verdict not in SILENT:
                yield card, side


def claim_title(card: Card, side: Side, content: Content) -> str:
    """``H1, the text's settings: not seen at small``."""
    verdict = worded(side.finding.verdict, preset_of(card.claim, content))
    return f"{card.claim.id}, {SETTINGS[side.profile]}: {verdict}"


def _effects(side: Side) -> list[Forest]:
    """The effects of a side, each with the interval that decides it."""
    return forests(side.finding.effects, deciding(side.finding))


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def draw_pictures(content: Content, blocks: list[Block], out: Path) -> list[Path]:
    """Write every picture that ``blocks`` name into ``out/report``, and remove the other PNGs
    there, which an earlier report left; returns their paths."""
    wanted = {block.path for block in flat(blocks) if isinstance(block, Picture) and block.path}
    written = []
    for name, figure in _figures(content, wanted):
        path = out / FOLDER / f"{name}.png"
        save_png(figure, path)
        written.append(path)
    for left in set((out / FOLDER).glob("*.png")) - set(written):
        left.unlink()
    return written


def _figures(content: Content, wanted: set[str]) -> Iterator[tuple[str, Figure]]:
    for found in content.aggregates:
        if found.is_pictured:
            yield aggregate_name(found), _aggregate(found)
    for card, side in _told(content):
        panels = _effects(side)
        if panels:
            yield (
                effects_name(card.claim, side),
                draw_claim(
                    panels,
                    title=claim_title(card, side, content),
                    words=f"{_capital(card.claim.check)}.",
                    caption=effects_caption(side.finding.effects, panels),
                ),
            )
    for curves in all_curves(content):
        if f"{FOLDER}/{curves.name}.png" in wanted:
            figure = draw(
                curves.rows,
                panels=curves.tasks,
                metrics=[curves.metric],
                title=curves.title,
                caption=curves.caption,
                run_facts=_facts(content, curves),
            )
            yield curves.name, figure


def _facts(content: Content, curves: Curves) -> RunFacts:
    return run_facts(content.evidence.manifests.get(curves.experiment, ()))


def _aggregate(found: Aggregate) -> Figure:
    several = len(found.tasks) > 1
    return draw_aggregates(
        score_forests(found),
        difference_forests(found),
        found.profiles,
        improvement_forests(found),
        title=f"{found.domain.capitalize()}, {SETTINGS[found.profile]}: "
        + (ALL_TASKS if several else found.tasks[0]),
        measure=axis_of(found.domain),
        caption=aggregate_caption(found),
        no_improvement=NO_PROBABILITY if lacks_probability(found) else "",
    )


def charts(content: Content, pool: PointPool) -> list[Chart]:
    """Every chart of the page; their points are in ``pool``."""
    return [
        chart(
            curves.name,
            curves.rows,
            content.others.tables[curves.experiment],
            pool,
            experiment=curves.experiment,
            tasks=curves.tasks,
            metric=curves.metric,
            caption=curves.caption,
            run_facts=_facts(content, curves),
        )
        for curves in all_curves(content)
        if curves.column in curves.rows and curves.rows[curves.column].notna().any()
    ]


def forest_sets(content: Content) -> list[ForestSet]:
    """The aggregates of every domain, then the effects of every claim, by the names of pictures."""
    found = [
        ForestSet(
            aggregate_name(each),
            (
                tuple(score_forests(each)),
                tuple(difference_forests(each)),
                tuple(improvement_forests(each)),
            ),
            aggregate_caption(each),
            NO_PROBABILITY if lacks_probability(each) else "",
            each.profiles,
            axis_of(each.domain),
        )
        for each in content.aggregates
        if each.is_pictured
    ]
    for card, side in _told(content):
        if shown := _effects(side):
            what = effects_caption(side.finding.effects, shown)
            caption = f"{claim_title(card, side, content)}. {what}"
            by_axis: dict[str, list[Forest]] = {}
            for forest in shown:
                by_axis.setdefault(forest.axis, []).append(forest)
            groups = tuple(map(tuple, by_axis.values()))
            found.append(ForestSet(effects_name(card.claim, side), groups, caption))
    return found
