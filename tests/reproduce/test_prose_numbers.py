"""What README.md and docs/results-small.md say in sentences is what the committed rows give.

Each statement is a piece of a sentence whose numbers are worked out here from the CSVs, and which
its page must hold. Intervals, and what the rules conclude, are those of verdicts.csv. Other tests
hold the tables (`test_committed_numbers.py`) and the count of verdicts (`test_readme.py`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import trim_mean

from figures.experiments import ANT, CHEETAH, DOOR, PEN, PUSH, RELOCATE, WALKER, measure_of
from figures.statistics.estimates import aggregate, difference
from reproduce.judging.conditions import Verdict
from reproduce.reporting.wording import WORDS

ROOT = Path(__file__).resolve().parents[2]
PAGE = "docs/results-small.md"
Floats = NDArray[np.float64]

HAND = (PEN, DOOR, RELOCATE)
LOCOMOTION = (CHEETAH, WALKER, ANT)
PUSHING = ("AWAC", "AWAC[push-lambda]", "SAC", "SAC+BC", "ABM-MPO", "BC", "AWR", "MPO")
OTHERS = ("SAC", "SAC+BC", "BC", "ABM-MPO", "AWR", "DAPG", "BEAR", "BCQ", "BRAC")
"""The methods that H3 asks about beside AWAC; H8, H4 and H11 ask about a part of them."""
H8 = tuple(arm for arm in OTHERS if arm != "BC")
H4 = tuple(arm for arm in OTHERS if arm not in ("BC", "DAPG"))
H11 = ("SAC", "SAC+BC", "BEAR", "BCQ", "BRAC")

SMALL, LONG, LONG_HUMAN, HUMAN = "small", "long", "long-human", "small-human"
FILES = {
    **dict.fromkeys(HAND, "figure1"),
    PUSH: "figure2",
    **dict.fromkeys(LOCOMOTION, "figure3"),
}
EXCHANGES = ("reverse-KL", "Q-beta", "no-clamp", "Z(s)")  # rows of ablations.csv, of AWAC

# effects of verdicts.csv
LEAD = "AUC: AWAC − the best rival"
END_OF_BEAR = "final J: AWAC − BEAR"
OF_OTHERS = "AUC: ABM-MPO − the best rival"
AUTHORS_LEAD = "AUC: AWAC [push-lambda] − the best rival"
SCRATCH = "AUC: AWAC − AWAC [scratch], no prior data"
PUSH_SCRATCH = "AUC: AWAC [push-lambda] − AWAC [push-scratch], no prior data"
SAC_ALONE = "AUC: SAC − SAC [no-data], no prior data"
REVERSED = "AUC: AWAC − AWAC [reverse-KL]"
NORMALISED = "final J: AWAC − AWAC [Z(s)]"
RETURNS = "AUC: ABM-MPO − ABM-MPO [returns]"
CRITIC = "AUC: AWAC − AWAC [Q-beta]"
DAPG = "AUC: AWAC − DAPG"
ABOVE_AWR = "P(AUC of AWAC > AWR)"
OVERESTIMATED = "P(bias of Q after the offline phase of SAC > AWAC)"
AREA_ABOVE_AWR = "AUC: AWAC − AWR"
HELD = "share of runs that hold 0.9 by step 120,000: AWAC"
SOLVED = "share of demonstrations that solve the task"
QUICK = "share of demonstrations 10 steps or more behind the quickest"
STEADY = (
    "fluctuation of J within a run, a variance",
    "variance of final J between seeds",
    "largest bias of Q, or Q",
)

COUNTS = (
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
)


@cache
def rows(path: str) -> pd.DataFrame:
    frame = pd.read_csv(ROOT / "results" / f"{path}.csv", low_memory=False)
    frame["variant"] = frame["variant"].astype(object).fillna("")
    return frame[frame["status"] == "done"]


@dataclass(frozen=True)
class Runs:
    """One value at each evaluation of each run of a method; steps (n,), values (n, seeds)."""

    steps: NDArray[np.int64]
    values: Floats

    def at(self, step: int) -> Floats:
        return self.between(step, step).first

    def between(self, first: float, last: float = math.inf) -> Runs:
        asked = (self.steps >= first) & (self.steps <= last)
        return Runs(self.steps[asked], self.values[asked])

    def over(self, first: int, last: int) -> Floats:
        """Mean of each run over these steps, both included."""
        return np.asarray(self.between(first, last).values.mean(axis=0))

    @property
    def seeds(self) -> int:
        return len(self.values[0])

    @property
    def first(self) -> Floats:
        """Before the offline phase."""
        return np.asarray(self.values[0])

    @property
    def start(self) -> Floats:
        """After the offline phase."""
        return self.at(0)

    @property
    def end(self) -> Floats:
        return np.asarray(self.between(1).values[-5:].mean(axis=0))

    def rise(self, step: int) -> Floats:
        """From step 0 to another one."""
        return self.at(step) - self.start

    @property
    def gain(self) -> Floats:
        return self.end - self.start

    @property
    def late_rise(self) -> Floats:
        """From the first five evaluations after step 0 to the last five."""
        return np.asarray(self.end - self.between(1).values[:5].mean(axis=0))

    @property
    def area(self) -> Floats:
        """The mean over online steps, by the trapezoidal rule."""
        online = self.between(0)
        return np.asarray(np.trapezoid(online.values, online.steps, axis=0) / online.steps[-1])


@cache
def runs(
    task: str, arm: str = "AWAC", column: str = "", where: str = SMALL, profile: str = "paper"
) -> Runs:
    """Of `arm`, such as ``AWAC`` or ``AWAC[scratch]``; without `column`, of the task's measure."""
    method, _, variant = arm.removesuffix("]").partition("[")
    exchanged = variant in (*EXCHANGES, "returns") or (variant == "scratch" and task == PEN)
    frame = rows(f"{where}/{'ablations' if exchanged else FILES[task]}")
    of_arm = (frame["method"] == method) & (frame["variant"] == variant)
    mine = frame[of_arm & (frame["env"] == task) & (frame["profile"] == profile)]
    assert len(mine), f"no rows of {arm} on {task} in results/{where}"
    measure = measure_of(task)
    assert measure is not None
    table = mine.pivot(index="env_step", columns="seed", values=column or measure.column)
    return Runs(table.index.to_numpy(dtype=np.int64), table.to_numpy(dtype=np.float64))


def middle(values: Floats) -> float:
    """The interquartile mean; the mean below four seeds."""
    return float(trim_mean(values, 0.25) if len(values) >= 4 else values.mean())


def start(task: str, arm: str = "AWAC", where: str = SMALL, profile: str = "paper") -> float:
    return middle(runs(task, arm, where=where, profile=profile).start)


def end(task: str, arm: str = "AWAC", where: str = SMALL, profile: str = "paper") -> float:
    return middle(runs(task, arm, where=where, profile=profile).end)


def gain(task: str, arm: str = "AWAC", where: str = SMALL) -> float:
    return middle(runs(task, arm, where=where).gain)


def above(task: str, arm: str) -> float:
    """By how much the method ends above AWAC."""
    return end(task, arm) - end(task)


def lead(task: str, arm: str) -> float:
    """By how much the method's area under the curve is above AWAC's."""
    return middle(runs(task, arm).area) - middle(runs(task).area)


def holding(task: str, arm: str = "AWAC", where: str = SMALL, by: float = math.inf) -> int:
    """How many runs hold 0.9: the mean of the last five evaluations, up to step `by`."""
    level = runs(task, arm, where=where).between(-math.inf, by).end
    return int((level >= 0.9 - 1e-9).sum())


def changed(task: str, arm: str, first: int, last: int) -> float:
    """Change of the interquartile mean from one step to another."""
    found = runs(task, arm)
    return middle(found.at(last)) - middle(found.at(first))


@dataclass(frozen=True)
class Effect:
    """One row of verdicts.csv."""

    value: float
    low: float
    high: float
    verdict: str
    claim_verdict: str
    note: str

    @property
    def open(self) -> bool:
        """Whether the interval holds 0."""
        return self.low < 0 < self.high


@cache
def verdicts(where: str) -> pd.DataFrame:
    return pd.read_csv(ROOT / "results" / where / "verdicts.csv")


@cache
def effect(claim: str, task: str, what: str, where: str = SMALL, profile: str = "paper") -> Effect:
    frame = verdicts(where)
    of_claim = (frame["claim"] == claim) & (frame["profile"] == profile)
    mine = frame[of_claim & (frame["task"] == task) & (frame["what"] == what)]
    assert len(mine) == 1, f"{len(mine)} rows of {claim}, {task}, {what!r}"
    columns = ("value", "low", "high", "verdict", "claim_verdict", "note")
    return Effect(*(mine.iloc[0][name] for name in columns))


def card(claim: str) -> str:
    """What the report says of it."""
    text = (ROOT / "results" / SMALL / "REPORT.md").read_text()
    return text.partition(f'<a id="claim-{claim.lower()}">')[2].partition('<a id="claim-')[0]


def in_note(pattern: str, found: Effect) -> str:
    """What only the note of an effect says."""
    match = re.search(pattern, found.note)
    assert match is not None, found.note
    return match[1]


def number(value: float, digits: int = 2) -> str:
    """With a true minus sign, and without one before zero; halves are rounded away from it."""
    exact = Decimal(repr(round(float(value), 9)))
    text = str(exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))
    return (text if text.strip("-0.") else text.lstrip("-")).replace("-", "−")


def at_most(values: Iterable[float]) -> str:
    """The largest, rounded up to hundredths."""
    return number(math.ceil(max(values) * 100 - 1e-6) / 100)


