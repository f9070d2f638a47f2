"""What a claim can come out as, and how effects are put together.

How one effect is judged stands in ``conditions``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, nan

from figures.estimates import Estimate
from reproduce.judging.conditions import Condition, Verdict

NO_ESTIMATE = Estimate(nan, nan, nan, 0, "undefined")
RULES_VERSION = "2"
"""Of the claims, their thresholds and the rules of this package. A change of any of them is a new
version, and every verdict that is written down names the version it was made by."""


@dataclass(frozen=True)
class Effect:
    """One number that bears on a claim.

    Attributes:
        task: where it was measured; "all" for an aggregate over tasks.
        what: the quantity in words, such as ``AUC of AWAC - AUC of DAPG``.
        estimate: its value with the interval that was judged; None where a run is missing.
        asks: the condition, such as ``> 0.05``.
        verdict: of this effect; of a finding, among all effects of its part.
        note: seeds and what else a reader should know, or why there is no number.
        p_value: of the test beside the interval, adjusted within its family; None without one.
        source: the experiment whose CSV it was computed from.
        condition: what ``verdict`` was judged by; None where nothing can be concluded.
    """

    task: str
    what: str
    asks: str
    verdict: Verdict
    estimate: Estimate | None = None
    note: str = ""
    p_value: float | None = None
    source: str = ""
    condition: Condition | None = None

    def among(self, *, supports: int, contradicts: int) -> Effect:
        """The same, judged as one of so many that could decide by mistake."""
        if self.condition is None or self.estimate is None:
            return self
        verdict = self.condition.verdict(self.estimate, supports=supports, contradicts=contradicts)
        if verdict is self.verdict:
            return self
        several = supports if self.verdict is Verdict.SUPPORTED else contradicts
        note = f"{self.note}; {self.verdict} if it stood alone, not as one of {several}"
        return replace(self, verdict=verdict, note=note)


@dataclass(frozen=True)
class Finding:
    """The answer to a claim under one profile: its verdict, and all effects behind it."""

    verdict: Verdict
    effects: tuple[Effect, ...]
    reason: str
    """One sentence: how the effects make the verdict."""


def combine(effects: Sequence[Effect], need: float) -> Finding:
    """Put effects together: the claim holds if at least ``need`` of them do.

    Args:
        effects: at least one.
        need: a share of the effects in (0, 1]; 1 asks for every one of them.

    SUPPORTED as soon as enough effects are, CONTRADICTED as soon as so many are contradicted that
    enough cannot be reached any more; these two stand whatever the missing runs may say. Otherwise
    NOT_RUN while no effect, or one that could decide it, has not been run, else INCONCLUSIVE.

    With k of n needed, a wrong verdict takes one mistake: a false claim holds for at most k - 1
    effects, so that one of the other n - k + 1 must seem to hold; of a true one k hold, and one of
    those must seem not to. These are the families of ``Effect.among``; either error stays below
    alpha.
    """
    if not effects:
        raise ValueError("a claim needs at least one effect")
    if not 0 < need <= 1:
        raise ValueError(f"need must be in (0, 1], got {need}")
    total = len(effects)
    wanted = ceil(need * total - 1e-9)
    effects = [e.among(supports=total - wanted + 1, contradicts=wanted) for e in effects]
    count = {verdict: sum(e.verdict is verdict for e in effects) for verdict in Verdict}
    tally = ", ".join(f"{number} {verdict}" for verdict, number in count.items() if number)
    reason = f"needs {wanted} of {total}; {tally}"
    if count[Verdict.SUPPORTED] >= wanted:
        verdict = Verdict.SUPPORTED
    elif total - count[Verdict.CONTRADICTED] < wanted:
        verdict = Verdict.CONTRADICTED
    elif count[Verdict.NOT_RUN]:
        verdict = Verdict.NOT_RUN
    else:
        verdict = Verdict.INCONCLUSIVE
    return Finding(verdict, tuple(effects), reason)


def conjunction(findings: Sequence[Finding]) -> Finding:
    """All must hold: CONTRADICTED if one is, else NOT_RUN, else INCONCLUSIVE if one is."""
    if not findings:
        raise ValueError("a claim needs at least one part")
    found = {finding.verdict for finding in findings}
    order = (Verdict.CONTRADICTED, Verdict.NOT_RUN, Verdict.INCONCLUSIVE, Verdict.SUPPORTED)
    verdict = next(each for each in order if each in found)
    effects = tuple(effect for finding in findings for effect in finding.effects)
    return Finding(verdict, effects, "; and ".join(finding.reason for finding in findings))
