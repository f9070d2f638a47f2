"""The cells of a CSV as text, each with the line that it stands in."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from figures.schema import RESULTS


class ResultsError(ValueError):
    """A results file that cannot be used; the message names the file, the place and the fix."""


@dataclass(frozen=True)
class Cells:
    """A CSV file of N rows.

    Attributes:
        path: the file.
        frame: N rows of strings; a row that was cut short is filled with "".
        lines: (N,) int, the line of the file that each row begins in; the header's is 1.
        widths: (N,) int, cells that each row has in the file.
    """

    path: Path
    frame: pd.DataFrame
    lines: NDArray[np.int64]
    widths: NDArray[np.int64]


def command_for(path: Path) -> str:
    """The command that makes ``results/<preset>/<experiment>.csv``."""
    presets = RESULTS["preset"].enum
    preset = path.parent.name if path.parent.name in presets else "|".join(presets)
    return f"python reproduce/{path.stem}.py --preset {preset}"


def read_cells(path: Path) -> Cells:
    """Read a CSV file (UTF-8, commas, one line of header) without believing its values.

    Empty lines are passed over, as pandas does.

    Raises:
        ResultsError: the file is missing, empty, not CSV, or names a column twice.
    """
    if not path.is_file():
        raise ResultsError(
            f"{path}: no such results file; make it with `{command_for(path)}`, "
            "or give the path of an existing one"
        )
    rows: list[list[str]] = []
    lines: list[int] = []
    before = 0
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            for row in reader:
                if row:
                    rows.append(row)
                    lines.append(before + 1)
                before = reader.line_num
    except (csv.Error, UnicodeDecodeError) as error:
        raise ResultsError(
            f"{path}, after line {before}: not a readable CSV ({error}); write it again with "
            f"`{command_for(path)}`"
        ) from error
    if not rows:
        raise ResultsError(
            f"{path}: the file is empty, not even a header; delete it and run `{command_for(path)}`"
        )
    header, *body = rows
    twice = [name for name in dict.fromkeys(header) if header.count(name) > 1]
    if twice:
        raise ResultsError(
            f"{path}, line {lines[0]}: column '{twice[0]}' is there twice; remove one, or write "
            f"the file again with `{command_for(path)}`"
        )
    whole = [(row + [""] * (len(header) - len(row)))[: len(header)] for row in body]
    return Cells(
        path,
        pd.DataFrame(whole, columns=pd.Index(header, dtype=str), dtype=str),
        np.array(lines[1:], dtype=np.int64),
        np.array([len(row) for row in body], dtype=np.int64),
    )