def tenths(value: float) -> str:
    return number(value, 1)


def whole(value: float) -> str:
    return number(value, 0)


def metres(value: float) -> str:
    return number(value, 3)


def signed(value: float) -> str:
    text = number(value)
    return f"+{text}" if value > 0 and text.strip("0.") else text


def word(count: int) -> str:
    return COUNTS[count]


def listed(values: Iterable[float], form: Callable[[float], str] = number) -> str:
    """Such as "0.1, 0.2 and 0.3"."""
    *before, last = map(form, values)
    return f"{', '.join(before)} and {last}"


def span(values: Iterable[float], form: Callable[[float], str] = number) -> str:
    """Smallest to largest."""
    found = sorted(values)
    return f"{form(found[0])} to {form(found[-1])}"


def better(found: Effect) -> str:
    """The interval of a difference that is not 0, in metres, without its sign."""
    assert not found.open
    return span((abs(found.low), abs(found.high)), metres)


def so(holds: bool, words: str) -> str:
    """`words`, if they hold; else what is on no page."""
    return words if holds else f"(NOT SO: {words})"


def on_all(tasks: Iterable[str], holds: Callable[[str], bool]) -> bool:
    return all(holds(task) for task in tasks)


def budget(task: str) -> str:
    return f"{runs(task).steps[-1]:,}"


def last_five(task: str) -> str:
    return f"{runs(task).steps[-5]:,} to {runs(task).steps[-1]:,}"


def rivals_run(claim: str, task: str) -> str:
    """Such as "5 of 9"."""
    return in_note(r"(\d+ of \d+) rivals run", effect(claim, task, LEAD))


def demonstrations(task: str, what: str, profile: str = "paper") -> int:
    """How many of the 25."""
    return int(in_note(r"^(\d+) of 25 human", effect("H9", task, what, profile=profile)))


def overlap(task: str, arm: str, other: str) -> bool:
    """Whether the intervals overlap that the table shows."""
    one, two = (aggregate([runs(task, each).end]) for each in (arm, other))
    return one.low <= two.high and two.low <= one.high


def told_apart(task: str, arm: str, other: str, where: str) -> bool:
    one, two = (runs(task, each, where=where).end for each in (arm, other))
    found = difference(one, two, method="expanded")
    return not found.low < 0 < found.high


def wholly_below(task: str, arm: str, other: str) -> bool:
    """Whether every run is below every run of the other method, at the end and in area."""
    mine, theirs = runs(task, arm), runs(task, other)
    return bool(mine.end.max() < theirs.end.min() and mine.area.max() < theirs.area.min())


def bias_of_q(task: str, arm: str) -> Runs:
    """In units of the largest possible return."""
    return runs(task, arm, "q_bias_fraction")


def error_of_q(task: str, arm: str = "AWAC") -> Floats:
    """Q less the return after the offline phase, in rewards."""
    return runs(task, arm, "q_bias").start


def extremes(values: Iterable[Floats]) -> list[float]:
    every = np.concatenate(list(values))
    return [float(every.min()), float(every.max())]


def diverged(task: str, arm: str) -> int:
    """Runs whose Q exceeds every possible return tenfold after the offline phase."""
    return int((bias_of_q(task, arm).start > 10).sum())


def good_on_the_door() -> list[str]:
    return sorted((a for a in OTHERS if end(DOOR, a) > 0.7), key=lambda arm: -end(DOOR, arm))


def progress_on_the_pen() -> str:
    gains = {arm: gain(PEN, arm) for arm in H8}
    made = sorted((arm for arm in H8 if gains[arm] >= 0.05), key=lambda arm: -gains[arm])
    small = all(abs(gains[arm]) < 0.05 for arm in H8 if arm not in made)
    told = [f"{arm} {number(gains[arm])}" for arm in made]
    return (
        f"{so(2 * len(made) == len(H8), 'half of the eight do not make')}: "
        f"{made[0]} gains {number(gains[made[0]])}, {', '.join(told[1:-1])} and {told[-1]}; "
        f"{so(small, 'the others change by less than 0.05')}."
    )


def likely_above() -> set[tuple[str, str]]:
    """Task and method of the comparisons of H11 that are seen."""
    every = {(t, arm): f"P(AUC of AWAC > {arm})" for t in HAND for arm in H11}
    return {
        key for key, what in every.items() if effect("H11", key[0], what).verdict == "supported"
    }


def minutes(arm: str) -> float:
    return float(np.mean([runs(task, arm, "wall_s").values[-1].mean() for task in HAND])) / 60


def multiplier(task: str, since: int) -> float:
    """Lowest of BEAR's multiplier from a step on."""
    return float(runs(task, "BEAR", "constraint_multiplier").between(since).values.min())


def mmd(task: str) -> float:
    return float(np.nanmedian(runs(task, "BEAR", "constraint_mmd").values))


def of_mpo_on_the_hand(column: str) -> list[float]:
    """Smallest and largest of all evaluations."""
    found = [runs(task, "MPO", column).values for task in HAND]
    return [float(min(map(np.nanmin, found))), float(max(map(np.nanmax, found)))]


def mean_at(arm: str, column: str, step: int) -> str:
    return whole(runs(PEN, arm, column).at(step).mean())


def long_mean(task: str, first: int, last: int, where: str = LONG) -> str:
    """Plain mean over seeds, as the text of this section has it."""
    return number(runs(task, where=where).over(first, last).mean())


def sampled(task: str) -> str:
    found = runs(task, column="success_any_sampled", where=LONG)
    return f"{number(found.start.mean())} and {number(found.values[-1].mean())}"


def highest_two() -> list[int]:
    found = runs(PEN, where=LONG)
    return sorted(int(step) for step in found.steps[np.argsort(found.values.mean(axis=1))[-2:]])


def seeds_of_people(*arms: str) -> str:
    """Such as "one or two"."""
    found = {runs(task, arm, where=HUMAN).seeds for arm in arms for task in (PEN, DOOR)}
    return " or ".join(map(word, sorted(found)))


def lost_q() -> set[tuple[str, str]]:
    """Task and method in locomotion where most runs' Q exceeds every return tenfold at step 0."""
    arms = ("AWAC", "SAC", "SAC+BC", "MPO", "ABM-MPO", "BRAC", "BCQ", "BEAR")
    return {(t, arm) for t in LOCOMOTION for arm in arms if 2 * diverged(t, arm) > 5}


NINE = ("SAC", "SAC+BC", "BC", "ABM-MPO", "AWR", "DAPG", "BEAR", "BCQ", "BRAC")
OTHERS_OF_BEAR = tuple(arm for arm in NINE if arm != "BEAR")


def reasonable() -> list[tuple[str, str]]:
    """Pairs of a task and a method that end above half of the expert."""
    return sorted((t, arm) for t in LOCOMOTION for arm in NINE if end(t, arm) > 0.5)


IMITATORS = [(task, arm) for task in LOCOMOTION for arm in ("SAC+BC", "BC", "DAPG")]


def certainly_reasonable() -> set[tuple[str, str]]:
    verdicts = {(t, a): effect("M2", t, f"final J: {a}").verdict for t in LOCOMOTION for a in NINE}
    return {pair for pair, verdict in verdicts.items() if verdict == "supported"}


def of_bear(task: str, arm: str) -> Effect:
    return effect("M9", task, f"P(J after the offline phase of BEAR > {arm})")


def most_accurate() -> str:
    """The method with a Q whose largest error after the offline phase is smallest."""
    worst = {
        arm: max(float(abs(bias_of_q(t, arm).start).max()) for t in LOCOMOTION)
        for arm in ("AWAC", "SAC", "SAC+BC", "MPO", "ABM-MPO", "BRAC", "BCQ", "BEAR")
    }
    return min(worst, key=lambda arm: worst[arm])


def lost_q_of_abm() -> list[float]:
    """Biases of Q on Walker2d in the runs that do not learn, and no others."""
    biases, learned = bias_of_q(WALKER, "ABM-MPO").start, runs(WALKER, "ABM-MPO").end > 0.25
    assert set(np.flatnonzero(biases < 10)) == set(np.flatnonzero(learned))
    return [float(bias) for bias in biases[~learned]]


def leading_digit(value: float) -> float:
    """The value rounded to one digit, such as 300,000."""
    return round(value, -math.floor(math.log10(value)))


def thousands(value: float) -> str:
    return f"{value:,.0f}"


def bracketed(found: Effect) -> str:
    """Such as "0.08 [−0.03, 0.21]"."""
    return f"{number(found.value)} [{number(found.low)}, {number(found.high)}]"


def less(found: Effect) -> str:
    """As ``bracketed``, of the difference the other way round."""
    return f"{number(-found.value)} [{number(-found.high)}, {number(-found.low)}]"


def exchanges_of(method: str) -> set[str]:
    frame = rows("small/ablations")
    return set(frame.loc[frame["method"] == method, "variant"]) - {""}


def ahead_of_sac(task: str) -> float:
    return end(task, "BRAC") - end(task, "SAC")


def most_often(task: str) -> str:
    """The best rival, where it contradicts M1."""
    found = effect("M1", task, LEAD)
    assert found.verdict == "contradicted"
    return in_note(r"most often first: (\S+),", found)


def too_high() -> list[float]:
    """Bias of AWAC's Q on HalfCheetah, where it is not right."""
    return [float(bias) for bias in bias_of_q(CHEETAH, "AWAC").start if bias > 0.1]


def largest_biases(arm: str) -> list[float]:
    return [float(b) for t in LOCOMOTION for b in np.nanmax(bias_of_q(t, arm).values, axis=0)]


