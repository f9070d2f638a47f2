"""Small text files, written whole or not at all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from figures.files import write_text


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON.

    Raises:
        TypeError: `value` holds something that JSON has no form for.
    """
    write_text(path, json.dumps(value, indent=1) + "\n")


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], first: Sequence[str] = ()) -> None:
    """Rows with the union of their keys as columns: those in `first`, then by first appearance."""
    keys = {key: None for row in rows for key in row}
    columns = [*(key for key in first if key in keys), *(key for key in keys if key not in first)]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())
