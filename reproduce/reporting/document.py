"""The whole report as blocks, in order: front page, aggregates, stock, cards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from figures.experiments import OF_DOMAIN
from reproduce.judging.evidence import MEASURES
from reproduce.reporting.aggregates import ALL_TASKS, SCALARS, Aggregate, TaskScores
from reproduce.reporting.blocks import (
    Block,
    Heading,
    Picture,
    Table,
    Text,
    interval,
    number,
    with_interval,
)
from reproduce.reporting.cards import card_blocks
from reproduce.reporting.content import Content
from reproduce.reporting.front import front_blocks
from reproduce.reporting.stock import stock_blocks


def document(content: Content, out: Path) -> list[Block]:
    """All blocks of the report that lies in ``out``."""
    blocks = [*front_blocks(content), *_aggregates(content), *stock_blocks(content, out)]
    blocks.append(Heading(2, "Claims", "claims"))
    for card in content.cards:
        blocks += card_blocks(card, content)
    return blocks


def aggregate_name(found: Aggregate) -> str:
    """Name of an aggregate's picture, without its ending."""
    return f"aggregate-{found.domain}-{found.profile}"


def curves_name(found: Aggregate, column: str) -> str:
    """Name of the chart of all methods of a domain."""
    return f"curves-{found.experiment}-{found.profile}-{column}"


def _aggregates(content: Content) -> Iterator[Block]:
    yield Heading(2, "Aggregates", "aggregates")
    yield Text(
        "J is success at any step on the hand, the negative distance of puck and goal in metres in "
        "pushing, the normalised score (0 random, 1 the demonstrations) in locomotion; final J the "
        "mean of the last five evaluations, AUC the mean over online steps. Interquartile means "
        "(means below 4 runs) with 95 % stratified bootstrap intervals in brackets; below 5 seeds "
        "there is none, and single runs stand in parentheses."
    )
    if content.others.notes:
        yield Text(
            f"{' '.join(content.others.notes)} They stand beside ours in aggregates and curves "
            "and enter no verdict; AUC is over each run's own online steps."
        )
    if not content.aggregates:
        yield Text("No finished run.")
    for found in content.aggregates:
        name = aggregate_name(found)
        yield Heading(3, f"{found.domain.capitalize()}, profile {found.profile}", name)
        alt = f"Scores, performance profile and probability of improvement: {found.domain}"
        yield Picture(f"report/{name}.png", alt)
        for note in found.notes:
            yield Text(f"Left out: {note}.")
        for scores in found.by_task if len(found.tasks) > 1 else found.by_task[:-1]:
            yield Text(f"**{scores.task}**")
            yield _score_table(scores, len(found.tasks) if scores.task == ALL_TASKS else 1)
        if any(found.improvements.values()):
            yield _improvement_table(found)
        yield from _curves(found)


def _curves(found: Aggregate) -> Iterator[Block]:
    shown = {metric.column: metric.name for metric in OF_DOMAIN[found.domain].metrics}
    column = MEASURES[found.domain].column
    for each, name in sorted(shown.items(), key=lambda item: item[0] != column):
        chart = curves_name(found, each)
        path = f"report/{chart}.png" if each == column else ""
        yield Picture(path, f"{name}, every seed, profile {found.profile}", chart)


def _score_table(scores: TaskScores, tasks: int) -> Table:
    """One row a method."""
    rows = []
    for place, final in enumerate(scores.scores["jt"]):
        mine = [scores.scores[scalar][place] for scalar in SCALARS]
        count = scores.tasks_of[final.label]
        cells = (with_interval(score.estimate, score.values) for score in mine)
        rows.append((final.label, f"{count} of {tasks}", str(len(final.values)), *cells))
    return Table(("method", "tasks", "runs", *SCALARS.values()), tuple(rows))


def _improvement_table(found: Aggregate) -> Table:
    """P(AWAC > other), per scalar."""
    rows = []
    columns = [SCALARS[scalar] for scalar in found.improvements]
    first = next(iter(found.improvements.values()))
    for place, score in enumerate(first):
        cells = []
        for scores in found.improvements.values():
            estimate = scores[place].estimate
            known = f" [{interval(estimate)}]" if estimate.known else ""
            cells.append(f"{number(estimate.value)}{known}")
        rows.append((score.label, str(score.estimate.seeds), *cells))
    names = tuple(f"P(AWAC better), {name}" for name in columns)
    return Table(("AWAC against", "seeds", *names), tuple(rows))
