"""Figure 1: offline pre-training and online fine-tuning on the three hand tasks.

    python reproduce/figure1.py                 # preset quick: minutes
    python reproduce/figure1.py --preset small  # hours on one machine
    python reproduce/figure1.py --plot-only     # from the CSV, without training

Prints a plan, runs what is not done, resumes what was interrupted, collects and draws.
"""

from __future__ import annotations

import sys

import tyro

from figures.figure1 import PANELS, make
from reproduce.experiment import reproduce
from reproduce.options import FigureOptions
from reproduce.script import script

METHODS = (
    "AWAC", "SAC", "SAC+BC", "BC", "ABM-MPO", "AWR", "DAPG", "BEAR", "BCQ", "BRAC", "MPO",
)  # fmt: skip


@script
def main(arguments: list[str] | None = None) -> int:
    options = tyro.cli(FigureOptions, args=arguments, description=__doc__)
    return reproduce("figure1", options, envs=PANELS, methods=METHODS, draw=make)


if __name__ == "__main__":
    sys.exit(main())
