"""One card a claim."""

from __future__ import annotations

from collections.abc import Iterator

from figures.statistics.across_seeds import MIN_SEEDS_FOR_INTERVAL
from reproduce.judging.claim import Claim
from reproduce.judging.conditions import Verdict
from reproduce.judging.verdicts import Effect, joined, seen
from reproduce.judging.visible import Visible
from reproduce.reporting.blocks import (
    Block,
    Code,
    Heading,
    Picture,
    Quote,
    Table,
    Text,
    counted,
    each_of,
    interval,
    number,
    p_value,
    sources,
)
from reproduce.reporting.bounds import clipped, possible, reached
from reproduce.reporting.claim_axes import forests, groups
from reproduce.reporting.content import SILENT, Card, Content, Panels, Side
from reproduce.reporting.sensitivity import Sensitivity
from reproduce.reporting.wording import SETTINGS, badge, plain, worded

EFFECT_COLUMNS = (
    "task",
    "effect",
    "asks",
    "settings",
    "value",
    "interval",
    "seeds",
    "p",
    "verdict",
    "would be seen",
    "note",
)


def anchor_of(claim: Claim) -> str:
    """What links to a card point to."""
    return f"claim-{claim.id.lower()}"


def panel_name(claim: Claim, panels: Panels) -> str:
    """Name of a card's picture, without its ending."""
    return f"{claim.id}-{panels.experiment}-{panels.domain}-{panels.profile}"


def effects_name(claim: Claim, side: Side) -> str:
    """Name of the picture of a claim's effects, without its ending."""
    return f"{claim.id}-effects-{side.profile}"


def preset_of(claim: Claim, content: Content) -> str:
    """The preset that a verdict is about; "" where no run is asked."""
    return content.preset if claim.arms() else ""


def verdict_line(card: Card, preset: str) -> str:
    """``the text's settings: **seen at small**; the released settings: **not run at small**``; once
    where no result can decide it."""
    if card.claim.untestable:
        return badge(Verdict.NOT_TESTABLE, preset)
    return "; ".join(
        f"{SETTINGS[side.profile]}: {badge(side.finding.verdict, preset)}" for side in card.sides
    )


def card_blocks(card: Card, content: Content, beside: str = "") -> Iterator[Block]:
    """The card; short where nothing was found. ``beside``: the way to the files of results."""
    claim = card.claim
    preset = preset_of(claim, content)
    yield Heading(3, f"{claim.id}. {verdict_line(card, preset)}", anchor_of(claim))
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
        yield from _pictures(claim, side, beside)
    rows = tuple(_effect_rows(card, preset))
    if rows:
        yield Table(EFFECT_COLUMNS, rows)
    if any(effect.p_value is not None for side in card.sides for effect in side.finding.effects):
        yield Text("p: of times the two-sided log-rank test, else the one-sided Mann–Whitney test.")
    yield from _verdicts(card)
    for side in card.sides:
        if side.sensitivity:
            found = "; ".join(_sensitivity(each, preset) for each in side.sensitivity)
            yield Text(f"**Asked otherwise** ({SETTINGS[side.profile]}): {found}.")
    yield from _evidence(card)
    yield from _commands(card, content)


def _pictures(claim: Claim, side: Side, beside: str) -> Iterator[Picture]:
    """The effects with what is asked, then the curves that they were computed from."""
    if side.finding.verdict in SILENT:
        return
    if forests(side.finding.effects):
        name, files = effects_name(claim, side), [file.removesuffix(".csv") for file in side.files]
        alt = f"{claim.id}: {claim.check}; every effect, {SETTINGS[side.profile]}"
        links = " ".join(sources(file, beside) for file in files)
        yield Picture(f"report/{name}.png", alt, name, links)
    for panels in side.panels:
        name = panel_name(claim, panels)
        alt = f"{claim.id}: every seed, {SETTINGS[side.profile]}, {', '.join(panels.tasks)}"
        yield Picture(f"report/{name}.png", alt, name, sources(panels.experiment, beside))


def _section(name: str) -> str:
    return name if name.startswith("Figure") else f"section {name}"


