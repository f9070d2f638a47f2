"""How often a rule says what is not so, simulated: the table of verdicts in docs/statistics.md.

    python -m tests.figures.coverage --what verdicts

The rules themselves are asked, on drawn runs instead of read ones. A run has a true level; the
truth is the same centre of 1 000 000 runs as for intervals. Two kinds of levels: *spread*
(Beta(17, 3)), as of a method whose seeds differ a little, and *bimodal*, where a run learns
(Beta(18, 2)) with probability 0.7 or does not (Beta(2, 10)). Effects are added to every run, so
that the truth is known. Times to a threshold are lognormal, with a budget of eight median times of
the better method.

An effect is none, half of what is claimed, what is claimed, or twice that. Support is wrong up to
the claimed effect (claims say "more than"; likeness within a margin: from the margin on);
contradiction is wrong everywhere here, since no effect goes the other way (likeness: up to the
margin; a share of runs: from the claimed one on).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, cast
from unittest.mock import patch

import numpy as np
import numpy.typing as npt

from figures.measures import Measure
from figures.statistics.across_seeds import Floats, centre
from figures.statistics.power import TRIMMING
from figures.statistics.survival import Sample
from reproduce.judging.comparisons import Difference, Improvement, Leads, Similar
from reproduce.judging.conditions import Verdict
from reproduce.judging.evidence import Arm, Evidence, Made, Noise, Sustained
from reproduce.judging.levels import Level, Negligible
from reproduce.judging.rules import Rule
from reproduce.judging.shares import Solved
from reproduce.judging.times import Faster

TASK = "pen-binary-v0"
DELTA = 0.05
SHARES = (0.0, 0.5, 1.0, 2.0)
"""Effects, as shares of what is claimed."""
SEEDS = (5, 10)
EPISODES = 100
BUDGET, MEDIAN_TIME = 200_000.0, 50_000.0
RESAMPLES = 500
HEADER = """| rule | levels | seeds | none | half | the claimed | twice |
|---|---|---|---|---|---|---|"""
OURS, *THEIRS = (Arm(name) for name in ("AWAC", "SAC", "BC", "AWR"))
Draw = Callable[[np.random.Generator, int], Floats]
"""Generator, seeds -> levels, (seeds,)."""


def seen(rng: np.random.Generator, rates: Floats) -> Floats:
    """What 100 episodes show of them; no two the same, since permutations of ties take long."""
    return np.asarray(rng.binomial(EPISODES, rates) / EPISODES + rng.uniform(0, 1e-6, rates.shape))


def spread(rng: np.random.Generator, size: int) -> Floats:
    """Success rates of runs that differ a little."""
    return seen(rng, rng.beta(17, 3, size))


def bimodal(rng: np.random.Generator, size: int, learns: float = 0.7) -> Floats:
    """Success rates of runs that learn or do not."""
    rates = np.where(rng.random(size) < learns, rng.beta(18, 2, size), rng.beta(2, 10, size))
    return seen(rng, rates)


MODELS: Mapping[str, Draw] = {"spread": spread, "bimodal": bimodal}


@cache
def truth(model: str) -> float:
    """Centre of infinitely many runs."""
    return float(centre(MODELS[model](np.random.default_rng(0), 1_000_000)))


@dataclass(frozen=True)
class Drawn:
    """Evidence of one experiment: the scalars of every arm, whatever they are called."""

    values: Mapping[Arm, Floats]
    samples: Mapping[Arm, Sample]

    def source(self, *_: Any) -> str:
        return "drawn"

    def made(self, *_: Any) -> Made:
        return Made(("a",))

    def measure(self, task: str) -> Measure:
        return Measure("drawn", "drawn")

    def has(self, *_: Any) -> bool:
        return True

    def scalars(
        self, source: str, task: str, arms: Sequence[Arm], *_: Any, **__: Any
    ) -> list[Floats]:
        return [self.values[arm] for arm in arms]

    def noise(self, source: str, task: str, arms: Sequence[Arm], *_: Any) -> Noise:
        """Of the rates of ``EPISODES`` episodes, as the scalars of real runs have it."""
        squares = []
        for arm in arms:
            share = (np.clip(self.values[arm], 0, 1) * EPISODES + 2) / (EPISODES + 4)
            squares.append(float((share * (1 - share) / (EPISODES + 4)).mean()))
        now = [square / len(self.values[arm]) for square, arm in zip(squares, arms, strict=True)]
        return Noise(TRIMMING * np.sqrt(sum(now)), TRIMMING * np.sqrt(sum(squares) / 5))

    def times(self, source: str, task: str, arms: Sequence[Arm], threshold: float) -> list[Sample]:
        return [self.samples[arm] for arm in arms]

    def levels(
        self, source: str, task: str, arms: Sequence[Arm], by: int | None = None
    ) -> list[Sustained]:
        never = np.zeros(len(self.values[arms[0]]), dtype=bool)
        return [
            Sustained(self.values[arm], np.full(len(never), float(EPISODES)), never) for arm in arms
        ]


@dataclass(frozen=True)
class Case:
    """A rule, and how runs are drawn under a share of the effect that it claims.

    Attributes:
        name: of the kind of rule.
        rule: as a claim would ask it.
        draw: generator, model, share, seeds -> evidence.
        alike: the rule claims that there is no effect beyond a margin.
    """

    name: str
    rule: Rule
    draw: Callable[[np.random.Generator, str, float, int], Drawn]
    alike: bool = False

    def wrong(self, share: float) -> tuple[Verdict, ...]:
        """Verdicts that would be false at this share of the claimed effect."""
        if self.alike:
            return tuple(
                verdict
                for verdict, false in (
                    (Verdict.SUPPORTED, share >= 1),
                    (Verdict.CONTRADICTED, share <= 1),
                )
                if false
            )
        too_small = (Verdict.SUPPORTED,) if share <= self.holds_from else ()
        against = (Verdict.CONTRADICTED,) if share >= self.fails_below else ()
        return (*too_small, *against)

    @property
    def holds_from(self) -> float:
        """The largest share at which the claim is false: a direction holds as soon as there is any
        effect, and "first, or within delta" as soon as delta is not lacking in full."""
        return 0.0 if isinstance(self.rule, Improvement | Leads) else 1.0

    @property
    def fails_below(self) -> float:
        """The smallest share that does not go the other way; a share of runs has no zero."""
        return 1.0 if isinstance(self.rule, Solved) else 0.0


def _two(size: float) -> Callable[[np.random.Generator, str, float, int], Drawn]:
    def draw(rng: np.random.Generator, model: str, share: float, seeds: int) -> Drawn:
        ours, theirs = MODELS[model](rng, seeds), MODELS[model](rng, seeds)
        return Drawn({OURS: ours + share * size, THEIRS[0]: theirs}, {})

    return draw


def _single(size: float) -> Callable[[np.random.Generator, str, float, int], Drawn]:
    def draw(rng: np.random.Generator, model: str, share: float, seeds: int) -> Drawn:
        return Drawn({OURS: MODELS[model](rng, seeds) - truth(model) + share * size}, {})

    return draw


def _leads(rng: np.random.Generator, model: str, share: float, seeds: int) -> Drawn:
    """All rivals are alike; ours is delta below them at "none", as good at the claimed effect."""
    values = {arm: MODELS[model](rng, seeds) for arm in (OURS, *THEIRS)}
    return Drawn(values | {OURS: values[OURS] + (share - 1) * DELTA}, {})


def _solved(rng: np.random.Generator, model: str, share: float, seeds: int) -> Drawn:
    """Half of the runs solve it at the claimed share: a run's true level is 1 or 0."""
    holds = rng.random(seeds) < min(1.0, share * 0.5)
    return Drawn({OURS: holds.astype(float)}, {})


