"""Figure 3: the MuJoCo benchmarks, from 15 expert demonstrations and 100 rollouts of their clone.

    python reproduce/figure3.py                 # preset quick: minutes
    python reproduce/figure3.py --preset small  # hours on one machine
    python reproduce/figure3.py --plot-only     # from the CSV, without training

Prints a plan, runs what is not done, resumes what was interrupted, collects and draws.
"""

from __future__ import annotations

import sys

import tyro

from figures.figure3 import PANELS, make
from reproduce.experiment import reproduce
from reproduce.figure1 import METHODS
from reproduce.options import FigureOptions
from reproduce.script import script


@script
def main(arguments: list[str] | None = None) -> int:
    options = tyro.cli(FigureOptions, args=arguments, description=__doc__)
    return reproduce("figure3", options, envs=PANELS, methods=METHODS, draw=make)


if __name__ == "__main__":
    sys.exit(main())
