"""What a claim can come out as, and how effects are judged and put together.

An effect is judged by its interval, never by its point: wholly beyond the threshold is support,
wholly on the other side contradicts, anything else is inconclusive. Without an interval (fewer
than 5 seeds) nothing is concluded, whatever the point says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, nan

from figures.estimates import Equivalence, Estimate

NO_ESTIMATE = Estimate(nan, nan, nan, 0, "undefined")
RULES_VERSION = "1"
"""Of the claims, their thresholds and the rules below. A change of any of them is a new version,
and every verdict that is written down names the version it was made by."""


class Verdict(StrEnum):
    """How a claim stands."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    INCONCLUSIVE = "inconclusive"
    NOT_RUN = "not run"
    NOT_TESTABLE = "not testable"


@dataclass(frozen=True)
class Effect:
    """One number that bears on a claim.

    Attributes:
        task: where it was measured; "all" for an aggregate over tasks.
        what: the quantity in words, such as ``AUC of AWAC - AUC of DAPG``.
        estimate: its value with the interval that was judged; None where a run is missing.
        asks: the condition, such as ``> 0.05``.
        verdict: of this effect alone.
        note: seeds and what else a reader should know, or why there is no number.
        p_value: of the test beside the interval, adjusted within its family; None without one.
        source: the experiment whose CSV it was computed from.
    """

    task: str
    what: str
    asks: str
    verdict: Verdict
    estimate: Estimate | None = None
    note: str = ""
    p_value: float | None = None
    source: str = ""


@dataclass(frozen=True)
class Finding:
    """The answer to a claim under one profile: its verdict, and all effects behind it."""

    verdict: Verdict
    effects: tuple[Effect, ...]
    reason: str
    """One sentence: how the effects make the verdict."""


def above(estimate: Estimate, threshold: float) -> Verdict:
    """SUPPORTED if the whole interval is above ``threshold``, CONTRADICTED if wholly below."""
    if not estimate.known:
        return Verdict.INCONCLUSIVE
    if estimate.low > threshold:
        return Verdict.SUPPORTED
    return Verdict.CONTRADICTED if estimate.high < threshold else Verdict.INCONCLUSIVE


def below(estimate: Estimate, threshold: float) -> Verdict:
    """``above`` with the sides exchanged."""
    if not estimate.known:
        return Verdict.INCONCLUSIVE
    if estimate.high < threshold:
        return Verdict.SUPPORTED
    return Verdict.CONTRADICTED if estimate.low > threshold else Verdict.INCONCLUSIVE


def similar(equivalence: Equivalence) -> Verdict:
    """Of a claim of similarity: two one-sided tests, by the 90 % interval."""
    return {"equivalent": Verdict.SUPPORTED, "different": Verdict.CONTRADICTED}.get(
        equivalence.verdict, Verdict.INCONCLUSIVE
    )


def combine(effects: Sequence[Effect], need: float) -> Finding:
    """Put effects together: the claim holds if at least ``need`` of them do.

    Args:
        effects: at least one.
        need: a share of the effects in (0, 1]; 1 asks for every one of them.

    SUPPORTED as soon as enough effects are, CONTRADICTED as soon as so many are contradicted that
    enough cannot be reached any more; these two stand whatever the missing runs may say. Otherwise
    NOT_RUN while no effect, or one that could decide it, has not been run, else INCONCLUSIVE.
    """
    if not effects:
        raise ValueError("a claim needs at least one effect")
    if not 0 < need <= 1:
        raise ValueError(f"need must be in (0, 1], got {need}")
    total = len(effects)
    wanted = ceil(need * total - 1e-9)
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