def orders(biases: Iterable[float]) -> str:
    found = sorted({math.floor(math.log10(bias)) for bias in biases if bias > 1000})
    return f"{word(found[0])} to {word(found[-1])}"


def certain(what: str) -> list[str]:
    """The tasks on which A4 is certain of MPO."""
    every = (*HAND, PUSH, *LOCOMOTION)
    return [task for task in every if effect("A4", task, what).verdict == "supported"]


def online(task: str, column: str = "") -> Floats:
    return runs(task, column=column).between(0).values


def root_mean_square_change(task: str) -> str:
    return number(math.sqrt((np.diff(online(task), axis=0) ** 2).mean()))


def change_that_episodes_make(task: str) -> str:
    """Of the score, from the spread of the returns within each evaluation."""
    scale = np.polyfit(online(task, "return_mean").ravel(), online(task).ravel(), 1)[0]
    variance = (online(task, "return_std") * scale) ** 2 / online(task, "episodes")
    return number(math.sqrt((variance[1:] + variance[:-1]).mean()))


def collected(task: str) -> str:
    """What training episodes return, as a share of what the mode returns."""
    sampled, mode = (online(task, name)[1:].mean() for name in ("train_return", "return_mean"))
    return number(sampled / mode)


def highest_of_sac_alone() -> float:
    """Where the interval of its end on HalfCheetah ends."""
    found = effect("M5", CHEETAH, SAC_ALONE)
    return float(in_note(r"SAC \[no-data\], no prior data at \S+ \[\S+ … (\S+)\]", found))


def orders_of_the_other_direction() -> list[int]:
    biases = bias_of_q(CHEETAH, "AWAC[reverse-KL]").start
    return sorted({round(math.log10(bias)) for bias in biases})


def good_clones() -> list[float]:
    """First scores of SAC on Walker2d, where its clone is a good one."""
    return [float(score) for score in runs(WALKER, "SAC").first if score > 0.5]


def start_distance(name: str) -> str:
    return metres(middle(getattr(runs(PUSH, column="start_distance"), name)))


def nearer(arm: str, name: str) -> float:
    """How much nearer to its goal the puck is after an episode."""
    found = runs(PUSH, arm, "start_distance")
    return middle(getattr(found, name)) - middle(getattr(runs(PUSH, arm), name))


Statements = dict[str, Callable[[], str]]
"""What a statement is about, and the words that the rows give."""

README: Statements = {
    "budgets": lambda: (
        f"{budget(PEN)} online steps on the hand, {budget(PUSH)} in pushing, {budget(CHEETAH)} in "
        "locomotion."
    ),
    "AWAC online": lambda: (
        so(on_all(HAND, lambda task: start(task) > 0.5), "AWAC learns the hand offline.")
        + f"** Its success then changes by {signed(gain(PEN))} (pen), {signed(gain(DOOR))} (door) "
        f"and {signed(gain(RELOCATE))} (relocate) in {budget(PEN)} online steps; "
        + so(on_all(HAND, lambda t: effect("H10", t, "gain: AWAC").open), "none is told from 0.")
    ),
    "AWAC online, long": lambda: (
        "In 120,000 (preset `long`; these two on another processor) relocate goes from "
        f"{number(start(RELOCATE, where=LONG))} to {number(end(RELOCATE, where=LONG))} and the "
        f"door from {number(start(DOOR, where=LONG))} to {number(end(DOOR, where=LONG))}."
    ),
    "pen, long": lambda: (
        f"The pen is not solved ({holding(PEN, where=LONG)} of {runs(PEN, where=LONG).seeds} runs "
        "hold 0.9)."
    ),
    "human data": lambda: (
        f"From people's demonstrations AWAC ends at {number(end(PEN, where=HUMAN))} on the pen and "
        f"at {number(end(DOOR, where=HUMAN))} on the door, which {demonstrations(DOOR, SOLVED)} of "
        "25 recordings open beyond 1.4 rad; "
        + so(
            effect("H6", PEN, ABOVE_AWR, HUMAN).claim_verdict == "contradicted",
            "AWR's area under the curve is larger on both.",
        )
    ),
    "the hand, others": lambda: (
        "AWR and ABM-MPO end within "
        f"{number(max(abs(above(t, arm)) for t in HAND for arm in ('AWR', 'ABM-MPO')))} of AWAC on "
        "the hand."
    ),
    "locomotion, others": lambda: so(
        min(above(task, arm) for task in LOCOMOTION for arm in ("BC", "DAPG", "SAC+BC")) > 0
        and effect("M1", ANT, LEAD).claim_verdict == "contradicted",
        "BC, DAPG and SAC+BC end above it in locomotion.",
    ),
    "pushing": lambda: so(
        lead(PUSH, "SAC") < 0 and effect("S1", PUSH, LEAD).claim_verdict == "contradicted",
        "SAC learns to push faster than AWAC with the text's λ.",
    ),
    "SAC offline": lambda: so(
        on_all(LOCOMOTION, lambda task: start(task, "SAC") < 0.25)
        and on_all(LOCOMOTION, lambda task: diverged(task, "SAC") == runs(task, "SAC").seeds),
        "SAC without imitation is poor after the offline phase of locomotion: its Q diverges.",
    ),
    "prior data help": lambda: so(
        effect("A9", PEN, SCRATCH).claim_verdict == "supported"
        and effect("S2-authors", PUSH, PUSH_SCRATCH).claim_verdict == "supported",
        "Prior data help it on the pen, on HalfCheetah, and in pushing with the authors' λ.",
    ),
    "components": lambda: (
        f"On HalfCheetah Q diverges in all {word(diverged(CHEETAH, 'AWAC[reverse-KL]'))} runs with "
        "the other direction of the KL, and AWAC ends "
        f"{number(effect('A2', CHEETAH, NORMALISED).value)} lower with Z(s). On the pen both end "
        f"within {at_most(abs(above(PEN, f'AWAC[{arm}]')) for arm in ('reverse-KL', 'Z(s)'))} "
        "of AWAC."
    ),
    "versions of the rules": lambda: (
        f"changed [{word(int(verdicts(SMALL)['rules_version'].max()) - 1)} times]"
        "(docs/rules-history.md)"
    ),
}

BEGINNING: Statements = {
    "end of a run": lambda: (
        f"of steps {last_five(PEN)} on the hand, {last_five(PUSH)} in pushing and "
        f"{last_five(CHEETAH)} in locomotion."
    ),
    "episodes": lambda: (
        f"The first number is one evaluation of {whole(runs(PEN, column='episodes').start[0])} "
        "start states"
    ),
    "fall on relocate": lambda: (
        "on relocate AWAC, AWR, BC and ABM-MPO all fall from step 0 to step 2,500, by "
        f"{listed(-changed(RELOCATE, arm, 0, 2_500) for arm in ('AWAC', 'AWR', 'BC', 'ABM-MPO'))} "
        f"(interquartile means), and DAPG by {number(-changed(RELOCATE, 'DAPG', 0, 2_500))}"
    ),
    "updates of DAPG": lambda: (
        f"its clone, of {runs(PEN, 'DAPG', 'grad_step').start[0]:,.0f} updates, where BC has "
        f"{runs(PEN, 'BC', 'grad_step').start[0]:,.0f}. Its {budget(PEN)} steps are "
        f"{word(int(runs(PEN, 'DAPG', 'grad_step').values[[0, -1], 0] @ [-1, 1]))} updates."
    ),
}

