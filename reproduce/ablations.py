"""Ablations: AWAC with one component exchanged at a time, and its sensitivity to lambda.

    python reproduce/ablations.py                          # preset quick
    python reproduce/ablations.py --preset small --seeds 5 # from 5 seeds on with intervals
    python reproduce/ablations.py --vary critic,clamp      # only variants that exchange these
    python reproduce/ablations.py --vary none --sweep tau=0.001,0.005,0.02
    python reproduce/ablations.py --reference SAC --vary data --envs HalfCheetah-v2
    python reproduce/ablations.py --plot-only              # from the CSV, without training

What each variant changes and which claim it tests: docs/ablations.md. Prints a plan, runs what is
not done, resumes what was interrupted, collects and draws.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from figures.experiments import ABLATED, ABLATIONS
from reproduce.commandline.options import AblationOptions
from reproduce.commandline.script import command
from reproduce.launching.experiment import reproduce

if TYPE_CHECKING:
    from reproduce.runs.ablation_rows import Ablation


@command(AblationOptions, __doc__)
def main(options: AblationOptions) -> int:
    """Run, collect and draw the ablation that the command line asks for.

    Returns the exit status: 0 complete, 1 a run failed, 2 bad input, 75 interrupted.
    """
    return reproduce(ABLATIONS, options, envs=ABLATED, rows=_rows)


def _rows(options: AblationOptions, envs: Sequence[str]) -> Ablation:
    from reproduce.runs.ablation_rows import ablation_of

    return ablation_of(options, envs)


if __name__ == "__main__":
    sys.exit(main())
