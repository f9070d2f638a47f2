"""One card a claim."""

from __future__ import annotations

from collections.abc import Iterator

from reproduce.claims import Claim
from reproduce.judging.conditions import Verdict
from reproduce.judging.verdicts import Effect, seen
from reproduce.reporting.blocks import (
    Block,
    Code,
    Heading,
    Picture,
    Quote,
    Table,
    Text,
    badge,
    counted,
    interval,
    number,
    p_value,
)
from reproduce.reporting.content import SILENT, Card, Content, Panels, Side
from reproduce.reporting.sensitivity import Sensitivity

EFFECT_COLUMNS = (
    "task", "effect", "asks", "profile", "value", "interval", "seeds", "p", "verdict",
    "5 seeds see", "note",
)  # fmt: skip


def anchor_of(claim: Claim) -> str:
    """What links to a card point to."""
    return f"claim-{claim.id.lower()}"


def panel_name(claim: Claim, panels: Panels) -> str:
    """Name of a card's picture, without its ending."""
    return f"{claim.id}-{panels.experiment}-{panels.domain}-{panels.profile}"


def verdict_line(card: Card) -> str:
    """``paper: **SUPPORTED**; released: **NOT RUN**``; once where no result can decide it."""
    if card.claim.untestable:
        return badge(Verdict.NOT_TESTABLE)
    return "; ".join(f"{side.profile}: {badge(side.finding.verdict)}" for side in card.sides)


def card_blocks(card: Card, content: Content) -> Iterator[Block]:
    """The card; short where nothing was found."""
    claim = card.claim
    yield Heading(3, f"{claim.id}. {verdict_line(card)}", anchor_of(claim))
    yield Quote(f"{claim.quote} ({_section(claim.section)})")
    if claim.untestable:
        yield Text(f"Not testable by results: {claim.untestable}.")
        return
    yield Text(f"**Asked:** {claim.check}.")
    if claim.reading:
        yield Text(f"**Reading taken:** {claim.reading}")
    if claim.refers:
        links = ", ".join(f"[{name}](#claim-{name.lower()})" for name in claim.refers)
        yield Text(f"**Decided elsewhere, once:** {links}.")
    for side in card.sides:
        for panels in side.panels:
            name = panel_name(claim, panels)
            alt = f"{claim.id}: every seed, profile {side.profile}, {', '.join(panels.tasks)}"
            yield Picture(f"report/{name}.png", alt, name)
    rows = tuple(_effect_rows(card))
    if rows:
        yield Table(EFFECT_COLUMNS, rows)
    yield from _verdicts(card)
    for side in card.sides:
        if side.sensitivity:
            found = "; ".join(map(_sensitivity, side.sensitivity))
            yield Text(f"**By other measures** (profile {side.profile}): {found}.")
    yield from _evidence(card)
    yield from _commands(card, content)


def _section(name: str) -> str:
    return name if name.startswith("Figure") else f"section {name}"


def _effect_rows(card: Card) -> Iterator[tuple[str, ...]]:
    """Effects with both profiles beneath each other; those of runs that are missing only where
    the claim was decided without them."""
    for effects in zip(*(side.finding.effects for side in card.sides), strict=True):
        for side, effect in zip(card.sides, effects, strict=True):
            if effect.verdict is not Verdict.NOT_RUN or side.finding.verdict not in SILENT:
                yield _effect_row(side.profile, effect)


def _effect_row(profile: str, effect: Effect) -> tuple[str, ...]:
    found = effect.estimate
    return (
        effect.task, effect.what, effect.asks, profile,
        number(found.value if found else None), interval(found),
        str(found.seeds) if found else number(None),
        p_value(effect.p_value), str(effect.verdict), seen(effect) or number(None), effect.note,
    )  # fmt: skip


def _verdicts(card: Card) -> Iterator[Text]:
    """How the effects make the verdict, and what is missing."""
    for side in card.sides:
        effects = side.finding.effects
        missing = [effect for effect in effects if effect.verdict is Verdict.NOT_RUN]
        if len(missing) == len(effects):
            yield Text(f"**Profile {side.profile}:** not run.")
            continue
        yield Text(f"**Profile {side.profile}:** {side.finding.reason}.")
        if missing and side.finding.verdict in SILENT:
            tasks = ", ".join(dict.fromkeys(effect.task for effect in missing))
            yield Text(f"Missing under profile {side.profile}: {tasks}.")


def _sensitivity(found: Sensitivity) -> str:
    return f"{found.name}: {found.verdict or found.reason}"


def _evidence(card: Card) -> Iterator[Text]:
    """Files and compute behind the card."""
    for side in card.sides:
        if side.runs:
            files = ", ".join(f"`{name}`" for name in side.files)
            yield Text(
                f"**Evidence** (profile {side.profile}): {files}; "
                f"{counted(side.runs, 'finished run')}, {number(side.hours, 2)} core-hours."
            )


def _commands(card: Card, content: Content) -> Iterator[Block]:
    lines = tuple(dict.fromkeys(line for side in card.sides for line in side.commands))
    if not lines:
        return
    yield Text("**What makes the missing evidence:**")
    yield Code(lines)
    if card.beyond_preset:
        yield Text(
            f"It asks about step {card.beyond_preset:,}, which runs of preset `{content.preset}` "
            "do not reach."
        )


def sides(content: Content, profile: str) -> list[tuple[Claim, Side]]:
    """Every claim under one profile."""
    return [
        (card.claim, side) for card in content.cards for side in card.sides
        if side.profile == profile
    ]  # fmt: skip
