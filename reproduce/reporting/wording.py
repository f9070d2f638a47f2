"""How a verdict and the settings that it is about are called, so that neither says more than it is.

A verdict names its preset: what is not seen at `small` is not thereby refuted for the paper's own
networks and budgets. The two profiles are called by whose settings they are; "paper: contradicted"
would read as a word about the paper.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from reproduce.judging.conditions import Verdict
from reproduce.specs.presets import PRESETS

SETTINGS: Mapping[str, str] = {
    "paper": "the text's settings",
    "released": "the released settings",
}
"""By profile."""
WORDS: Mapping[Verdict, str] = {
    Verdict.SUPPORTED: "seen",
    Verdict.SMALLER: "smaller than claimed",
    Verdict.CONTRADICTED: "contradicted",
    Verdict.INCONCLUSIVE: "not seen",
    Verdict.NOT_DECIDABLE: "not decidable",
    Verdict.NOT_RUN: "not run",
    Verdict.NOT_TESTABLE: "not testable",
}
MEANINGS: Mapping[Verdict, str] = {
    Verdict.SUPPORTED: "the interval lies wholly beyond the size that is claimed",
    Verdict.SMALLER: "wholly short of that size, and not wholly on the other side of no effect",
    Verdict.CONTRADICTED: "wholly on the other side of no effect",
    Verdict.INCONCLUSIVE: "anything else, or no interval, which takes five seeds: the runs leave "
    "the claim open, and say nothing against it",
    Verdict.NOT_DECIDABLE: "the offline phase leaves nothing to gain or to lose, or "
    "what the sentence takes for granted does not hold, such as that some run solves the task",
    Verdict.NOT_RUN: "runs that it asks for are missing, or ended too early",
    Verdict.NOT_TESTABLE: "no result can decide it",
}


_NAMES = re.compile("|".join(map(re.escape, Verdict)))


def worded(verdict: Verdict, preset: str) -> str:
    """``seen at small``; without the preset what no result can decide, and what no run did ("")."""
    if verdict is Verdict.NOT_TESTABLE or not preset:
        return WORDS[verdict]
    return f"{WORDS[verdict]} at {preset}"


def plain(text: str) -> str:
    """``text`` with the rules' names of verdicts replaced by what the report calls them."""
    return _NAMES.sub(lambda found: WORDS[Verdict(found[0])], text)


def badge(verdict: Verdict, preset: str) -> str:
    """``**seen at small**``: every verdict as loud as any other."""
    return f"**{worded(verdict, preset)}**"


def badges() -> dict[str, Verdict]:
    """Every verdict by what it is called, at every preset."""
    named = {worded(verdict, preset): verdict for preset in PRESETS for verdict in Verdict}
    # "not run" alone stands in other tables, of methods
    return named | {WORDS[each]: each for each in Verdict if each is not Verdict.NOT_RUN}
