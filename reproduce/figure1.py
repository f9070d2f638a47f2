"""Figure 1: offline pre-training and online fine-tuning on the three hand tasks.

    python reproduce/figure1.py                 # preset quick: minutes
    python reproduce/figure1.py --preset small  # hours on one machine
    python reproduce/figure1.py --plot-only     # from the CSV, without training

Prints a plan, runs what is not done, resumes what was interrupted, collects and draws.
"""

from __future__ import annotations

import sys

from figures.experiments import EXPERIMENTS
from reproduce.launching.experiment import figure_script

main = figure_script(EXPERIMENTS["figure1"], __doc__)


if __name__ == "__main__":
    sys.exit(main())
