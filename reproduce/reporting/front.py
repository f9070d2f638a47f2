"""The front page: what came out, and what a reader must not overlook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import ceil

import pandas as pd

from figures.domains import DOMAINS
from figures.experiments import domain_of, title_of
from figures.panels import from_people
from figures.statistics.across_seeds import MIN_SEEDS_FOR_INTERVAL
from reproduce.judging.comparisons import ALPHA
from reproduce.judging.conditions import Verdict
from reproduce.judging.verdicts import Finding
from reproduce.reporting.blocks import (
    Block,
    Filter,
    Fold,
    Heading,
    Items,
    Table,
    Text,
    Warning,
    counted,
    number,
)
from reproduce.reporting.cards import anchor_of, preset_of
from reproduce.reporting.content import SILENT, Card, Content
from reproduce.reporting.findings import findings, reached
from reproduce.reporting.inventory import PROFILES
from reproduce.reporting.wording import MEANINGS, SETTINGS, WORDS, badge
from reproduce.specs.presets import PRESETS

PAPER = "AWAC: Accelerating Online Reinforcement Learning with Offline Datasets"

_ORDER = tuple(Verdict)


def front_blocks(content: Content, first: Sequence[Block] = ()) -> Iterator[Block]:
    """Title, findings, a picture, the verdict matrix, and what a reader must not overlook.

    ``first``: the picture.
    """
    kinds = (kind for table in content.evidence.tables.values() for kind in table["data"].unique())
    shown = " from human demonstrations" if from_people(kinds) else ""
    yield Heading(1, f"{PAPER}: what preset {content.preset} shows of it{shown}", "top")
    yield Text(" ".join(findings(content)))
    if levels := reached(content):
        yield Items(levels)
    yield Filter()
    yield from first
    yield Heading(2, "Verdicts", "verdicts")
    yield Text(
        "J is success on the hand, minus the distance from the goal in pushing, and the normalised "
        "score in locomotion. Final J is the mean of a run's last five evaluations. AUC is the "
        "mean of J over the online steps. A gain is final J less J after the offline phase. "
        "A method is likely above another if, by a rank test, its run is the better one in more "
        "than half of the pairs. The last column counts the comparisons behind a verdict."
    )
    yield from _matrix(content)
    yield Table(
        ("settings", *(WORDS[verdict] for verdict in _ORDER)),
        tuple(
            (
                f"{SETTINGS[profile]}{', asked again' if again else ''}",
                *(str(content.counts(profile, again=again)[verdict]) for verdict in _ORDER),
            )
            for again in (False, True)
            for profile in PROFILES
            if not again or any(card.claim.again for card in content.cards)
        ),
    )
    yield Text(
        "What a verdict means, by the interval of each effect (`docs/statistics.md`; in brackets "
        "its name in the rules and in `verdicts.csv`):"
    )
    yield Items(tuple(f"{badge(v, content.preset)} ({v}): {MEANINGS[v]}." for v in _ORDER))
    yield Text(
        "Where one of several effects could decide a claim by mistake, its interval must lie there "
        f"when stretched for so many. {_over_all(content)} Runs of several versions of the "
        "numbers or several sets of prior data on one task decide nothing. The text's settings "
        "(profile `paper`) follow the paper's text; [the deviations](#deviations) name where they "
        "do not. The released settings (profile `released`) follow the authors' published "
        "scripts. Beside an effect that is not seen stands how large it would have to be in truth "
        f"to be seen in 8 of 10 experiments, with {MIN_SEEDS_FOR_INTERVAL} seeds a method that "
        "differ as those at hand do; of shares of runs, how many of the runs would have to hold."
    )
    yield Text(summary(content))
    for text in warnings(content):
        yield Warning(text)


def _over_all(content: Content) -> str:
    """How many verdicts chance may have decided."""
    asked = [card for card in content.cards if not is_silent(card)]
    wrong = ceil(ALPHA * len(asked))
    return (
        f"Each claim errs in {ALPHA:.0%} of experiments at most. Nothing is corrected for the "
        f"number of claims: of the {len(asked)} with a verdict here chance may have decided "
        f"{wrong} or so."
    )


def _matrix(content: Content) -> Iterator[Block]:
    """The claims that runs say something of, then the others behind a line."""
    told = [card for card in content.cards if not is_silent(card)]
    rest = [card for card in content.cards if is_silent(card)]
    if told:
        yield _table(content, told)
    if rest:
        yield Fold(
            f"{counted(len(rest), 'claim')} not run or not testable", (_table(content, rest),)
        )


def is_silent(card: Card) -> bool:
    """Whether nothing was found with any settings."""
    return all(verdict in SILENT for verdict in card.verdicts)


def _table(content: Content, cards: Sequence[Card]) -> Table:
    return Table(
        ("claim", "asked", *SETTINGS.values(), "comparisons, the text's settings"),
        tuple(
            (
                f"[{card.claim.id}](#{anchor_of(card.claim)})",
                card.claim.check,
                *(badge(verdict, preset_of(card.claim, content)) for verdict in card.verdicts),
                comparisons(card.sides[0].finding),
            )
            for card in cards
        ),
    )


def comparisons(finding: Finding) -> str:
    """How the effects of a claim came out: ``11 seen, 4 not seen``; – where there is one or none.

    Where they exclude that the claim is seen with more runs, that is said.
    """
    if len(finding.effects) < 2:
        return number(None)
    count = Counter(effect.verdict for effect in finding.effects)
    told = ", ".join(f"{count[verdict]} {WORDS[verdict]}" for verdict in _ORDER if count[verdict])
    return f"{told}: more runs cannot make it seen" if finding.is_shut else told


def summary(content: Content) -> str:
    """One paragraph: what the claims were put to, and what was run."""
    total = len(content.cards)
    parts = [
        f"{counted(total, 'claim')} of the paper {'were' if total != 1 else 'was'} put to "
        f"{counted(content.finished, 'finished run')} by version {content.rules_version} of the "
        "rules, which was fixed before any result at preset `paper` existed, and after some at "
        "preset `small` (`docs/statistics.md`)."
    ]
    done = content.run_cells
    if done:
        tasks = list(dict.fromkeys(cell.want.task for cell in done))
        low, high = min(c.done for c in done), max(c.done for c in done)
        seeds = counted(low, "seed") if low == high else f"{low} to {high} seeds"
        parts.append(f"Run so far: {', '.join(tasks)}, with {seeds} a method.")
    return " ".join(parts)


def warnings(content: Content) -> Iterator[str]:
    """What stands between these results and a statement about the paper."""
    if content.preset != "paper":
        yield (
            f"Preset `{content.preset}` is not the paper's: its networks, batches and budgets are "
            f"its own ({_preset(content)}). Its verdicts are about these settings and neither "
            "confirm nor refute what the paper reports for its own."
        )
    few = content.few_seeds
    if few:
        run = len(content.run_cells)
        yield (
            f"{len(few)} of {counted(run, 'cell')} (method, task, settings) that were run have "
            f"fewer than {MIN_SEEDS_FOR_INTERVAL} finished seeds: single runs and no interval are "
            "given for them, and nothing is concluded from them."
        )
    unfinished = [each for each in content.left_out if not each.finished]
    if unfinished:
        yield (
            f"{counted(len(unfinished), 'run')} failed or {'are' if len(unfinished) > 1 else 'is'} "
            "unfinished, and in no statistic; [see below](#left-out)."
        )
    changed = [file.name for file in content.files if any("+" in c for c in file.commits)]
    if changed:
        yield (
            f"{', '.join(changed)}: some runs were made with files that differed from their commit "
            "(`+changes`)."
        )
    yield from _mixed(content)
    yield from _misjudged(content)


def _misjudged(content: Content) -> Iterator[str]:
    """Methods whose Q was off by more than any return can be, from the end of the offline phase on.

    ``q_bias_fraction`` is the bias of Q in units of the largest possible return.
    """
    worst: dict[str, float] = {}
    for table in content.evidence.tables.values():
        if "q_bias_fraction" not in table:
            continue
        online = table[(table["env_step"] >= 0) & (table["status"] == "done")]
        for (task, name), bias in online.groupby(["env", "label"])["q_bias_fraction"]:
            found = pd.to_numeric(bias, errors="coerce").abs().max()
            if found > 1:
                what = f"{name} on {title_of(str(task))}"
                worst[what] = max(float(found), worst.get(what, 0.0))  # a run may be in two files
    if worst:
        named = ", ".join(f"{what} ({size:,.3g} times)" for what, size in worst.items())
        yield (
            "Q was off by more than the largest possible return, in some run after the offline "
            f"phase: {named}. Such a critic says little about actions (column `q_bias`)."
        )


def _mixed(content: Content) -> Iterator[str]:
    """Tasks whose methods started from prior data that is not the same bit for bit."""
    count = Counter(each.name for each in content.data)
    several = [name for name in count if count[name] > 1]
    if several:
        yield (
            f"Not all runs started from the same bits of prior data ({'; '.join(several)}); which "
            "did stands under [data](#data)."
        )


def _preset(content: Content) -> str:
    """The preset's settings, and what other ones the domains have of which there are runs."""
    preset = PRESETS[content.preset]
    run = dict.fromkeys(domain_of(cell.want.task) for cell in content.run_cells)
    domains = ((name, preset.domains[name]) for name in run if preset.domains.get(name))
    parts = [_settings(preset.settings)]
    parts += [f"{DOMAINS[name].place}: {_settings(its)}" for name, its in domains]
    return "; ".join(parts)


def _settings(settings: Mapping[str, object]) -> str:
    return ", ".join(f"`{key}={_plain(value)}`" for key, value in settings.items())


def _plain(value: object) -> str:
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)
