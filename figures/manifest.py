"""The manifest beside a results file: what made each of its runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from figures.cells import ResultsError


def manifest_of(csv: Path) -> Path:
    """``results/small/figure1.csv`` -> ``results/small/figure1.manifest.json``."""
    return csv.with_name(f"{csv.stem}.manifest.json")


def read_manifest(csv: Path) -> list[dict[str, Any]]:
    """The entries of the manifest beside ``csv``, one a run; empty if there is none.

    Raises:
        ResultsError: it is not JSON.
    """
    path = manifest_of(csv)
    if not path.is_file():
        return []
    try:
        return list(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, UnicodeDecodeError) as error:
        raise ResultsError(
            f"{path}: not readable as JSON ({error}); delete it, or restore it"
        ) from error
