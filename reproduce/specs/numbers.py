"""The version of a domain's numbers: runs of one version can be compared, whatever their commits.

A commit changes words, pictures, or another domain far more often than what a run computes. If
verdicts asked for one commit, nobody could add seeds to committed rows. They ask for one version of
the numbers instead. `tests/reproduce/test_golden.py` fails if the numbers change; whoever changes
them on purpose raises the domain's version here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from figures.experiments import row_of

NUMBERS: Mapping[str, int] = {"hand": 1, "locomotion": 1, "push": 1}
"""By domain: raised by every change that gives other rows for the same configuration and seed."""

_BEFORE: Mapping[str, Mapping[str, int]] = {"a5c0591a4716": {"hand": 1}}
"""By commit: versions of rows from before rows named one. Short runs gave the same bits at this
commit and at the one that introduced versions: Figure 1's eleven methods on the pen, and AWAC,
SAC+BC and ABM-MPO on door and relocate."""


def numbers_version(env: str, commit: str) -> int | None:
    """The version of the numbers of a run that begins now.

    Args:
        env: its task.
        commit: of the code, as `reproduce.runs.provenance.commit` gives it.

    Returns None if the code is not that of a commit, or the task is not one of the paper's: nobody
    can say what such numbers are.
    """
    figure, known = row_of(env), commit and not commit.endswith("+changes")
    return NUMBERS.get(figure.domain) if figure and known else None


def code_of(env: str, made: Mapping[str, Any]) -> str:
    """What names the code of a run: its version of the numbers where there is one, else its commit.

    Args:
        env: its task.
        made: ``commit`` and, where they are known, ``numbers_version``; NaN counts as unknown.
    """
    commit, version = str(made.get("commit", "")), made.get("numbers_version")
    if version is None or version != version or version == "":  # NaN differs from itself
        figure = row_of(env)
        version = _BEFORE.get(commit, {}).get(figure.domain) if figure else None
    return commit if version is None else f"numbers {int(version)}"