FIGURE_1: Statements = {
    "H13": lambda: (
        f"AWAC's area less AWR's is {bracketed(effect('H13', PEN, AREA_ABOVE_AWR))} on the pen and "
        f"{bracketed(effect('H13', RELOCATE, AREA_ABOVE_AWR))} on relocate; the door "
        f"{so(effect('H13', DOOR, AREA_ABOVE_AWR).verdict == 'inconclusive', 'leaves it open.')}"
    ),
    "released": lambda: (
        f"end at {listed(end(task, profile='released') for task in HAND)}, where the text's end at "
        f"{listed(end(task) for task in HAND)}."
    ),
    "released, gains": lambda: (
        "They gain no more online either: "
        f"{listed((middle(runs(t, profile='released').gain) for t in HAND), signed)}."
    ),
    "offline": lambda: (
        "AWAC learns all three in the offline phase, from at most "
        f"{tenths(max(runs(task).first.max() for task in HAND))} to "
        f"{listed(start(task) for task in HAND)}."
    ),
    "end on relocate": lambda: f"On relocate it ends at {number(end(RELOCATE))}.",
    "human data": lambda: so(
        not any(holding(PEN, arm, HUMAN) for arm in ("AWAC", "BC", "AWR", "SAC"))
        and not holding(PEN, where=LONG_HUMAN),
        "Runs from human demonstrations do not hold 0.9 either.",
    ),
    "H10": lambda: (
        f"From the end of the offline phase to the end AWAC changes by {signed(gain(PEN))} on the "
        f"pen, {signed(gain(DOOR))} on the door and {signed(gain(RELOCATE))} on relocate: the "
        f"interquartile means of the changes of its {word(runs(PEN).seeds)} runs."
    ),
    "H10, from step 2,500": lambda: (
        "From step 2,500 on the changes are "
        f"{listed((middle(runs(t).end - runs(t).at(2_500)) for t in HAND), signed)}."
    ),
    "H8": lambda: (
        f"All {word(sum(end(PEN, arm) > 0.2 for arm in H8))} end above 0.2, "
        f"{so(round(2 * middle(runs(PEN).first), 9) == 0.2, 'twice')} an untrained policy's success"
    ),
    "H8, intervals": lambda: (
        f"for {word(sum(effect('H8', PEN, f'final J: {a}').verdict == 'supported' for a in H8))} "
        "the interval shows it, for SAC it "
        f"{so(effect('H8', PEN, 'final J: SAC').verdict == 'inconclusive', 'does not')}."
    ),
    "H8, alike": lambda: so(
        all(abs(above(PEN, arm)) < 0.021 for arm in ("ABM-MPO", "AWR", "SAC+BC")),
        "ABM-MPO, AWR and SAC+BC end where AWAC does.",
    ),
    "H8, progress": progress_on_the_pen,
    "H3, door": lambda: (
        f"On the door {word(len(good_on_the_door()))} of the {word(len(OTHERS))} others that H3 "
        f"asks about end above 0.7, {', '.join(good_on_the_door()[:-1])} and "
        f"{good_on_the_door()[-1]}:"
    ),
    "H3, relocate": lambda: (
        f"On relocate {word(sum(end(RELOCATE, arm) < 0.5 for arm in OTHERS))} of "
        f"{word(len(OTHERS))} end below 0.5, AWAC itself at {number(end(RELOCATE))}."
    ),
    "H4": lambda: (
        f"After 40,000 {word(holding(DOOR))} of its {word(runs(DOOR).seeds)} runs do on the door "
        f"and {so(holding(RELOCATE) == 0, 'none')} on relocate."
    ),
    "H4, alternatives": lambda: (
        f"Among the alternatives {word(holding(DOOR, 'ABM-MPO'))} runs of ABM-MPO, "
        f"{word(holding(DOOR, 'AWR'))} of AWR and {word(holding(DOOR, 'BRAC'))} of BRAC hold 0.9 "
        f"on the door, {so(not any(holding(RELOCATE, arm) for arm in H4), 'none')} on relocate."
    ),
    "H4, no others": lambda: so(
        {arm for arm in H4 if holding(DOOR, arm)} == {"ABM-MPO", "AWR", "BRAC"},
        "of BRAC hold 0.9 on the door",
    ),
    "BRAC on the door": lambda: (
        f"BRAC opens it in {number(middle(runs(DOOR, 'BRAC').at(-5_000)))} of the episodes after "
        f"its warm start, {so(start(DOOR, 'BRAC') < 0.05, 'loses that')} in the last 5,000 offline "
        f"updates, and ends at {number(end(DOOR, 'BRAC'))}."
    ),
    "SAC+BC on the door": lambda: (
        f"SAC+BC ends at {whole(end(DOOR, 'SAC+BC'))}. The mode of its clone "
        f"{so(runs(DOOR, 'SAC+BC').first.max() == 0, 'does not open the door')}; samples of it do "
        f"in {span(runs(DOOR, 'SAC+BC', 'success_any_sampled').first, tenths)} of the episodes."
    ),
    "SAC's clone": lambda: (
        f"SAC's clone starts at {number(middle(runs(PEN, 'SAC').first))} on the pen and "
        f"{number(middle(runs(RELOCATE, 'SAC').first))} on relocate, and the offline phase takes "
        f"it to {number(start(PEN, 'SAC'))} and {whole(start(RELOCATE, 'SAC'))}. On the door its "
        f"clone is at 0 in all {word(int((runs(DOOR, 'SAC').first == 0).sum()))} seeds."
    ),
    "SAC comes back": lambda: so(
        end(PEN, "SAC") > 0.4 and max(end(DOOR, "SAC"), end(RELOCATE, "SAC")) < 0.1,
        "Online it comes back on the pen alone.",
    ),
    "H11": lambda: (
        f"seen in {len(likely_above())} of {len(HAND) * len(H11)} comparisons, not in all (H11)."
    ),
    "H11, which": lambda: so(
        likely_above()
        == {
            *((task, arm) for task in HAND for arm in ("SAC", "BRAC")),
            *((task, arm) for task in (DOOR, RELOCATE) for arm in ("SAC+BC", "BCQ")),
            (DOOR, "BEAR"),
        },
        "AWAC's area under the curve is likely above SAC's and BRAC's on all three tasks, above "
        "SAC+BC's and BCQ's on door and relocate, and above BEAR's on the door.",
    ),
    "H5": lambda: (
        "On relocate AWAC's area under the curve is larger by "
        f"{number(effect('H5', RELOCATE, DAPG).value)}; on pen and door the difference is near "
        f"{tenths(effect('H5', PEN, DAPG).value)} and {whole(effect('H5', DOOR, DAPG).value)}."
    ),
    "H5, at step 0": lambda: (
        f"at step 0, where AWAC is ahead by {number(start(RELOCATE) - start(RELOCATE, 'DAPG'))} "
        f"and {number(start(PEN) - start(PEN, 'DAPG'))} on relocate and pen:"
    ),
    "H5, online": lambda: (
        f"Online AWAC loses {number(-gain(RELOCATE))} on relocate, and DAPG "
        f"{number(-gain(RELOCATE, 'DAPG'))} (interquartile means of the changes)."
    ),
    "H7": lambda: so(
        on_all(HAND, lambda task: abs(above(task, "ABM-MPO")) < 0.021),
        "ABM-MPO ends within 0.02 of AWAC on all three tasks.",
    ),
    "H7, pen": lambda: so(
        round(3 * effect("H7", PEN, "P(AUC of AWAC > ABM-MPO)").value, 1) == 1,
        "On the pen its area under the curve is the larger one in two of three pairs of runs.",
    ),
    "H7, minutes": lambda: (
        f"It takes {tenths(minutes('ABM-MPO'))} minutes a run, AWAC {whole(minutes('AWAC'))}."
    ),
    "BCQ": lambda: (
        "*BCQ* gains online where its offline phase left it low: "
        f"{signed(gain(DOOR, 'BCQ'))} on the door and {signed(gain(RELOCATE, 'BCQ'))} on relocate."
    ),
    "BCQ beside AWAC": lambda: so(
        above(RELOCATE, "BCQ") < 0
        and not overlap(RELOCATE, "BCQ", "AWAC")
        and on_all((PEN, DOOR), lambda task: overlap(task, "BCQ", "AWAC")),
        "It ends below AWAC on relocate; on pen and door the intervals of the two overlap.",
    ),
    "BEAR": lambda: (
        f"*BEAR* ends {so(abs(above(PEN, 'BEAR')) < 0.01, 'where AWAC does')} on the pen, and "
        f"{number(-above(DOOR, 'BEAR'))} and {number(-above(RELOCATE, 'BEAR'))} below it on door "
        f"and relocate. It {so(on_all(HAND, lambda t: gain(t, 'BEAR') < 0.01), 'gains nothing')}"
    ),
    "H12": lambda: so(
        {effect("H12", task, f"gain: {arm}").verdict for task in HAND for arm in ("BEAR", "BCQ")}
        == {"inconclusive"},
        "Five seeds leave open whether its gain and BCQ's are below 0.05 (H12).",
    ),
    "latents of the VAE": lambda: so(
        max(
            runs(task, arm, "behavior_divergence").between(-12_500).values.max()
            for task in HAND
            for arm in ("BCQ", "BEAR")
        )
        < 0.0002,
        "below 0.0002 nats a dimension from step −12,500 on, on all three tasks.",
    ),
    "BEAR's MMD": lambda: (
        f"BEAR's MMD has the median {number(mmd(PEN))} on the pen, {number(mmd(DOOR))} on the door "
        f"and {number(mmd(RELOCATE))} on relocate, above the threshold of 0.05."
    ),
    "BEAR's multiplier": lambda: so(
        on_all(HAND, lambda t: multiplier(t, -20_000) < multiplier(t, -17_500) == multiplier(t, 0)),
        "Its multiplier is at its bound from step −17,500 on.",
    ),
    "MPO": lambda: (
        f"*MPO* learns the pen a little, from {whole(start(PEN, 'MPO'))} to "
        f"{number(end(PEN, 'MPO'))}, and "
        f"{so(max(runs(t, 'MPO').values.max() for t in (DOOR, RELOCATE)) == 0, 'never')} opens the "
        "door or moves the ball to its target."
    ),
    "MPO's weights": lambda: (
        f"(effective sample size {number(of_mpo_on_the_hand('weights_ess')[0])} and more), and its "
        "samples are close together, with a deviation of "
        f"{span(of_mpo_on_the_hand('policy_std'))}."
    ),
    "BC on the door": lambda: (
        "On the door it is at its best early in the offline phase, near "
        f"{tenths(max(map(middle, runs(DOOR, 'BC').between(-25_000, -12_500).values)))}, and falls "
        f"to {tenths(end(DOOR, 'BC'))}"
    ),
    "H6": lambda: (
        f"AWR ends {so(max(abs(above(t, 'AWR')) for t in (PEN, DOOR)) < 0.02, 'where AWAC does')} "
        f"on pen and door, and {number(above(RELOCATE, 'AWR'))} above it on relocate."
    ),
    "H9, pen": lambda: (
        f"{so(demonstrations(PEN, SOLVED) == 25, 'All 25')} of the pen succeed, "
        f"{demonstrations(PEN, QUICK)} of them ten steps or more after the quickest."
    ),
    "H9, door": lambda: (
        f"Of the door's 25, {word(demonstrations(DOOR, SOLVED))} open it beyond 1.4 rad, the angle "
        f"of the text, and {word(demonstrations(DOOR, SOLVED, 'released'))} beyond 1.35 rad"
    ),
    "speed of the critic": lambda: (
        f"let it close 1/{1 / (0.005 * (1 - 0.99)):,.0f} of its distance an update; both are Table "
        "1's. A state worth −100 would then be at "
        f"{whole(-100 * (1 - (1 - 0.005 * (1 - 0.99)) ** 25_000))} after 25,000 updates from 0."
    ),
    "Q on the pen": lambda: (
        f"AWAC's mean Q on the pen goes from {mean_at('AWAC', 'q_mean', 0)} at step 0 to "
        f"{mean_at('AWAC', 'q_mean', 40_000)} at the end; AWR's V, by TD(λ), is at "
        f"{mean_at('AWR', 'value_mean', 0)} at step 0."
    ),
    "door beside that of other data": lambda: (
        f"On today's data, above, it is at {number(start(DOOR))} before the online phase, and "
        f"between {span(map(middle, runs(DOOR).between(1).values)).replace('to', 'and')} in it."
    ),
}

