"""The manifest beside a results file: what made each of its runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from figures.results.cells import ResultsError, one_line, restore


def manifest_of(csv: Path) -> Path:
    """``results/small/figure1.csv`` -> ``results/small/figure1.manifest.json``."""
    return csv.with_name(f"{csv.stem}.manifest.json")


def read_manifest(csv: Path) -> list[dict[str, Any]]:
    """Read the entries of the manifest beside ``csv``, one a run; empty without a manifest.

    Raises:
        ResultsError: it cannot be read, or is no list of JSON objects.
    """
    path = manifest_of(csv)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except UnicodeDecodeError as error:
        raise ResultsError(f"{path}: is not UTF-8 ({one_line(error)}); {restore(path)}") from error
    except OSError as error:
        raise ResultsError(
            f"{path}: cannot be read ({one_line(error)}); change its permissions or its folder's"
        ) from error
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ResultsError(
            f"{path}: is not a manifest (no JSON: {one_line(error)}); {restore(path)}"
        ) from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ResultsError(f"{path}: is not a manifest (no list of objects); {restore(path)}")
    return entries
