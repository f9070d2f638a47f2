"""Figure 3: the MuJoCo benchmarks, from 15 expert demonstrations and 100 rollouts of their clone.

    python reproduce/figure3.py                 # preset quick: minutes
    python reproduce/figure3.py --preset small  # hours on one machine
    python reproduce/figure3.py --plot-only     # from the CSV, without training

Prints a plan, runs what is not done, resumes what was interrupted, collects and draws.
"""

from __future__ import annotations

import sys

from figures.experiments import EXPERIMENTS
from reproduce.launching.experiment import figure_script

main = figure_script(EXPERIMENTS["figure3"], __doc__)


if __name__ == "__main__":
    sys.exit(main())