STEP_120000: Statements = {
    "H10, rises": lambda: (
        "From the first five evaluations after step 0 to the last five the rises are "
        f"{listed(middle(runs(task, where=LONG).late_rise) for task in HAND)}."
    ),
    "end of a run": lambda: (
        f"The end is the mean of steps {runs(PEN, where=LONG).steps[-5]:,} to "
        f"{runs(PEN, where=LONG).steps[-1]:,}."
    ),
    "same bits": lambda: so(
        np.array_equal(runs(PEN, where=LONG).between(-25_000, 40_000).values, runs(PEN).values),
        "The pen's begin with the bits of Figure 1's runs.",
    ),
    "door": lambda: (
        f"The mean success of {word(runs(DOOR, where=LONG).seeds)} seeds is "
        f"{long_mean(DOOR, 20_000, 40_000)} over steps 20,000 to 40,000, "
        f"{long_mean(DOOR, 60_000, 80_000)} over 60,000 to 80,000 and "
        f"{long_mean(DOOR, 100_000, 120_000)} over the last five evaluations."
    ),
    "door, held": lambda: (
        f"{word(holding(DOOR, where=LONG, by=100_000)).capitalize()} of "
        f"{word(runs(DOOR, where=LONG).seeds)} runs hold 0.9 by step 100,000."
    ),
    "relocate": lambda: (
        f"The mean is {long_mean(RELOCATE, 0, 0)} after the offline phase, "
        f"{long_mean(RELOCATE, 20_000, 40_000)} over steps 20,000 to 40,000, "
        f"{long_mean(RELOCATE, 60_000, 80_000)} over 60,000 to 80,000 and "
        f"{long_mean(RELOCATE, 100_000, 120_000)} over the last five."
    ),
    "relocate, held": lambda: (
        f"{word(holding(RELOCATE, where=LONG)).capitalize()} run holds 0.9; the best ends at "
        f"{number(runs(RELOCATE, where=LONG).end.max())}."
    ),
    "samples": lambda: (
        f"at step 0 and at the end their success is {sampled(DOOR)} on the door, "
        f"{sampled(RELOCATE)} on relocate, {sampled(PEN)} on the pen."
    ),
    "H2": lambda: (
        "Its success over the last five evaluations up to step 100,000 is "
        f"{listed(middle(runs(t, where=LONG).between(0, 100_000).end) for t in HAND)}, above a "
        "half on each task."
    ),
    "H2, at step 0": lambda: (
        f"It is so at step 0 already ({', '.join(number(start(t, where=LONG)) for t in HAND)})."
    ),
    "H4": lambda: (
        f"On relocate {so(holding(RELOCATE, where=LONG, by=100_000) == 0, 'none')} of "
        f"{word(runs(RELOCATE, where=LONG).seeds)} does."
    ),
    "H10": lambda: (
        f"The gains are {listed(gain(task, where=LONG) for task in HAND)}. Their intervals "
        f"{so(on_all(HAND, lambda t: effect('H10', t, 'gain: AWAC', LONG).low < 0), 'reach below')}"
    ),
    "pen": lambda: (
        f"Its mean success is {long_mean(PEN, 20_000, 40_000)} over steps 20,000 to 40,000, "
        f"{long_mean(PEN, 60_000, 80_000)} over 60,000 to 80,000 and "
        f"{long_mean(PEN, 100_000, 120_000)} over the last five evaluations."
    ),
    "pen, held": lambda: (
        f"{word(holding(PEN, where=LONG)).capitalize()} run of {word(runs(PEN, where=LONG).seeds)} "
        f"holds 0.9; the best ends at {number(runs(PEN, where=LONG).end.max())}."
    ),
    "peaks": lambda: (
        "Peaks that all runs share, as at steps "
        f"{' and '.join(f'{step:,}' for step in highest_two())}, are evaluations"
    ),
    "human data": lambda: (
        f"AWAC's mean rises by {number(runs(PEN, where=LONG_HUMAN).rise(2_500).mean())} in the "
        f"first 2,500 steps. From there to step 40,000 it is "
        f"{long_mean(PEN, 2_500, 40_000, LONG_HUMAN)}, after that "
        f"{long_mean(PEN, 40_001, 120_000, LONG_HUMAN)}."
    ),
    "human data, held": lambda: (
        f"{word(holding(PEN, where=LONG_HUMAN)).capitalize()} run of "
        f"{word(runs(PEN, where=LONG_HUMAN).seeds)} holds 0.9; the best two end at "
        f"{' or '.join(sorted(set(map(number, sorted(runs(PEN, where=LONG_HUMAN).end)[-2:]))))}."
    ),
    "H1": lambda: so(
        {effect("H1", PEN, HELD, where).verdict for where in (LONG, LONG_HUMAN)}
        == {"contradicted"},
        "H1 is contradicted on either data at this size.",
    ),
}

HUMAN_DATA: Statements = {
    "pen": lambda: (
        f"AWAC ends at {number(end(PEN, where=HUMAN))} where those give {number(end(PEN))}, AWR at "
        f"{number(end(PEN, 'AWR', HUMAN))} and BC at {number(end(PEN, 'BC', HUMAN))}."
    ),
    "pen, told apart": lambda: so(
        not told_apart(PEN, "AWAC", "AWR", HUMAN)
        and not told_apart(PEN, "AWAC", "BC", HUMAN)
        and not told_apart(PEN, "AWR", "BC", HUMAN),
        "These ends are not told apart.",
    ),
    "H6": lambda: so(
        effect("H6", PEN, ABOVE_AWR, HUMAN).claim_verdict == "contradicted"
        and on_all((PEN, DOOR), lambda task: effect("H6", task, ABOVE_AWR, HUMAN).high < 0.5),
        "By area under the curve AWR is above AWAC on pen and door, so that H6 is contradicted",
    ),
    "door": lambda: (
        f"the three end at {span(end(DOOR, arm, HUMAN) for arm in ('AWAC', 'BC', 'AWR'))}. One run "
        f"of AWR is at {number(runs(DOOR, 'AWR', where=HUMAN).values[-1].max())} at the end."
    ),
    "door of people": lambda: (
        f"and {word(demonstrations(DOOR, SOLVED))} of the 25 demonstrations open it beyond 1.4 rad."
    ),
    "seeds": lambda: (
        f"AWAC, BC and AWR have {seeds_of_people('AWAC', 'BC', 'AWR')} seeds, "
        f"SAC {seeds_of_people('SAC')}."
    ),
}

