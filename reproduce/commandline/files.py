"""Small text files, written whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from figures.files import whole_file, write_text


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON.

    Raises:
        TypeError: `value` holds something that JSON has no form for.
    """
    write_text(path, _json(value))


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], first: Sequence[str] = ()) -> None:
    """Rows with the union of their keys as columns: those in `first`, then by first appearance."""
    write_text(path, _csv(rows, first))


def write_pair(
    table: Path,
    rows: Sequence[Mapping[str, Any]],
    first: Sequence[str],
    beside: Path,
    value: Any,
) -> None:
    """`rows` as `write_csv` and `value` as `write_json`: both files or, but for a crash, neither.

    Both are on the disk under other names before the first takes its own. A full disk leaves both
    files as they were.
    """
    with whole_file(beside) as second, whole_file(table) as one:
        for file, text in ((one, _csv(rows, first)), (second, _json(value))):
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())


def _json(value: Any) -> str:
    return json.dumps(value, indent=1) + "\n"


def _csv(rows: Sequence[Mapping[str, Any]], first: Sequence[str]) -> str:
    keys = {key: None for row in rows for key in row}
    columns = [*(key for key in first if key in keys), *(key for key in keys if key not in first)]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
