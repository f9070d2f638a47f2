"""The pictures that an experiment's table gives: a figure's, those of the ablations, or a study's.

Importing this module needs no Matplotlib; drawing does.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from figures.experiments import ABLATIONS, EXPERIMENTS
from figures.results.partial import partial_of
from figures.selection import EVERYTHING, Selection
from reproduce.checking.reader import checked


def draw(
    experiment: str,
    csv: Path,
    stem: Path,
    compare: Sequence[Path] = (),
    only: Selection = EVERYTHING,
) -> list[Path]:
    """Draw the table `csv` of an experiment into files that begin with `stem`; return their paths.

    A name that is neither a figure nor `ablations` is a study's. `compare` and `only` mean
    something for figures alone (`drawable` refuses them elsewhere).

    Raises ResultsError for a table that cannot be drawn.
    """
    if experiment in EXPERIMENTS:
        from figures.paper_figure import make

        return make(EXPERIMENTS[experiment], csv, stem, compare, only)
    if experiment == ABLATIONS:
        from figures.ablations import make as make_ablations

        return make_ablations(csv, stem)
    from figures.study import make as make_study

    return make_study(csv, stem)


def show(
    experiment: str,
    out: Path,
    compare: Sequence[Path] = (),
    only: Selection = EVERYTHING,
) -> None:
    """Check an experiment's table in the folder `out`, draw it, and say where the pictures are.

    The experiment's own picture shows all that there is. Files to compare, or a selection, give
    pictures of other names beside it.
    """
    csv = out / f"{experiment}.csv"
    checked(csv, manifest_needed=False)
    stem = out / (experiment + ".selected" * bool(only) + ".compared" * bool(compare))
    pictures = draw(experiment, csv, stem, compare, only)
    print("\nresults: " + str(csv))
    print("picture: " + "  ".join(map(str, pictures)))
    if experiment == ABLATIONS:
        from figures.ablation.table import effect_lines

        print(*effect_lines(csv), sep="\n")
    lacking = partial_of(csv)
    if lacking.exists():
        print(f"PARTIAL: runs are not done, see {lacking}")


def drawn_so_far(experiment: str, out: Path) -> list[Path]:
    """Draw the rows of now, while runs go on; no picture before the first rows."""
    csv = out / f"{experiment}.csv"
    return draw(experiment, csv, out / experiment) if csv.exists() else []