FIGURE_3: Statements = {
    "budgets": lambda: f"Offline {-runs(CHEETAH).steps[0]:,} updates, then {budget(CHEETAH)} steps",
    "methods": lambda: so(
        rows("small/figure3")["method"].nunique() == 11, "All eleven methods are run, and SAC"
    ),
    "M1": lambda: (
        "contradicted (M1), by BC and DAPG, with "
        f"{' of '.join(word(int(n)) for n in rivals_run('M1', ANT).split(' of '))} rivals run."
    ),
    "M1, areas": lambda: (
        f"BC's area under the curve is {span(lead(task, 'BC') for task in LOCOMOTION)} above "
        f"AWAC's on each task, DAPG's is {number(lead(CHEETAH, 'DAPG'))} (HalfCheetah), "
        f"{number(lead(WALKER, 'DAPG'))} (Walker2d) and {number(lead(ANT, 'DAPG'))} (Ant) above it."
    ),
    "M1, SAC+BC": lambda: (
        "SAC+BC ends above AWAC of the same seed in all "
        f"{sum(int((runs(t, 'SAC+BC').end > runs(t).end).sum()) for t in LOCOMOTION)} pairs"
    ),
    "M1, decided": lambda: (
        f"The best rival contradicts the claim on Ant, where it is most often {most_often(ANT)}, "
        f"and on Walker2d, where it is {most_often(WALKER)}. On HalfCheetah five seeds leave it "
        f"{so(effect('M1', CHEETAH, LEAD).verdict == 'inconclusive', 'open')}."
    ),
    "BC before the online phase": lambda: (
        f"BC is at {span(start(task, 'BC') for task in LOCOMOTION)} before any online step."
    ),
    "AWAC's Q": lambda: (
        "AWAC's Q on HalfCheetah is too high after the offline phase in "
        f"{word(len(too_high()))} of {word(runs(CHEETAH).seeds)} runs, by "
        f"{span(too_high(), tenths)} of the largest return."
    ),
    "M4": lambda: so(
        on_all(LOCOMOTION, lambda task: start(task, "SAC") < 0.25),
        "of SAC: seen (M4). It is below 0.25 on each task.",
    ),
    "M4, released": lambda: (
        "(`SAC, released`): an untrained policy is at "
        f"{listed(start(task, 'SAC', profile='released') for task in LOCOMOTION)},"
    ),
    "M4, released, at the end": lambda: (
        "SAC learns nothing in 20,000 steps there: it ends at "
        f"{listed(end(task, 'SAC', profile='released') for task in LOCOMOTION)}."
    ),
    "M5, levels": lambda: so(
        max(end(task, arm) for task in (ANT, WALKER) for arm in ("SAC", "SAC[no-data]")) < 0.25,
        "On Ant and Walker2d SAC ends below 0.25 with the data and without.",
    ),
    "M5, HalfCheetah": lambda: (
        f"without the data it ends at {number(end(CHEETAH, 'SAC[no-data]'))}, with an interval "
        f"that reaches {so(highest_of_sac_alone() > 0.25, 'beyond 0.25')}"
    ),
    "M5, areas": lambda: (
        "SAC with the data has less area than without on all three, by "
        f"{listed(-effect('M5', task, SAC_ALONE).value for task in (CHEETAH, WALKER, ANT))}."
    ),
    "M6": lambda: so(
        not any(holding(task, arm) for task in LOCOMOTION for arm in ("AWAC", "SAC")),
        "No run of AWAC or SAC holds 0.9 of the expert.",
    ),
    "M6, pairs": lambda: so(
        on_all(LOCOMOTION, lambda task: wholly_below(task, "SAC", "AWAC")),
        "AWAC is above SAC in every pair of runs all the same: asked",
    ),
    "M6, held": lambda: (
        f"On Walker2d {so(holding(WALKER, 'BC') == runs(WALKER, 'BC').seeds, 'all')} runs of BC, "
        f"{word(holding(WALKER, 'DAPG'))} of DAPG and {word(holding(WALKER, 'SAC+BC'))} of SAC+BC "
        f"hold 0.9, on Ant {word(holding(ANT, 'DAPG'))} of DAPG."
    ),
    "M6, not held": lambda: so(
        not any(holding(task, arm) for task in LOCOMOTION for arm in ("AWR", "MPO", "BRAC"))
        and not any(holding(task, arm) for task in (CHEETAH, ANT) for arm in ("BC", "SAC+BC"))
        and not holding(CHEETAH, "DAPG"),
        "hold 0.9, on Ant one of DAPG.",
    ),
    "A4": lambda: (
        "MPO gains nothing in locomotion: it ends at "
        f"{listed(end(task, 'MPO') for task in LOCOMOTION)}, and its Q exceeds the largest "
        f"possible return by {orders(largest_biases('MPO'))} orders of magnitude in "
        f"{sum(b > 1000 for b in largest_biases('MPO'))} of {len(largest_biases('MPO'))} runs."
    ),
    "A4, online": lambda: (
        f"Online its gain is certainly below δ on {word(len(certain('gain: MPO')))} of seven tasks "
        f"({so(set(certain('gain: MPO')) == {DOOR, RELOCATE, ANT, WALKER}, 'door, relocate, Ant,')}"
    ),
    "A4, offline": lambda: (
        f"Offline it is so on {word(len(certain('offline gain: MPO')))}, "
        f"{so(set(certain('offline gain: MPO')) == set(LOCOMOTION), 'the three of locomotion')}; "
        "on the hand one evaluation of 20 episodes leaves a gain of "
        f"{number(effect('A4', DOOR, 'offline gain: MPO').high)} possible where all five runs are "
        f"at {whole(runs(DOOR, 'MPO').start.max())}."
    ),
    "M12": lambda: (
        f"AWAC changes online by {signed(gain(WALKER))} on Walker2d, {signed(gain(CHEETAH))} on "
        f"HalfCheetah and {signed(gain(ANT))} on Ant. Its seeds differ by "
        f"{so(on_all(LOCOMOTION, lambda t: effect('M12', t, 'gain: AWAC').open), 'more')} (M12)."
    ),
    "M2": lambda: (
        f"{word(len(reasonable())).capitalize()} of 27 pairs of a method and a task end above 0.5: "
        "those of SAC+BC, BC and DAPG on all three tasks, and those of AWR on Walker2d and "
        f"{so(reasonable() == sorted([*IMITATORS, (ANT, 'AWR'), (WALKER, 'AWR')]), 'Ant.')}"
    ),
    "M2, certain": lambda: (
        f"{word(len(certainly_reasonable())).capitalize()} are certain when 22 pairs could seem so "
        "by chance: "
        f"{so(certainly_reasonable() == {(WALKER, 'SAC+BC'), (WALKER, 'BC')}, 'SAC+BC and BC on')}"
    ),
    "M9": lambda: (
        f"After the offline phase BEAR is at {number(start(ANT, 'BEAR'))} on Ant and "
        f"{number(start(WALKER, 'BEAR'))} on Walker2d."
    ),
    "M9, below": lambda: so(
        {(t, a) for t in (ANT, WALKER) for a in ("BC", "DAPG") if of_bear(t, a).value == 0}
        == {(t, a) for t in (ANT, WALKER) for a in ("BC", "DAPG")},
        "Every run of BC and DAPG is above every run of BEAR there, which five seeds cannot show "
        "of one among 16 comparisons.",
    ),
    "M9, above": lambda: so(
        {
            (t, a)
            for t in (ANT, WALKER)
            for a in OTHERS_OF_BEAR
            if of_bear(t, a).verdict == "supported"
        }
        == {
            *((t, a) for t in (ANT, WALKER) for a in ("SAC", "BRAC")),
            (WALKER, "ABM-MPO"),
            (WALKER, "BCQ"),
        },
        "BEAR is above SAC and BRAC on both tasks, and above ABM-MPO and BCQ on Walker2d.",
    ),
    "M10, Ant": lambda: (
        f"by Ant, where BEAR ends at {number(end(ANT, 'BEAR'))} and AWAC's end less BEAR's is "
        f"{bracketed(effect('M10', ANT, END_OF_BEAR))}."
    ),
    "M10, elsewhere": lambda: (
        f"On Walker2d AWAC ends {bracketed(effect('M10', WALKER, END_OF_BEAR))} above BEAR, on "
        f"HalfCheetah {bracketed(effect('M10', CHEETAH, END_OF_BEAR))}."
    ),
    "M10, rises": lambda: (
        f"{word(sum(int((runs(t, 'BEAR').gain > 0).sum()) for t in LOCOMOTION)).capitalize()} of "
        "BEAR's 15 runs rise online."
    ),
    "BEAR's Q": lambda: (
        "it is off by at most "
        f"{number(max(float(abs(bias_of_q(t, 'BEAR').start).max()) for t in LOCOMOTION))} of the "
        f"largest return in each of the {so(most_accurate() == 'BEAR', '15')} runs."
    ),
    "M13": lambda: (
        "ABM-MPO's area is "
        f"{listed(-effect('M13', t, OF_OTHERS).value for t in (CHEETAH, WALKER, ANT))} below that "
        "of the best method other than AWAC."
    ),
    "M14, ABM-MPO": lambda: so(
        {effect("M14", t, "P(AUC of AWAC > ABM-MPO)").verdict for t in LOCOMOTION} == {"supported"},
        "AWAC's area is likely above ABM-MPO's on all three tasks.",
    ),
    "M14, AWR and DAPG": lambda: so(
        {
            effect("M14", t, f"P(AUC of AWAC > {rival})").value
            for t in (WALKER, ANT)
            for rival in ("AWR", "DAPG")
        }
        == {0.0},
        "On Walker2d and Ant it is below those of AWR and DAPG in every pair of runs.",
    ),
    "M11, Ant": lambda: (
        f"On Ant ABM-MPO ends at {number(end(ANT, 'ABM-MPO'))} and AWAC at {number(end(ANT))}. "
        f"AWAC's area is larger by {bracketed(effect('M11', ANT, 'AUC: AWAC − ABM-MPO'))}, where"
    ),
    "M11, elsewhere": lambda: (
        "On HalfCheetah ABM-MPO learns nothing, and on Walker2d "
        f"{word(int((runs(WALKER, 'ABM-MPO').end > 0.25).sum()))} run of "
        f"{so(runs(CHEETAH, 'ABM-MPO').end.max() < 0.03, word(runs(WALKER, 'ABM-MPO').seeds))} "
        "does."
    ),
    "M11, Q": lambda: (
        f"On HalfCheetah it is too large in all {word(diverged(CHEETAH, 'ABM-MPO'))} runs, by "
        f"{span(bias_of_q(CHEETAH, 'ABM-MPO').start / 1e6, tenths)} million times the largest "
        f"possible return, and on Walker2d in the {word(diverged(WALKER, 'ABM-MPO'))} runs that do "
        f"not learn, by {span(map(leading_digit, lost_q_of_abm()), thousands)} times."
    ),
    "M11, weights": lambda: so(
        abs(bias_of_q(ANT, "ABM-MPO").start).max() < 0.15
        and runs(CHEETAH, "ABM-MPO", "weights_ess").start.max() < 1 / 8 + 0.001,
        "With such a Q all weight falls on one of the eight actions",
    ),
    "BCQ": lambda: (
        f"BCQ ends at {number(end(CHEETAH, 'BCQ'))} on HalfCheetah, {number(end(WALKER, 'BCQ'))} "
        f"on Walker2d and {number(end(ANT, 'BCQ'))} on Ant. On Walker2d all "
        f"{word(int((runs(WALKER, 'BCQ').gain > 0).sum()))} runs rise online, by "
        f"{span(runs(WALKER, 'BCQ').gain)}, from {number(start(WALKER, 'BCQ'))} after the offline"
    ),
    "BCQ's Q": lambda: (
        "Its Q is too large there by "
        f"{so(abs(middle(bias_of_q(WALKER, 'BCQ').start) - 0.25) < 0.03, 'a quarter')} of the "
        f"largest return, on HalfCheetah by {span(bias_of_q(CHEETAH, 'BCQ').start, tenths)}, and "
        f"is {so(sum(diverged(task, 'BCQ') for task in LOCOMOTION) == 0, 'lost in no run.')}"
    ),
    "BRAC": lambda: (
        f"it ends at {number(end(CHEETAH, 'BRAC'))} on HalfCheetah and "
        f"{number(end(WALKER, 'BRAC'))} on Walker2d, "
        f"{' or '.join(sorted({tenths(ahead_of_sac(t)) for t in (CHEETAH, WALKER)}))} above SAC "
        "on both."
    ),
    "BRAC on Ant": lambda: (
        "Its score falls below 0 in the last 30,000 offline updates"
        f"{so(min(map(middle, runs(ANT, 'BRAC').between(-100_000, -30_000).values)) > 0, ',')} and "
        f"it ends at {number(end(ANT, 'BRAC'))}."
    ),
    "BRAC's Q on Ant": lambda: (
        f"Q is then too large in all {word(int((bias_of_q(ANT, 'BRAC').values[-1] > 1).sum()))} "
        f"runs, by {1000 * round(bias_of_q(ANT, 'BRAC').values[-1].min() / 1000):,} to "
        f"{whole(bias_of_q(ANT, 'BRAC').values[-1].max() / 1e6)} million times the largest"
    ),
    "M7": lambda: (
        "SAC+BC keeps what it has: it ends at "
        f"{listed(end(task, 'SAC+BC') for task in LOCOMOTION)}, and "
        f"{so(on_all(LOCOMOTION, lambda t: effect('M7', t, 'dip: SAC+BC').open), 'no dip')} is "
        "told from 0."
    ),
    "M7, Q": lambda: so(
        {round(float(np.median(bias_of_q(task, "SAC+BC").start))) for task in LOCOMOTION} == {4, 5},
        "Its Q exceeds the largest possible return four to five times, on all three tasks",
    ),
    "what AWAC collects": lambda: (
        f"On HalfCheetah its training episodes return {collected(CHEETAH)} of what its mode "
        f"returns, on Ant {collected(ANT)}, on Walker2d {collected(WALKER)}."
    ),
    "level of Ant": lambda: (
        f"On Ant an untrained policy is at {number(middle(runs(ANT).first))} already, and AWAC "
        f"ends near {tenths(end(ANT))}."
    ),
    "noise on Walker2d": lambda: (
        f"AWAC's score changes by {root_mean_square_change(WALKER)} on Walker2d (root mean square"
        f"), where {word(int(online(WALKER, 'episodes').max()))} episodes alone would make "
        f"{change_that_episodes_make(WALKER)}."
    ),
    "noise on the others": lambda: (
        f"({root_mean_square_change(ANT)} and {change_that_episodes_make(ANT)}), on HalfCheetah "
        f"{root_mean_square_change(CHEETAH)} against {change_that_episodes_make(CHEETAH)}."
    ),
    "BC": lambda: so(
        on_all(LOCOMOTION, lambda task: above(task, "BC") > 0),
        "BC ends above AWAC on all three tasks.",
    ),
    "AWR": lambda: so(
        {task for task in LOCOMOTION if above(task, "AWR") > 0} == {WALKER, ANT},
        "AWR ends above AWAC on Walker2d and Ant.",
    ),
    "DAPG": lambda: (
        f"does so {so(on_all(LOCOMOTION, lambda t: above(t, 'DAPG') > 0), 'on all three')}, "
        f"although it loses a part of its clone online: {number(start(CHEETAH, 'DAPG'))} → "
        f"{number(end(CHEETAH, 'DAPG'))} on HalfCheetah."
    ),
    "M6, by area": lambda: so(
        "by the area under the curve in place of the time: seen at small" in card("M6"),
        "asked by the area under the curve, M6 would be seen.",
    ),
    "A11": lambda: so(
        all(effect("A11", t, OVERESTIMATED).value == 1 for t in (*HAND, PUSH, *LOCOMOTION)),
        "SAC's Q is above the returns by more than AWAC's in every pair of runs, on all seven",
    ),
    "A11, locomotion": lambda: (
        "In locomotion SAC's is too large by "
        f"{whole(min(error_of_q(t, 'SAC').min() for t in LOCOMOTION) / 1e6)} million or more, "
        f"AWAC's by {whole(max(error_of_q(t).max() for t in LOCOMOTION))} at most, which is "
        f"{tenths(max(bias_of_q(t, 'AWAC').start.max() for t in LOCOMOTION))} of the largest"
    ),
    "A11, hand": lambda: (
        f"SAC's is too large by {span(extremes(error_of_q(t, 'SAC') for t in HAND), whole)} and "
        f"AWAC's by up to {whole(max(error_of_q(t).max() for t in HAND))}."
    ),
    "no data": lambda: (
        "Without prior data AWAC does not learn in 20,000 steps on any of the "
        f"{so(on_all(LOCOMOTION, lambda t: gain(t, 'AWAC[scratch]') < 0.06), 'three')} "
        "(`AWAC[scratch]`): an untrained policy is at "
        f"{number(start(ANT, 'AWAC[scratch]'))} on Ant."
    ),
    "SAC": lambda: so(
        max(abs(end(task, "SAC")) for task in (CHEETAH, WALKER)) < 0.05 and end(ANT, "SAC") < -0.3,
        "SAC stays near the random policy on HalfCheetah and Walker2d; on Ant it ends far below",
    ),
    "SAC's clone": lambda: (
        f"at {span(runs(CHEETAH, 'SAC').first)} on HalfCheetah, at {span(runs(ANT, 'SAC').first)} "
        f"on Ant, and on Walker2d at {span(good_clones())} in {word(len(good_clones()))} runs of "
        f"{word(runs(WALKER, 'SAC').seeds)}."
    ),
    "SAC's clone, lost": lambda: (
        "After 10,000 offline updates all "
        f"{sum(int((runs(task, 'SAC').at(-90_000) < 0.05).sum()) for task in LOCOMOTION)} runs are "
        "below 0.05, and 20,000 online steps "
        f"{so(max(runs(task, 'SAC').end.max() for task in LOCOMOTION) < 0.05, 'leave them')} there."
    ),
}

