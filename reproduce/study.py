"""Make, or make anew, the runs of one study: a pilot, a control, a diagnosis.

    python reproduce/study.py --list                       # every study with its question
    python reproduce/study.py --name push_lambda --jobs 1  # its runs, its table, its picture
    python reproduce/study.py --name push_lambda --table   # the table, from the CSV
    python reproduce/study.py --name push_lambda --plot-only  # the picture, from the CSV

The same grids, folders, locks and tables as the figures' scripts; results go to
`results/<folder>/<name>.csv`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from reproduce.commandline.installation import require_training
from reproduce.commandline.options import FigureOptions, flags_given
from reproduce.commandline.script import command
from reproduce.launching.pictures import draw

OF_THE_STUDY = (
    "preset",
    "profile",
    "data",
    "labels",
    "set",
    "precision",
    "envs",
    "methods",
    "seeds",
    "compare",
)
"""Options of a figure's script that a study decides itself, or has no use for."""


@dataclass(frozen=True)
class StudyOptions(FigureOptions):
    """Options of a figure's script, and which study."""

    name: str = ""
    """Name of the study; `--list` shows them all."""
    list: bool = False
    """Print every study with its question, and stop."""
    table: bool = False
    """Print the table of the rows that are there, and stop."""


@command(StudyOptions, __doc__)
def main(options: StudyOptions) -> int:
    """Make what a study lacks of runs, and print its table; `--list` prints all studies.

    Returns the exit status: 0 complete or only printed, 1 a run failed, 2 bad input, 75 interrupted
    (the same command continues).
    """
    from reproduce.reporting.study_table import table
    from reproduce.specs.studies import STUDIES

    if options.list:
        for study in STUDIES.values():
            print(f"{study.folder}/{study.name}: {study.question} ({len(study.cases)} cases)")
        return 0
    if options.name not in STUDIES:
        raise ValueError(f"--name {options.name}: one of {', '.join(STUDIES)}")
    _refuse_what_a_study_decides(options)
    study = STUDIES[options.name]
    out = options.out or Path("results") / study.folder
    csv = out / f"{study.name}.csv"
    if options.table:
        print(table(csv))
        return 0
    if options.plot_only:
        print("picture: " + "  ".join(map(str, draw(study.name, csv, out / study.name))))
        return 0
    require_training()
    from reproduce.launching.clusters import choose
    from reproduce.launching.experiment import check_counts, run_grids
    from reproduce.runs.option_checks import prepare, resolve_data

    prepare(options)
    check_counts(options)
    options = replace(options, preset=study.preset, profile=study.profile, out=out)
    cluster, chosen = choose(options)
    data = {
        (case.env, case.data): resolve_data(replace(chosen, data=case.data), [case.env])[case.env]
        for case in study.cases
    }
    status = run_grids({study.name: study.specs(data)}, chosen, cluster)
    if csv.exists():
        print(table(csv))
    return status


def _refuse_what_a_study_decides(options: StudyOptions) -> None:
    given = flags_given(options, OF_THE_STUDY)
    if given:
        raise ValueError(
            f"{given[0]}: a study says itself what it runs (reproduce/specs/studies/); "
            "use a figure's script or run.py for anything else"
        )


if __name__ == "__main__":
    sys.exit(main())
