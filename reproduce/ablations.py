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
from dataclasses import dataclass
from typing import Annotated

import tyro

from figures.ablations import make
from figures.experiments import ABLATED, ABLATIONS
from reproduce.experiment import reproduce
from reproduce.installation import require_training
from reproduce.options import FigureOptions
from reproduce.script import script


@dataclass(frozen=True)
class AblationOptions(FigureOptions):
    """Options of a figure's script, and what is varied."""

    reference: str = "AWAC"
    """The row that is varied: a method, or one of its variants (then only swept)."""
    vary: str = "all"
    """Which components are exchanged, with commas: critic, clamp, objective, normalisation,
    weights, value, actions, behavior, constraint, data, rewards, ...; all; none. --methods names
    single variants instead."""
    sweep: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    """key=value,value,... for the reference, repeatable; none (default: lam=0.1,0.3,0.5,1,2 if it
    has a lambda)."""


@script
def main(arguments: list[str] | None = None) -> int:
    options = tyro.cli(AblationOptions, args=arguments, description=__doc__)
    if options.plot_only:
        return reproduce(ABLATIONS, options, envs=ABLATED, methods=(), draw=make)
    try:
        require_training()
        from reproduce.ablation_rows import ablation_of
        from reproduce.experiment import prepare

        prepare(options)
        ablation = ablation_of(options, options.envs or ABLATED)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return reproduce(
        ABLATIONS, options, envs=ABLATED, methods=ablation.names, draw=make, runs=ablation.specs
    )


if __name__ == "__main__":
    sys.exit(main())