def _faster(rng: np.random.Generator, model: str, share: float, seeds: int) -> Drawn:
    """Ratio 2 ** share, so that "none" is 1 and the claimed one 2; "bimodal": some never arrive."""
    samples = {}
    for arm, ratio in ((OURS, 1.0), (THEIRS[0], 2.0**share)):
        times = ratio * MEDIAN_TIME / 2 * np.exp(rng.normal(0, 0.4, seeds))
        if model == "bimodal":
            times = np.where(rng.random(seeds) < 0.85, times, np.inf)
        samples[arm] = (np.minimum(times, BUDGET), times <= BUDGET)
    return Drawn({}, samples)


CASES = (
    Case("difference > δ", Difference("jt", OURS, (THEIRS[0],), (TASK,)), _two(DELTA)),
    Case("P(better) > 1/2", Improvement("jt", OURS, (THEIRS[0],), (TASK,)), _two(DELTA)),
    Case("alike within 2δ", Similar("jt", OURS, (THEIRS[0],), (TASK,)), _two(2 * DELTA), True),
    Case("first, or within δ, of 4", Leads("jt", OURS, tuple(THEIRS), (TASK,), 1.0), _leads),
    Case("level > δ", Level("dip", (OURS,), (TASK,), "above", DELTA, zero=0.0), _single(DELTA)),
    Case("level below δ", Negligible("dip", (OURS,), (TASK,)), _single(DELTA), True),
    Case("share of runs > 1/2", Solved((OURS,), (TASK,), 0.9, None), _solved),
    Case("ratio of times > 2", Faster(OURS, (THEIRS[0],), (TASK,), 0.9, 2.0), _faster),
)


