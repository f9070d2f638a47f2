"""Figure 2: fine-tuning from random data on the pushing task.

    python reproduce/figure2.py                 # preset quick: minutes
    python reproduce/figure2.py --preset small  # hours on one machine
    python reproduce/figure2.py --plot-only     # from the CSV, without training

Off-policy methods see the replay buffer in hindsight, for other goals than the recorded ones (not
AWR, whose returns belong to them). DAPG is left out: it bootstraps from demonstrations, and here
are none. Prints a plan, runs what is not done, resumes what was interrupted, collects and draws.
"""

from __future__ import annotations

import sys

import tyro

from figures.figure2 import PANELS, make
from reproduce.experiment import reproduce
from reproduce.options import FigureOptions
from reproduce.script import script

METHODS = (
    "AWAC", "AWAC[push-lambda]", "SAC", "BC", "ABM-MPO", "AWR", "BEAR", "BCQ", "BRAC", "MPO",
    "SAC+BC",
)  # fmt: skip
"""Lambda 0.3 is the text's, `AWAC[push-lambda]` has one in the units of the rewards, metres."""


@script
def main(arguments: list[str] | None = None) -> int:
    options = tyro.cli(FigureOptions, args=arguments, description=__doc__)
    return reproduce("figure2", options, envs=PANELS, methods=METHODS, draw=make)


if __name__ == "__main__":
    sys.exit(main())
