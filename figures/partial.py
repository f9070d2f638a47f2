"""Runs that were asked for but have no row: the CSV cannot name them, the file beside it does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

NAMED = 12
_LINE = re.compile(r"\S+\s+(?P<env>\S+) (?P<label>.+) seed (?P<seed>\d+)")


def without_rows(csv: Path, frame: pd.DataFrame) -> list[str]:
    """Name, as ``AWAC on pen-binary-v0, seed 2``, what ``<csv stem>.partial.txt`` lists and
    ``frame`` (``table.read_results`` of ``csv``) does not hold.

    Empty where there is no such file: every run is done, or the CSV came alone. Lines that name no
    run are passed over.
    """
    path = csv.with_name(f"{csv.stem}.partial.txt")
    if not path.is_file():
        return []
    present = set(zip(frame["env"], frame["label"], frame["seed"], strict=True))
    found = map(_LINE.fullmatch, path.read_text(encoding="utf-8", errors="replace").splitlines())
    runs = [(each["env"], each["label"], int(each["seed"])) for each in found if each]
    return [
        f"{label} on {env}, seed {seed}"
        for env, label, seed in runs
        if (env, label, seed) not in present
    ]


def warning(absent: Sequence[str]) -> str:
    """One sentence for the caption; "" if nothing is absent."""
    if not absent:
        return ""
    more = f"; and {len(absent) - NAMED} more" if len(absent) > NAMED else ""
    return f"Asked for, but without any evaluation yet: {'; '.join(absent[:NAMED])}{more}."