ABLATIONS: Statements = {
    "exchanges": lambda: (
        f"on the pen and on HalfCheetah, {word(runs(PEN, 'AWAC[no-clamp]').seeds)} seeds. "
        f"{word(len(exchanges_of('AWAC'))).capitalize()} exchanges are run, and "
        f"{word(len(exchanges_of('ABM-MPO')))} of ABM-MPO's."
    ),
    "A1, Q": lambda: (
        f"Q diverges on HalfCheetah in all {word(diverged(CHEETAH, 'AWAC[reverse-KL]'))} runs: "
        "after the offline phase it exceeds every possible return by "
        f"{' or '.join(map(word, orders_of_the_other_direction()))} orders of magnitude."
    ),
    "A1, HalfCheetah": lambda: (
        "The score is that of a random policy, "
        f"{number(effect('A1', CHEETAH, REVERSED).value)} less area than AWAC has."
    ),
    "A1, pen": lambda: (
        f"There the other direction is at {number(start(PEN, 'AWAC[reverse-KL]'))} after the "
        f"offline phase and ends at {number(end(PEN, 'AWAC[reverse-KL]'))}, where AWAC is at "
        f"{number(start(PEN))} and {number(end(PEN))} (interquartile means of "
        f"{word(runs(PEN, 'AWAC[reverse-KL]').seeds)} and {word(runs(PEN).seeds)} seeds)."
    ),
    "A1, area on the pen": lambda: (
        f"Its area is larger by {number(-effect('A1', PEN, REVERSED).value)} "
        f"[{number(-effect('A1', PEN, REVERSED).high)}, "
        f"{number(-effect('A1', PEN, REVERSED).low)}]."
    ),
    "A2": lambda: (
        "from ten samples of a behaviour model, ends "
        f"{number(effect('A2', CHEETAH, NORMALISED).value)} "
        f"[{number(effect('A2', CHEETAH, NORMALISED).low)}, "
        f"{number(effect('A2', CHEETAH, NORMALISED).high)}] below AWAC."
    ),
    "A2, pen": lambda: (
        f"On the pen the two end at {number(end(PEN, 'AWAC[Z(s)]'))} and {number(end(PEN))}, and "
        f"are {so(effect('A2', PEN, NORMALISED).open, 'not told apart.')}"
    ),
    "A9": lambda: (
        "With the data AWAC's area under the curve is larger by "
        f"{number(effect('A9', PEN, SCRATCH).value)} on the pen and by "
        f"{number(effect('A9', CHEETAH, SCRATCH).value)} on HalfCheetah than without."
    ),
    "A9, pen": lambda: so(
        end(PEN, "AWAC[scratch]") < 0.2, "On the pen AWAC alone does not learn in 40,000 steps."
    ),
    "A8": lambda: (
        "With AWR's critic the area differs by less than "
        f"{so(abs(effect('A8', PEN, CRITIC).value) < 0.01, '0.01')} on the pen and is smaller by "
        f"{number(effect('A8', CHEETAH, CRITIC).value)} on HalfCheetah, where five seeds reach "
        f"from {number(effect('A8', CHEETAH, CRITIC).low)} to "
        f"{number(effect('A8', CHEETAH, CRITIC).high)}."
    ),
    "A6": lambda: (
        f"On the pen ABM-MPO with returns ends at {number(end(PEN, 'ABM-MPO[returns]'))} and with "
        f"Q at {number(end(PEN, 'ABM-MPO'))}; its area is larger by "
        f"{less(effect('A6', PEN, RETURNS))}."
    ),
    "A6, HalfCheetah": lambda: (
        "On HalfCheetah it learns next to nothing with either: it ends at "
        f"{number(end(CHEETAH, 'ABM-MPO[returns]'))} with returns, at "
        f"{number(end(CHEETAH, 'ABM-MPO'))} with Q, and its area is larger by "
        f"{less(effect('A6', CHEETAH, RETURNS))}."
    ),
    "A6, Q": lambda: (
        f"Q is lost in {word(diverged(CHEETAH, 'ABM-MPO[returns]'))} of "
        f"{word(runs(CHEETAH, 'ABM-MPO[returns]').seeds)} runs there, where it is lost in all "
        f"{word(diverged(CHEETAH, 'ABM-MPO'))} with Q."
    ),
    "A3": lambda: so(
        effect("A3", PEN, "final J: AWAC − AWAC [no-clamp]").verdict == "supported",
        "On the pen AWAC ends without the clamp within 0.10 of where it ends with it",
    ),
    "A3, told apart": lambda: so(
        all(effect("A3", PEN, f"{what}: AWAC [no-clamp] − AWAC").open for what in STEADY),
        "Neither fluctuation, spread of seeds nor bias of Q is told apart.",
    ),
}

