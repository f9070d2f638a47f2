"""The cells of a CSV as text, with the line of each row."""

from __future__ import annotations

import csv
import difflib
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from figures.experiments import grids
from figures.results.schema import RESULTS


class ResultsError(ValueError):
    """A results file that cannot be used; the message names the file, the place and the fix."""


def did_you_mean(text: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """``did you mean AWAC? ``, for a message; "" where nothing in ``known`` is near ``text``."""
    plain = {each.casefold(): each for each in known}
    near = difflib.get_close_matches(text.strip().casefold(), plain, n=1, cutoff=cutoff)
    return f"did you mean {plain[near[0]]}? " if near else ""


@dataclass(frozen=True)
class Cells:
    """A CSV file of N rows.

    Attributes:
        path: the file.
        frame: N rows of strings. "" fills a row that was cut short.
        lines: (N,) int, the line of the file in which each row begins; the header's is 1.
        widths: (N,) int, the number of cells that each row has in the file.
    """

    path: Path
    frame: pd.DataFrame
    lines: NDArray[np.int64]
    widths: NDArray[np.int64]

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """Column -> text, N times."""
        names = [str(name) for name in self.frame.columns]
        cells = zip(*(self.frame[name].tolist() for name in names), strict=True)
        return [dict(zip(names, row, strict=True)) for row in cells]


def command_for(path: Path) -> str:
    """The command that makes a results file, ``results/<preset>/<experiment>.csv`` or elsewhere.

    The folder's name gives the preset. Otherwise the file's first row gives it, if it is readable.
    """
    presets = RESULTS["preset"].enum
    folder = path.parent
    preset = folder.name if folder.name in presets else _preset_in(path)
    if path.stem == "experts":
        return f"python reproduce/train_expert.py --out {shlex.quote(str(folder))}"
    script = path.stem if path.stem in grids() else "<figure>"
    usual = folder.parts[-2:] == ("results", preset)
    out = "" if usual else f" --out {shlex.quote(str(folder))}"
    return f"python reproduce/{script}.py --preset {preset or '|'.join(presets)}{out}"


def _preset_in(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            words = (file.readline() + file.readline()).replace('"', "").strip().split(",")
    except OSError:
        return ""
    return next((preset for preset in RESULTS["preset"].enum if preset in words), "")


def restore(path: Path) -> str:
    """Say what to do with a damaged results file or manifest. The advice always works."""
    csv_path = path.with_name(path.name.replace(".manifest.json", ".csv"))
    return (
        "put the file back (git, a copy), or move it and its "
        f"{'CSV' if csv_path != path else 'manifest'} away and write both again with "
        f"`{command_for(csv_path)}`"
    )


def one_line(error: BaseException) -> str:
    """Say what went wrong, without the file's name, which messages of the system repeat."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())


def _line_of(path: Path, error: UnicodeDecodeError) -> int:
    """The line of the first byte that is not UTF-8; the reader knows its place in a part only."""
    content = path.read_bytes()
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as found:
        error = found
    return content.count(b"\n", 0, error.start) + 1


def read_cells(path: Path, remedy: str = "") -> Cells:
    """Read a CSV file (UTF-8, commas, one line of header) without trusting its values.

    Empty lines are skipped, as pandas does. ``remedy`` is the advice of a message about files that
    no script here writes.

    Raises:
        ResultsError: the file is missing, unreadable, empty, not CSV, or names a column twice.
    """
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
    except (FileNotFoundError, NotADirectoryError):
        raise ResultsError(
            f"{path}: no such results file; "
            + (remedy or f"make it with `{command_for(path)}`, or give the path of an existing one")
        ) from None
    except OSError as error:
        raise ResultsError(
            f"{path}: cannot be read ({one_line(error)}); change its permissions or its folder's, "
            "or give another path"
        ) from error
    except UnicodeDecodeError as error:
        raise ResultsError(
            f"{path}, line {_line_of(path, error)}: not a readable CSV (its text is not UTF-8); "
            f"{'save the file as UTF-8' if remedy else restore(path)}"
        ) from error
    except csv.Error as error:
        raise ResultsError(
            f"{path}, after line {before}: not a readable CSV ({one_line(error)}); "
            f"{remedy or restore(path)}"
        ) from error
    if not rows:
        raise ResultsError(
            f"{path}: the file is empty, not even a header; {remedy or restore(path)}"
        )
    header, *body = rows
    twice = [name for name in dict.fromkeys(header) if header.count(name) > 1]
    if twice:
        raise ResultsError(
            f"{path}, line {lines[0]}: column '{twice[0]}' is there twice; "
            f"{remedy or restore(path)}"
        )
    whole = [(row + [""] * (len(header) - len(row)))[: len(header)] for row in body]
    return Cells(
        path,
        pd.DataFrame(whole, columns=pd.Index(header, dtype=str), dtype=str),
        np.array(lines[1:], dtype=np.int64),
        np.array([len(row) for row in body], dtype=np.int64),
    )
