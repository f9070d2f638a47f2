"""Which verdicts a claim can have, and how effects are put together.

``conditions`` says how one effect is judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, nan

from figures.statistics.estimates import Estimate
from reproduce.judging.conditions import Condition, Verdict
from reproduce.judging.questions import Question
from reproduce.judging.visible import Visible

NO_ESTIMATE = Estimate(nan, nan, nan, 0, "undefined")


@dataclass(frozen=True)
class Effect:
    """One number that supports a claim or counts against it.

    Attributes:
        task: where it was measured; "all" for an aggregate over tasks.
        question: what was measured, of whom, and what is asked of it.
        estimate: its value with the interval that was judged; None if a run is missing.
        verdict: of this effect alone; in a finding, among all effects of its part.
        note: what else a reader should know, or why there is no number.
        seeds: how many each of the groups that are compared has, each number once; () where
            ``note`` tells what was counted.
        missing: the runs that have to be made first; "" if there are all.
        lacks: why there is no number, in a few words; "" if there is one.
        p_value: of the test beside the interval, of this effect alone; None without one.
        source: the experiment whose CSV it was computed from.
        condition: what ``verdict`` was judged by; None if nothing can be concluded.
        seen: which effect five seeds would have shown in 8 of 10 experiments; None if that is
            unknown. As ``verdict``, it is of this effect alone, or in a finding among all effects
            of its part.
        power: ``seen`` of one among so many effects that could support a claim by mistake.
        code: the name of the code that made its runs (`specs.numbers.code_of`). All effects of a
            verdict on one task have the same code.
        checksums: of the prior data that its runs were made with.
        family: among how many effects it was judged: those that could support a claim by mistake,
            and those that could contradict it (``families``).
    """

    task: str
    question: Question
    verdict: Verdict
    estimate: Estimate | None = None
    note: str = ""
    seeds: tuple[int, ...] = ()
    missing: str = ""
    lacks: str = ""
    p_value: float | None = None
    source: str = ""
    condition: Condition | None = None
    seen: Visible | None = None
    power: Callable[[int], Visible | None] | None = field(default=None, compare=False, repr=False)
    checksums: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    family: tuple[int, int] = (1, 1)

    @property
    def what(self) -> str:
        """What was measured and of whom, in words."""
        return self.question.what

    @property
    def remark(self) -> str:
        """What is missing, and the note."""
        return joined(f"missing: {self.missing}" if self.missing else "", self.note)

    def among(self, *, supports: int, contradicts: int) -> Effect:
        """The same effect, judged as one of several that could decide by mistake."""
        seen = self.power(supports) if self.power else self.seen
        among = replace(self, seen=seen, family=(supports, contradicts))
        if self.condition is None or self.estimate is None:
            return among
        verdict = self.condition.verdict(self.estimate, supports=supports, contradicts=contradicts)
        if verdict is self.verdict:
            return among
        several = supports if self.verdict is Verdict.SUPPORTED else contradicts
        alone = f"{self.verdict} if it stood alone, not as one of {several}"
        note = joined(self.note, alone)
        return replace(among, verdict=verdict, note=note)


def seen(effect: Effect) -> Visible | None:
    """What five seeds would have seen, for an inconclusive effect; None for any other."""
    return effect.seen if effect.verdict is Verdict.INCONCLUSIVE else None


def joined(*notes: str) -> str:
    """The notes that say something, one after the other."""
    return "; ".join(filter(None, notes))


@dataclass(frozen=True)
class Finding:
    """The answer to a claim under one profile: its verdict, and all effects behind it."""

    verdict: Verdict
    effects: tuple[Effect, ...]
    reason: str
    """One sentence: how the effects make the verdict."""
    may_hold: bool = True
    """Whether more runs could support the claim: false where effects exclude it already."""

    @property
    def is_shut(self) -> bool:
        """Whether the claim is open, and more runs could decide it against its support alone."""
        return not self.may_hold and self.verdict in (Verdict.INCONCLUSIVE, Verdict.NOT_RUN)


def combine(effects: Sequence[Effect], need: float, parts: int = 1) -> Finding:
    """Put effects together: the claim holds if at least ``need`` of them do.

    Args:
        effects: at least one.
        need: a share of the effects in (0, 1]; 1 asks for every one of them.
        parts: how many such parts the claim has. A mistake in any of them contradicts it.

    With k of n needed:

    * SUPPORTED as soon as k effects are supported.
    * CONTRADICTED as soon as more than n - k are contradicted: k can no longer hold.
    * SMALLER as soon as more than n - k are contradicted or smaller than claimed: k can no longer
      hold in the size that is claimed.
    * NOT_DECIDABLE if effects that cannot be decided here exclude the other three, however many
      runs are added.

    Missing runs cannot change these verdicts. Otherwise the verdict is NOT_RUN while an effect is
    not run, and INCONCLUSIVE after that.

    One mistake is enough for a wrong verdict. A false claim holds for at most k - 1 effects. It
    passes if one of the other n - k + 1 seems to hold. A true claim holds for k effects or more. It
    fails if one of those k seems not to hold, in this part or in another. ``Effect.among`` gets
    the sizes of these two families, the second one times ``parts``. Either error therefore stays
    below alpha. All parts must hold to support a claim, so that no part pays for another there.
    """
    if not effects:
        raise ValueError("a claim needs at least one effect")
    if not 0 < need <= 1:
        raise ValueError(f"need must be in (0, 1], got {need}")
    total = len(effects)
    wanted = wanted_of(total, need)
    supports, contradicts = families(total, need, parts)
    effects = [effect.among(supports=supports, contradicts=contradicts) for effect in effects]
    count = Counter(effect.verdict for effect in effects)
    tally = ", ".join(f"{count[verdict]} {verdict}" for verdict in Verdict if count[verdict])
    verdict = _counted(count, total, wanted)
    excluded = (Verdict.CONTRADICTED, Verdict.SMALLER, Verdict.NOT_DECIDABLE)
    may_hold = total - sum(count[each] for each in excluded) >= wanted
    found = Finding(verdict, tuple(effects), f"needs {wanted} of {total}; {tally}", may_hold)
    shut = f", so that more runs cannot make it {Verdict.SUPPORTED}" if found.is_shut else ""
    return replace(found, reason=found.reason + shut)


def wanted_of(total: int, need: float) -> int:
    """How many of ``total`` effects must hold."""
    return ceil(need * total - 1e-9)


def families(total: int, need: float, parts: int) -> tuple[int, int]:
    """How many effects could support a claim by mistake, how many contradict it (``combine``)."""
    wanted = wanted_of(total, need)
    return total - wanted + 1, wanted * parts


def _counted(count: Counter[Verdict], total: int, wanted: int) -> Verdict:
    holds, against = count[Verdict.SUPPORTED], count[Verdict.CONTRADICTED]
    smaller = count[Verdict.SMALLER]
    open_ = count[Verdict.INCONCLUSIVE] + count[Verdict.NOT_RUN]
    if holds >= wanted:
        return Verdict.SUPPORTED
    if total - against < wanted:
        return Verdict.CONTRADICTED
    if total - against - smaller < wanted:
        return Verdict.SMALLER
    for_it, against_it = holds + smaller + open_ >= wanted, total - against - open_ < wanted
    if count[Verdict.NOT_DECIDABLE] and not (for_it or against_it):
        return Verdict.NOT_DECIDABLE
    return Verdict.NOT_RUN if count[Verdict.NOT_RUN] else Verdict.INCONCLUSIVE


_WEAKEST_FIRST = (
    Verdict.CONTRADICTED,
    Verdict.SMALLER,
    Verdict.NOT_RUN,
    Verdict.INCONCLUSIVE,
    Verdict.NOT_DECIDABLE,
    Verdict.SUPPORTED,
)


def conjunction(findings: Sequence[Finding]) -> Finding:
    """All findings must hold.

    The verdict is the first of these that one of them has: CONTRADICTED, SMALLER, NOT_RUN,
    INCONCLUSIVE, NOT_DECIDABLE, SUPPORTED. The first two mean that this part cannot hold.
    """
    if not findings:
        raise ValueError("a claim needs at least one part")
    found = {finding.verdict for finding in findings}
    verdict = next(each for each in _WEAKEST_FIRST if each in found)
    effects = tuple(effect for finding in findings for effect in finding.effects)
    reason = "; and ".join(finding.reason for finding in findings)
    return Finding(verdict, effects, reason, all(finding.may_hold for finding in findings))
