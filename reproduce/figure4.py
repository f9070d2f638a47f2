r"""Figure 4: the paper's table of methods, from METHODS, as Markdown, LaTeX and CSV.

    python reproduce/figure4.py              # results/figure4.md, .tex and .csv
    python reproduce/figure4.py --variants   # and every variant

Prints the Markdown. Every cell is what the class of a row's component says, never the row's name:
another component, another cell. The LaTeX needs \usepackage{booktabs}. Trains nothing.
"""

from __future__ import annotations

if __name__ == "__main__":  # in one line, before an import fails
    from reproduce.commandline.installation import exit_without_training

    exit_without_training()

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from algorithms.behaviors.advantage_weighted import AdvantageWeightedBehavior
from algorithms.behaviors.likelihood import GaussianBehavior
from algorithms.behaviors.none import NoBehavior
from algorithms.behaviors.own_policy import OwnPolicy, PreviousPolicy
from algorithms.behaviors.vae import VAEBehavior
from algorithms.catalogue.method import Method
from algorithms.catalogue.methods import LATER_WORK, METHODS, PAPER_METHODS
from algorithms.catalogue.resolving import resolve
from algorithms.catalogue.variants import VARIANTS
from algorithms.constraints.divergence import KLPenalty, KLRegularisation
from algorithms.constraints.implicit import Implicit, LearnedPrior, NoConstraint, Prior
from algorithms.constraints.infinity_norm import InfinityNorm
from algorithms.constraints.mmd import MMD
from algorithms.constraints.reward_shift import BatchConstantShift
from algorithms.constraints.trust_region import TrustRegion
from algorithms.critics.conservative import Conservative, NoRegulariser
from algorithms.critics.expectile import ExpectileTD
from algorithms.critics.gae import GAE
from algorithms.critics.none import NoCritic
from algorithms.critics.td import TD
from algorithms.critics.td_lambda import TDLambda
from algorithms.objectives.imitation import Imitation
from algorithms.objectives.mixed import Mixed
from algorithms.objectives.natural_gradient import NaturalPolicyGradient
from algorithms.objectives.reverse_kl import DeterministicPolicyGradient, ReverseKL
from algorithms.objectives.weighted_mle import WeightedMLE
from reproduce.commandline.script import command
from reproduce.reporting.tables import (
    FormattedText,
    Section,
    maths,
    publish,
    text,
    to_latex,
    to_markdown,
)

PAPER_ROWS = {
    "SAC": "SAC",
    "SAC + BC": "SAC+BC",
    "BCQ": "BCQ",
    "BEAR": "BEAR",
    "AWR": "AWR",
    "MPO": "MPO",
    "ABM-MPO": "ABM-MPO",
    "DAPG": "DAPG",
    "BRAC": "BRAC",
    "AWAC (Ours)": "AWAC",
}
"""The paper's rows in its order, by its names -> rows of METHODS."""

_NOTHING = FormattedText("-", "-", "--")

# \parallel, not \|: in a Markdown table \| comes out as a single bar
_REVERSE = maths("D_KL(pi_theta || Q-bar)", r"$D_{\mathrm{KL}}(\pi_\theta \parallel \bar{Q})$")
_FORWARD = maths("D_KL(Q-bar || pi_theta)", r"$D_{\mathrm{KL}}(\bar{Q} \parallel \pi_\theta)$")
_CLONING = maths("D_KL(pi_beta || pi_theta)", r"$D_{\mathrm{KL}}(\pi_\beta \parallel \pi_\theta)$")

CELLS: dict[str, Mapping[type, FormattedText | None]] = {
    "critic": {
        TD: maths("Q^pi", r"$Q^{\pi}$"),
        TDLambda: maths("Q^beta", r"$Q^{\beta}$"),
        # expectile 1/2 is Q^beta, 1 the best of the data's actions; no policy's Q in between
        ExpectileTD: maths(
            "Q^beta_tau (in-sample expectile)", r"$Q^{\beta}_{\tau}$ (in-sample expectile)"
        ),
        GAE: _NOTHING,  # a baseline, no Q
        NoCritic: _NOTHING,
    },
    "critic.regulariser": {NoRegulariser: None, Conservative: text("(conservative)")},
    "objective": {
        ReverseKL: _REVERSE,
        DeterministicPolicyGradient: _REVERSE,
        WeightedMLE: _FORWARD,
        Mixed: text("Mixed"),
        NaturalPolicyGradient: maths("J(pi_theta)", r"$J(\pi_\theta)$"),
        # likelihood; squared error is the same for a Gaussian of fixed variance
        Imitation: _CLONING,
    },
    "behavior": {
        NoBehavior: text("No"),
        OwnPolicy: text("Yes*"),
        PreviousPolicy: text("Yes*"),
        GaussianBehavior: text("Yes"),
        AdvantageWeightedBehavior: text("Yes"),
        VAEBehavior: text("Yes"),
    },
    "constraint": {
        NoConstraint: text("None"),
        Implicit: text("Implicit"),
        Prior: text("Prior"),
        LearnedPrior: text("Learned Prior"),
        InfinityNorm: maths("Support (l-infinity)", r"Support ($\ell^{\infty}$)"),
        MMD: text("Support (MMD)"),
        KLPenalty: text("Explicit KL penalty"),
        KLRegularisation: text("Explicit KL penalty (policy only)"),
        BatchConstantShift: text("Reward shift, constant over a batch"),
        TrustRegion: text("Prior (KL trust region)"),
    },
}
"""Path of a component in `Method` -> its class -> what the table says; None adds nothing."""

