"""What comes first: what was decided, on which data, what that does not say; what AWAC reached.

They are made of the counts and numbers of the report alone: a new result changes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from figures.domains import DOMAINS
from figures.experiments import EXPERIMENTS, domain_of, title_of
from figures.statistics.across_seeds import MIN_SEEDS_FOR_INTERVAL
from reproduce.judging.conditions import Verdict
from reproduce.reporting.aggregates import ALL_TASKS, REFERENCE, Aggregate, TaskScores
from reproduce.reporting.blocks import counted, number
from reproduce.reporting.content import Content
from reproduce.reporting.inventory import PROFILES, SUBSTITUTE
from reproduce.reporting.wording import SETTINGS, WORDS
from reproduce.specs.presets import PRESETS

TOLD = (
    Verdict.SUPPORTED,
    Verdict.SMALLER,
    Verdict.CONTRADICTED,
    Verdict.INCONCLUSIVE,
    Verdict.NOT_DECIDABLE,
    Verdict.NOT_RUN,
)
"""In the order of the first sentence; zeros are told of the first, the third and the last alone."""
ALWAYS = (Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.NOT_RUN)


def findings(content: Content) -> tuple[str, ...]:
    """The sentences: what was decided, on which data, and what neither says."""
    return tuple(filter(None, (decided(content), substituted(content), limits(content))))


def decided(content: Content) -> str:
    """How many of the testable claims came out how, by settings."""
    testable = [card.claim for card in content.cards if not card.claim.untestable]
    asked = [claim.quote for claim in testable if not claim.again]
    parts = []
    for profile in PROFILES:
        counts = content.counts(profile)
        if counts[Verdict.NOT_RUN] == len(asked):
            parts.append(f"with {SETTINGS[profile]} none was run")
            continue
        parts.append(f"with {SETTINGS[profile]} {', '.join(_told(counts, ALWAYS))}")
    first = (
        f"Of {counted(len(asked), 'claim')} that results can test, about "
        f"{counted(len(set(asked)), 'sentence')} of the paper, at preset `{content.preset}`: "
        f"{'; '.join(parts)}."
    )
    more = sum(bool(claim.again) for claim in testable)
    if not more:
        return first
    counts = content.counts(PROFILES[0], again=True)
    return (
        f"{first} {counted(more, 'more claim')} ask some of these sentences again, with a value or "
        "a penalty of the authors in place of the text's: "
        f"{', '.join(_told(counts))}."
    )


def _told(counts: Mapping[Verdict, int], always: Sequence[Verdict] = ()) -> list[str]:
    return [
        f"{counts[verdict]} {'is' if counts[verdict] == 1 else 'are'} {WORDS[verdict]}"
        for verdict in TOLD
        if counts[verdict] or verdict in always
    ]


def substituted(content: Content) -> str:
    """Which prior data is not the paper's; "" where all is."""
    hand = EXPERIMENTS["figure1"].tasks
    if not any(each.kind == SUBSTITUTE and each.task in hand for each in content.data):
        return ""
    return (
        "The runs on the hand start from a few demonstrations of a published expert and rollouts "
        "of their clone, where the paper has 25 human demonstrations a task and rollouts of theirs "
        "([data](#data))."
    )


def reached(content: Content) -> tuple[str, ...]:
    """Where AWAC ends and where the best and the poorest of the others do, task by task."""
    parts = [
        part
        for found in content.aggregates
        for scores in found.by_task
        if scores.task != ALL_TASKS and (part := _reached(found, scores))
    ]
    return tuple(f"{part}." for part in parts)


def _reached(found: Aggregate, scores: TaskScores) -> str:
    """``Pen rotation: AWAC ends at 0.84 success, the other methods between 0.20 (MPO) and 0.92
    (BCQ)``.

    All that are named have seeds enough for an interval. No mean over tasks is told: that of a
    domain may have another order of methods than each of its tasks.
    """
    final = {s.label: s.estimate.value for s in scores.scores["jt"] if s.estimate.known}
    if REFERENCE not in final:
        return ""
    others = sorted((m for m in final if m != REFERENCE), key=lambda m: final[m])
    shown = list(dict.fromkeys([*others[:1], *others[-1:]]))
    domain = DOMAINS[found.domain]
    size = domain.measure.sign  # a distance counts negative
    values = [f"{number(size * final[name])} ({name})" for name in shown]
    profile = "" if found.profile == PROFILES[0] else f", {SETTINGS[found.profile]}"
    beside = {
        0: "",
        1: f", the other method at {' '.join(values)}",
        2: f", the other methods between {' and '.join(values)}",
    }[len(values)]
    return (
        f"{title_of(scores.task)}{profile}: {REFERENCE} ends at "
        f"{number(size * final[REFERENCE])} {domain.level}{beside}"
    )


def limits(content: Content) -> str:
    """Why that is no word about the paper: the size of the runs, and how few there are."""
    run = len(content.run_cells)
    few = len(content.few_seeds)
    runs = counted(content.finished, "finished run")
    seeds = (
        f"{few} of {counted(run, 'cell')} of method and task with fewer than "
        f"{MIN_SEEDS_FOR_INTERVAL} seeds, about which nothing can be concluded"
        if few
        else f"at least {MIN_SEEDS_FOR_INTERVAL} seeds in each cell of method and task"
    )
    if content.preset == "paper":
        return f"This rests on {runs} of the paper's networks and budgets, with {seeds}."
    preset = PRESETS[content.preset]
    tasks = {cell.want.task for cell in content.run_cells}
    steps = [preset.of(REFERENCE, domain_of(task), task)["online_steps"] for task in tasks]
    asked = (card.claim for card in content.cards if not card.claim.untestable)
    counted_alone = [claim.id for claim in asked if not claim.arms()]
    budget = f" and at most {max(steps):,} online steps" if steps else ""
    return (
        f"This rests on {runs} of networks smaller than the paper's{budget}, with {seeds}: it "
        "neither confirms nor refutes what the paper reports for its own settings."
        + "".join(f" {name} asks the demonstrations alone, and no run." for name in counted_alone)
    )