FIGURE_2: Statements = {
    "starts": lambda: (
        f"at the end of {budget(PUSH)} online steps; the episodes begin at "
        f"{start_distance('start')} m at step 0 and at {start_distance('end')} m over the last "
        "five evaluations."
    ),
    "S1, offline": lambda: so(
        all(abs(nearer(arm, "start")) < 0.01 for arm in PUSHING),
        "No method moves the puck after the offline phase.",
    ),
    "S1, SAC": lambda: so(
        round(nearer("SAC", "end") / end(PUSH, "SAC"), 1) == 1,
        "SAC learns it online and takes it half of the way to its goal;",
    ),
    "S1": lambda: (
        f"its area under the curve is {better(effect('S1', PUSH, LEAD))} m better than AWAC's."
    ),
    "authors' λ": lambda: (
        f"(`AWAC[push-lambda]`) AWAC learns to push, to {metres(end(PUSH, 'AWAC[push-lambda]'))} m "
        f"and a success of {span(runs(PUSH, 'AWAC[push-lambda]', 'success_any').end, tenths)}."
    ),
    "S1-authors": lambda: (
        f"SAC's area is {metres(-effect('S1-authors', PUSH, AUTHORS_LEAD).value)} m better "
        f"[{metres(-effect('S1-authors', PUSH, AUTHORS_LEAD).high)}, "
        f"{metres(-effect('S1-authors', PUSH, AUTHORS_LEAD).low)}]."
    ),
    "S2-authors": lambda: (
        f"`AWAC[push-lambda]` ends at {metres(end(PUSH, 'AWAC[push-lambda]'))} m with the random "
        f"data and does {so(nearer('AWAC[push-scratch]', 'end') < 0.01, 'not')} learn in "
        f"{budget(PUSH)} steps without; its area is "
        f"{better(effect('S2-authors', PUSH, PUSH_SCRATCH))} m better."
    ),
    "S2": lambda: (
        f"With the text's λ it ends at {metres(end(PUSH))} and "
        f"{metres(end(PUSH, 'AWAC[scratch]'))}, and its area is "
        f"{better(effect('S2', PUSH, SCRATCH))} m better with the data, where the claim asks for "
        "0.01."
    ),
    "SAC+BC and ABM-MPO": lambda: (
        "SAC+BC and ABM-MPO learn it online, too: they end at "
        f"{metres(end(PUSH, 'SAC+BC'))} and {metres(end(PUSH, 'ABM-MPO'))} m."
    ),
    "BC": lambda: so(abs(nearer("BC", "end")) < 0.01, "BC stays where it was"),
    "MPO": lambda: (
        f"MPO does not learn it: it ends at {metres(end(PUSH, 'MPO'))} m, "
        f"{so(abs(nearer('MPO', 'end')) < 0.001, 'where its episodes begin')}. Nor does AWR, which "
        f"ends at {metres(end(PUSH, 'AWR'))} m. Whether it gains less than 1 cm, as S3 asks of one "
        f"method, is {so(effect('S3', PUSH, 'gain: AWR').verdict == 'inconclusive', 'not')} certain"
    ),
}

IN_SHORT: Statements = {
    "Figure 1": lambda: (
        so(
            on_all(HAND, lambda task: start(task) > 0.5 and gain(task) < 0.05),
            "AWAC learns all three tasks in the offline phase and gains nothing in the ",
        )
        + f"{budget(PEN)} online steps. AWR and ABM-MPO end within "
        f"{number(max(abs(above(t, arm)) for t in HAND for arm in ('AWR', 'ABM-MPO')))} of it. No "
        f"method ends more than {number(max(above(t, a) for t in HAND for a in ('MPO', *OTHERS)))} "
        "above it on any task. SAC and MPO end below it by "
        f"{number(-max(above(t, arm) for t in HAND for arm in ('SAC', 'MPO')))} or more on each."
    ),
    "human data": lambda: so(
        not told_apart(PEN, "BC", "AWAC", HUMAN)
        and max(end(DOOR, arm, where=HUMAN) for arm in ("AWAC", "BC", "AWR")) < 0.2,
        "On the pen a clone of people's demonstrations ends where AWAC does. The door nobody",
    ),
    "Figure 3": lambda: so(
        min(above(t, arm) for t in LOCOMOTION for arm in ("BC", "DAPG", "SAC+BC")) > 0,
        "BC, DAPG and SAC+BC, which imitate them, end above AWAC on all three tasks.",
    ),
    "Figure 3, Q": lambda: so(
        {(task, arm) for task, arm in lost_q() if arm not in ("SAC", "MPO")}
        == {(CHEETAH, "ABM-MPO"), (WALKER, "ABM-MPO"), (ANT, "BRAC")}
        and {task for task, arm in lost_q() if arm == "SAC"} == set(LOCOMOTION)
        and {task for task, arm in lost_q() if arm == "MPO"} == set(LOCOMOTION),
        "The offline phase loses the Q of SAC and MPO on all three tasks, that of ABM-MPO on "
        "HalfCheetah and Walker2d, that of BRAC on Ant, and that of AWAC on none.",
    ),
    "Figure 3, ends": lambda: so(
        all(above(task, arm) < 0 for task, arm in lost_q()),
        "A method ends below AWAC wherever its Q is lost.",
    ),
    "Figure 2": lambda: so(
        min(nearer(arm, "end") for arm in ("SAC", "SAC+BC", "ABM-MPO", "AWAC[push-lambda]")) > 0.03
        and nearer("AWAC", "end") < 0.02,
        "SAC, SAC+BC and ABM-MPO learn to push. AWAC does so with the authors' λ, and not with the "
        "text's.",
    ),
    "ablations": lambda: (
        "On HalfCheetah AWAC ends lower with any other component that is run: by "
        f"{number(-above(CHEETAH, 'AWAC[reverse-KL]'))} with the other direction of the KL, by "
        f"{number(-above(CHEETAH, 'AWAC[Z(s)]'))} with Z(s), by "
        f"{number(-above(CHEETAH, 'AWAC[Q-beta]'))} with AWR's critic, "
        + so(effect("A8", CHEETAH, CRITIC).open, "which five seeds do not tell from 0. ")
        + f"On the pen none of the {word(len(EXCHANGES))} exchanges moves its end by more than "
        f"{at_most(abs(above(PEN, f'AWAC[{name}]')) for name in EXCHANGES)}."
    ),
}

EVERY = [
    pytest.param(page, make, id=f"{part}: {name}")
    for page, part, statements in (
        ("README.md", "front page", README),
        (PAGE, "beginning", BEGINNING),
        (PAGE, "in short", IN_SHORT),
        (PAGE, "Figure 1", FIGURE_1),
        (PAGE, "step 120,000", STEP_120000),
        (PAGE, "human data", HUMAN_DATA),
        (PAGE, "Figure 3", FIGURE_3),
        (PAGE, "ablations", ABLATIONS),
        (PAGE, "Figure 2", FIGURE_2),
    )
    for name, make in statements.items()
]


@cache
def prose(page: str) -> str:
    """A page's text with single spaces."""
    return " ".join((ROOT / page).read_text(encoding="utf-8").split())


@pytest.mark.parametrize(("page", "make"), EVERY)
def test_a_sentence_says_what_the_rows_give(page: str, make: Callable[[], str]) -> None:
    words = make()
    if words not in prose(page):
        pytest.fail(f"{page}: the rows give “{words}”; write the sentence anew", pytrace=False)


def told_verdicts() -> dict[str, str]:
    """Claim -> its verdict, where the page has one before the claim's number, as in "seen (H8)"."""
    small = prose(PAGE).replace(section("Figure 1 to step 120,000"), "")
    told = "|".join(sorted(WORDS.values(), key=len, reverse=True))
    found = re.findall(rf"\b({told})(?: so far| as a whole)? \(([A-Z]\d[^)]*)\)", small)
    return {claim: verdict for verdict, claims in found for claim in claims.split(", ")}


def section(title: str) -> str:
    return prose(PAGE).partition(f"## {title} ")[2].partition(" ## ")[0]


def test_the_verdicts_that_the_text_tells_are_those_of_the_report() -> None:
    frame = verdicts(SMALL)
    mine = frame[frame["profile"] == "paper"].drop_duplicates("claim").set_index("claim")
    told = told_verdicts()
    assert len(told) >= 15
    assert told == {claim: WORDS[Verdict(mine["claim_verdict"][claim])] for claim in told}