def _effect_rows(card: Card, preset: str) -> Iterator[tuple[str, ...]]:
    """Effects with both settings beneath each other, methods in the order of the figures; those of
    runs that are missing only where the claim was decided without them."""
    first = card.sides[0].finding.effects
    place = {id(effect): index for index, effect in enumerate(first)}
    for group in groups(first):
        for index in (place[id(effect)] for effect in group.effects):
            for side in card.sides:
                effect = side.finding.effects[index]
                if effect.verdict is not Verdict.NOT_RUN or side.finding.verdict not in SILENT:
                    yield _effect_row(side.profile, effect, preset)


def _effect_row(profile: str, effect: Effect, preset: str) -> tuple[str, ...]:
    found = effect.estimate
    digits = effect.question.quantity.digits
    limits = possible(effect)
    return (
        effect.task,
        effect.what,
        str(effect.question.asks),
        SETTINGS[profile],
        number(found.value if found else None, digits),
        interval(found and clipped(found, limits), digits),
        _seeds(effect),
        p_value(effect.p_value),
        worded(effect.verdict, preset),
        would_be_seen(reached(seen(effect), limits), digits - 1),
        plain(effect.remark),
    )


def _seeds(effect: Effect) -> str:
    """``10 and 5``."""
    seeds = effect.seeds or ((effect.estimate.seeds,) if effect.estimate else ())
    return each_of(seeds) if any(seeds) else number(None)


def would_be_seen(told: Visible | None, digits: int = 2) -> str:
    """The effect that a claim's rule says five seeds would have shown, with their number:
    ``≥ 0.68 with 5 seeds``, ``≥ 9 of 10 runs``, ``nothing with 5 seeds``.

    Two digits are as many as an estimate from the spread of a few seeds has; a variance has more
    zeros before them.
    """
    if told is None:
        return number(None)
    few = f"with {told.runs} runs" if told.runs else f"with {MIN_SEEDS_FOR_INTERVAL} seeds"
    if told.bound is None:
        return f"nothing {few}"
    return f"{told} runs" if told.runs else f"{told.place}{number(told.bound, digits)} {few}"


def _verdicts(card: Card) -> Iterator[Text]:
    """How the effects make the verdict, and what is missing."""
    for side in card.sides:
        effects = side.finding.effects
        missing = [effect for effect in effects if effect.verdict is Verdict.NOT_RUN]
        if len(missing) == len(effects):
            yield Text(f"**With {SETTINGS[side.profile]}:** not run.")
            if not any(effect.note for effect in missing):
                continue  # there are not even shorter runs
        else:
            yield Text(f"**With {SETTINGS[side.profile]}:** {plain(side.finding.reason)}.")
        if missing and side.finding.verdict in SILENT:
            tasks: dict[str, dict[str, None]] = {}  # of each note
            for effect in missing:
                note = joined(effect.missing, effect.note)
                tasks.setdefault(note, {})[effect.task] = None
            lacking = "; ".join(f"on {', '.join(on)}: {note}" for note, on in tasks.items())
            yield Text(f"Missing with {SETTINGS[side.profile]} {lacking}.")


def _sensitivity(found: Sensitivity, preset: str) -> str:
    return f"{found.name}: {worded(found.verdict, preset) if found.verdict else found.reason}"


def _evidence(card: Card) -> Iterator[Text]:
    """Files and compute behind the card."""
    if not card.claim.arms():
        yield Text(
            "**Evidence**: `reproduce/judging/demonstrations.csv`, and no run. "
            "`python reproduce/describe_demonstrations.py` counts them anew from their files."
        )
    for side in card.sides:
        if side.runs:
            files = ", ".join(f"`{name}`" for name in side.files)
            yield Text(
                f"**Evidence** ({SETTINGS[side.profile]}): {files}; "
                f"{counted(side.runs, 'finished run')}, {number(side.hours, 2)} core-hours."
            )


def _commands(card: Card, content: Content) -> Iterator[Block]:
    lines = tuple(dict.fromkeys(line for side in card.sides for line in side.commands))
    if not lines:
        return
    yield Text("**What makes the missing evidence:**")
    yield Code(lines)
    if card.beyond:
        step, reached_by = card.beyond
        yield Text(
            f"It asks about step {step:,}, which runs of preset `{content.preset}` do not reach. "
            f"Those of preset `{reached_by}` do: `report.py --preset {reached_by}` judges them, in "
            f"`results/{reached_by}/REPORT.md`."
        )
