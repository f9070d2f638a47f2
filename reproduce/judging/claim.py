"""What a claim is: a quotation, the rules that it is asked by, and its verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reproduce.judging.conditions import Verdict
from reproduce.judging.evidence import Arm, Evidence
from reproduce.judging.provenance import Parts, of_one_kind
from reproduce.judging.rules import Rule
from reproduce.judging.verdicts import Finding, combine, conjunction


@dataclass(frozen=True)
class Part:
    """Rules whose effects are counted together. ``need`` is the share of effects that must hold.

    ``presupposed`` says what the sentence takes for granted, such as "SAC works". Where that is
    contradicted, the sentence says nothing, and the claim is not decidable. It is "" of a part that
    the sentence asserts.
    """

    rules: tuple[Rule, ...]
    need: float = 1.0
    presupposed: str = ""


@dataclass(frozen=True)
class Claim:
    """What the paper says, and what would show it.

    Attributes:
        id: letter of the domain (H hand, S Sawyer, M MuJoCo, A design choice, T text) and number.
        section: the section of the paper that has the quotation.
        quote: the paper's words.
        check: the numeric check in one sentence.
        experiments: experiments whose CSVs can answer, in order of preference.
        parts: all of them must hold.
        reading: what is ambiguous, and which reading was taken.
        refers: ids of other claims that ask and decide what this claim says too.
        again: id of the claim that this one asks again, with one value of the authors in place of
            the text's; "" of a claim that asks first.
        untestable: why no result can decide it; "" if a result can.
    """

    id: str
    section: str
    quote: str
    check: str
    experiments: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    reading: str = ""
    refers: tuple[str, ...] = ()
    again: str = ""
    untestable: str = ""

    def arms(self) -> tuple[Arm, ...]:
        """All arms that the claim needs, each once."""
        every = (arm for part in self.parts for rule in part.rules for arm in rule.arms())
        return tuple(dict.fromkeys(every))

    def tasks(self) -> tuple[str, ...]:
        """All tasks that these arms must have been run on, each once."""
        every = (task for part in self.parts for rule in part.rules for task in rule.tasks_asked())
        return tuple(dict.fromkeys(every))


def evaluate(claim: Claim, evidence: Evidence) -> Finding:
    """Judge ``claim``: all its parts must hold, each on runs of one code and one set of data."""
    if claim.untestable:
        return Finding(Verdict.NOT_TESTABLE, (), claim.untestable)

    def judge(parts: Parts) -> Finding:
        found = [
            combine(part, of.need, len(claim.parts))
            for part, of in zip(parts, claim.parts, strict=True)
        ]
        together = conjunction(found)
        for finding, part in zip(found, claim.parts, strict=True):
            if part.presupposed and finding.verdict is Verdict.CONTRADICTED:
                reason = f"it takes for granted that {part.presupposed}: {finding.reason}"
                undecidable = Verdict.NOT_DECIDABLE
                return replace(together, verdict=undecidable, reason=reason, may_hold=False)
        return together

    every = [
        [effect for rule in part.rules for effect in rule.effects(evidence, claim.experiments)]
        for part in claim.parts
    ]
    return of_one_kind(every, judge)
