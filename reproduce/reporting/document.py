"""The whole report as blocks, in order: front page, aggregates, cards, stock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from figures.domains import DOMAINS
from figures.experiments import OF_DOMAIN
from figures.statistics.resampling import Estimate
from reproduce.reporting.aggregates import (
    ALL_TASKS,
    COMPARED,
    NO_PICTURE,
    NO_PROBABILITY,
    SCALARS,
    Aggregate,
    TaskScores,
)
from reproduce.reporting.blocks import (
    NONE,
    Block,
    Fold,
    Heading,
    Picture,
    Table,
    Text,
    counted,
    interval,
    number,
    sources,
    with_interval,
)
from reproduce.reporting.cards import card_blocks
from reproduce.reporting.content import Content
from reproduce.reporting.front import front_blocks, is_silent
from reproduce.reporting.stock import stock_blocks
from reproduce.reporting.wording import SETTINGS


def document(content: Content, out: Path, beside: str = "") -> list[Block]:
    """All blocks of the report that lies in ``out``; ``beside``: the way from there to the files
    of results."""
    first = next(map(main_curves, content.aggregates), None)
    picture = [_curves(content.aggregates[0], first, beside)] if first else []
    blocks = [*front_blocks(content, picture), *_aggregates(content, beside)]
    blocks.append(Heading(2, "Claims", "claims"))
    silent: list[Block] = []
    for card in content.cards:
        (silent if is_silent(card) else blocks).extend(card_blocks(card, content, beside))
    count = sum(map(is_silent, content.cards))
    if silent:
        blocks.append(Fold(f"{counted(count, 'claim')} not run or not testable", tuple(silent)))
    return [*blocks, *stock_blocks(content, out, beside)]


def aggregate_name(found: Aggregate) -> str:
    """Name of an aggregate's picture, without its ending."""
    return f"aggregate-{found.domain}-{found.profile}"


def curves_name(found: Aggregate, column: str) -> str:
    """Name of the chart of all methods of a domain."""
    return f"curves-{found.experiment}-{found.profile}-{column}"


def _aggregates(content: Content, beside: str) -> Iterator[Block]:
    yield Heading(2, "Aggregates", "aggregates")
    yield Text(
        "J is success at any step on the hand, the negative distance of puck and goal in metres in "
        "pushing, the normalised score (0 random, 1 the expert's demonstrations) in locomotion; "
        "final J the mean of the last five evaluations, AUC the mean over online steps. "
        "Interquartile means "
        "(means below 4 runs) with 95 % stratified bootstrap intervals in brackets; below 5 seeds "
        "there is none, and single runs stand in parentheses. Differences to AWAC have the "
        "expanded intervals that claims are judged by, without the noise of the episodes. Shaded "
        "in the pictures: δ, the margin of practical size, 0.05 of success or score and 1 cm in "
        "pushing, around AWAC or around no difference."
    )
    if content.others.notes:
        yield Text(
            f"{' '.join(content.others.notes)} They stand beside ours in aggregates and curves "
            "and enter no verdict; AUC is over each run's own online steps."
        )
    if not content.aggregates:
        yield Text("No finished run.")
    for number_of, found in enumerate(content.aggregates):
        name = aggregate_name(found)
        yield Heading(3, f"{found.domain.capitalize()}, {SETTINGS[found.profile]}", name)
        alt = f"Scores, differences and performance profile: {found.domain}"
        if found.is_pictured:
            yield Picture(f"report/{name}.png", alt, name, sources(found.experiment, beside))
        else:
            yield Text(NO_PICTURE)
        for note in found.notes:
            yield Text(f"Left out: {note}.")
        for scores in found.by_task if len(found.tasks) > 1 else found.by_task[:-1]:
            yield Text(f"**{scores.task}**")
            yield _score_table(scores, len(found.tasks) if scores.task == ALL_TASKS else 1)
        if any(found.differences.values()):
            yield _comparison_table(found)
            if lacks_probability(found):
                yield Text(f"{NONE}: no probability. {NO_PROBABILITY}")
        for column in columns_of(found):
            if number_of or column != main_curves(found):  # which stands on the front page
                yield _curves(found, column, beside)


def columns_of(found: Aggregate) -> list[str]:
    """The columns whose curves are shown, what is judged first."""
    shown = [metric.column for metric in OF_DOMAIN[found.domain].metrics]
    return sorted(shown, key=lambda column: column != main_curves(found))


def main_curves(found: Aggregate) -> str:
    """The column that is judged."""
    return DOMAINS[found.domain].measure.column


def _curves(found: Aggregate, column: str, beside: str) -> Picture:
    name = {metric.column: metric.name for metric in OF_DOMAIN[found.domain].metrics}[column]
    chart = curves_name(found, column)
    path = f"report/{chart}.png" if column == main_curves(found) else ""
    alt = f"{name}, every seed, {SETTINGS[found.profile]}"
    return Picture(path, alt, chart, sources(found.experiment, beside))


def lacks_probability(found: Aggregate) -> bool:
    """Whether a comparison has too few seeds for one."""
    return any(len(found.improvements[s]) < len(found.differences[s]) for s in found.differences)


def _score_table(scores: TaskScores, tasks: int) -> Table:
    """One row a method."""
    rows = []
    for place, final in enumerate(scores.scores["jt"]):
        mine = [scores.scores[scalar][place] for scalar in SCALARS]
        count = scores.tasks_of[final.label]
        cells = (with_interval(score.estimate, score.values) for score in mine)
        rows.append((final.label, f"{count} of {tasks}", str(len(final.values)), *cells))
    return Table(("method", "tasks", "runs", *SCALARS.values()), tuple(rows))


def _comparison_table(found: Aggregate) -> Table:
    """AWAC less each other method, and where there are seeds enough P(AWAC > other)."""
    chances = {s: {each.label: each.estimate for each in found.improvements[s]} for s in COMPARED}
    rows = []
    for place, first in enumerate(found.differences[COMPARED[0]]):
        mine = [found.differences[scalar][place].estimate for scalar in COMPARED]
        cells = [*map(_known, mine), *(_known(chances[s].get(first.label)) for s in COMPARED)]
        rows.append((first.label, str(first.estimate.seeds), *cells))
    names = [f"AWAC − other, {SCALARS[scalar]}" for scalar in COMPARED]
    names += [f"P(AWAC better), {SCALARS[scalar]}" for scalar in COMPARED]
    return Table(("AWAC against", "seeds", *names), tuple(rows))


def _known(estimate: Estimate | None) -> str:
    """``0.2 [0.1 … 0.3]``; without the interval where there is none."""
    if estimate is None:
        return NONE
    return number(estimate.value) + (f" [{interval(estimate)}]" if estimate.known else "")