def quick_bootstrap(
    samples: Sequence[npt.NDArray[Any]],
    statistic: Callable[..., Floats],
    confidence: float,
    resamples: int = RESAMPLES,
) -> tuple[Floats, Floats]:
    """The percentile interval of ``bootstrap``, twenty times as fast."""
    rng = np.random.default_rng(resamples)
    drawn = [each[rng.integers(0, len(each), (resamples, len(each)))] for each in samples]
    end = (1 - confidence) / 2
    low, high = np.quantile(statistic(*drawn), [end, 1 - end])
    return low, high


@contextmanager
def quickly() -> Iterator[None]:
    """Within it, rules use ``quick_bootstrap``, and rank methods by fewer resamples."""
    with (
        patch("figures.statistics.resampling.bootstrap", quick_bootstrap),
        patch("figures.statistics.survival.bootstrap", quick_bootstrap),
        patch("figures.statistics.estimates.RESAMPLES", 10),
    ):
        yield


def rates(
    case: Case, model: str, share: float, seeds: int, repetitions: int
) -> dict[Verdict, float]:
    """How often each verdict comes out, in so many drawn experiments."""
    rng = np.random.default_rng([seeds, round(10 * share)])
    found: dict[Verdict, float] = dict.fromkeys(Verdict, 0.0)
    with quickly():
        for _ in range(repetitions):
            drawn = case.draw(rng, model, share, seeds)
            (effect,) = case.rule.effects(cast(Evidence, drawn), ("drawn",))
            found[effect.verdict] += 1 / repetitions
    return found


def rows(repetitions: int, cases: Sequence[Case] = CASES) -> list[list[str]]:
    """Rule, levels, seeds, then supported / contradicted for each share; wrong ones bold."""
    made = []
    for case in cases:
        for model in MODELS:
            for seeds in SEEDS:
                cells = []
                for share in SHARES:
                    found = rates(case, model, share, seeds, repetitions)
                    cells.append(
                        " / ".join(
                            f"**{found[verdict]:.3f}**"
                            if verdict in case.wrong(share)
                            else f"{found[verdict]:.3f}"
                            for verdict in (Verdict.SUPPORTED, Verdict.CONTRADICTED)
                        )
                    )
                made.append([case.name, model, str(seeds), *cells])
                print("| " + " | ".join(made[-1]) + " |", flush=True)
    return made


def solved_rate(level: float, seeds: int, repetitions: int, *, shared: bool = False) -> float:
    """How often H1's rule supports a policy of this constant true success, with 100 episodes a run.

    ``shared``: whether an episode succeeds depends on its start state alone, which all runs share.
    """
    rng = np.random.default_rng(seeds)
    rule = Solved((OURS,), (TASK,), 0.9, None)
    supported = 0
    for _ in range(repetitions):
        counts = rng.binomial(EPISODES, level, 1 if shared else seeds)
        drawn = Drawn({OURS: np.broadcast_to(counts, seeds) / EPISODES}, {})
        (effect,) = rule.effects(cast(Evidence, drawn), ("drawn",))
        supported += effect.verdict is Verdict.SUPPORTED
    return supported / repetitions