COLUMNS: tuple[tuple[FormattedText, tuple[str, ...]], ...] = (
    (maths("Q-hat", r"$\hat{Q}$"), ("critic", "critic.regulariser")),
    (text("Policy Objective"), ("objective",)),
    (maths("pi-hat_beta?", r"$\hat{\pi}_\beta$?"), ("behavior",)),
    (text("Constraint"), ("constraint",)),
)
"""Headings in the paper's order, and the components that each is read from."""

_NOTE = text("* the prior is an earlier state of the policy itself, not a model of the data")


@dataclass(frozen=True)
class Options:
    """Where to write, and which rows."""

    out: Path = Path("results")
    """Folder for figure4.md, figure4.tex and figure4.csv; files of these names are replaced."""
    variants: bool = False
    """Add every variant of a method, as `run.py --list` names them."""


def cells(method: Method) -> list[FormattedText]:
    """What the table says of a method, column by column.

    Raises ValueError for a component without a cell, naming the file to add it in.
    """
    return [_cell(method, paths) for _, paths in COLUMNS]


def _cell(method: Method, paths: tuple[str, ...]) -> FormattedText:
    parts = []
    for path in paths:
        owner, _, field = path.rpartition(".")
        if not hasattr(attrgetter(owner)(method) if owner else method, field):
            continue  # a part that only some components have
        # the class itself: a subclass is another component, and needs a cell of its own
        kind = type(attrgetter(path)(method))
        if kind not in CELLS[path]:
            raise ValueError(
                f"no cell for {path}={kind.__name__}: add one to CELLS[{path!r}] "
                f"in reproduce/{Path(__file__).name}"
            )
        part = CELLS[path][kind]
        parts += [part] if part else []
    first, *others = parts
    for other in others:
        first = first.beside(other)
    return first


def groups(*, variants: bool = False) -> dict[str, dict[str, Method]]:
    """Heading -> name -> method; the paper's ten rows first, in its order."""
    shown = PAPER_ROWS.values()
    found = {
        "In the paper's Figure 4": {label: METHODS[name] for label, name in PAPER_ROWS.items()},
        "In the paper, not in its Figure 4": {
            name: METHODS[name] for name in PAPER_METHODS if name not in shown
        },
        "Later work": {name: METHODS[name] for name in LATER_WORK},
    }
    if variants:
        found["Variants"] = {name: resolve(name).method for name in VARIANTS}
    return found


@command(Options, __doc__)
def main(options: Options) -> int:
    """Print the table, and write it as Markdown, LaTeX and CSV.

    Returns the exit status: 0 written, 2 a component has no cell, or the folder cannot be written.
    """
    header = [text("Name"), *(heading for heading, _ in COLUMNS)]
    sections, rows = [], []
    for group, methods in groups(variants=options.variants).items():
        table = [[text(name), *cells(method)] for name, method in methods.items()]
        sections.append(Section(group, table))
        keys = [cell.plain for cell in header]
        for row in table:
            values = zip(keys, (cell.plain for cell in row), strict=True)
            rows.append({**dict(values), "Group": group})
    publish(
        options.out,
        "figure4",
        markdown=f"# Figure 4: what each method is made of\n\n"
        f"{to_markdown(header, sections, level=2)}\n{_NOTE.markdown}\n",
        latex="% python reproduce/figure4.py; needs \\usepackage{booktabs}\n"
        f"{to_latex(header, sections, environment='tabular')}\n"
        f"{{\\footnotesize {_NOTE.latex}}}\n",
        rows=rows,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
