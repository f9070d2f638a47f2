"""Every claim of the paper as a question to the results.

The claims and their thresholds were fixed before any run of preset ``paper``. Runs of preset
``small`` existed before version 1 and before each change since. ``docs/rules-history.md`` says of
each version what was known.

A claim (``claim``) quotes the paper, names the experiments that hold its evidence, and asks rules
of this evidence. The claims are in ``paper``, a file a section. ``comparisons``, ``levels``,
``shares``, ``stability`` and ``times`` say what convinces a rule. ``verdicts`` says how effects
make a verdict.
"""

from __future__ import annotations

from reproduce.judging.paper.design import DESIGN_CLAIMS
from reproduce.judging.paper.hand import HAND_CLAIMS
from reproduce.judging.paper.locomotion import LOCOMOTION_CLAIMS
from reproduce.judging.paper.pushing import PUSH_CLAIMS

RULES_VERSION = "18"
"""Of the claims, their thresholds and the rules of this package. A change of any of them is a new
version, and every verdict that is written down names the version it was made by."""

CLAIMS = (*HAND_CLAIMS, *PUSH_CLAIMS, *LOCOMOTION_CLAIMS, *DESIGN_CLAIMS)
"""In the order of the report."""
