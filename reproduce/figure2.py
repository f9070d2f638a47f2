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

from figures.experiments import EXPERIMENTS
from reproduce.launching.experiment import figure_script

main = figure_script(EXPERIMENTS["figure2"], __doc__)


if __name__ == "__main__":
    sys.exit(main())
