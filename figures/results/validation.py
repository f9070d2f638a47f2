"""Find every problem of a file of rows by the schema, not only the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from figures.labels import label
from figures.results.cells import Cells, command_for, restore
from figures.results.identities import identities
from figures.results.schema import RESULTS, RUN_KEY, Field
from figures.results.sequences import sequences
from figures.results.table import contradictions


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a results file.

    Attributes:
        path: the file.
        line: of the file, 0 for the file as a whole.
        column: "" for a whole line.
        value: the present value; None if there is none.
        complaint: what is wrong with it, as the end of a sentence.
        fix: what to do.
        run: the run of the row; "" if the problem is not about a run.
    """

    path: Path
    line: int
    column: str
    value: str | None
    complaint: str
    fix: str
    run: str = ""

    def __str__(self) -> str:
        place = f"{self.path}, line {self.line}" if self.line else str(self.path)
        place += f" ({self.run})" if self.run else ""
        value = "" if self.value is None else f" '{shortened(self.value)}'"
        column = f" {self.column}" if self.column else ""
        text = f"{place}:{column}{value} {self.complaint}; {self.fix}"
        return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def shortened(text: str) -> str:
    """``text``, or its beginning if it is too long for a message."""
    return text if len(text) <= 60 else f"{text[:60]}..."


def named(run: Mapping[str, object]) -> str:
    """A run as people call it, from the columns of ``RUN_KEY``."""
    method = label(str(run["method"]), str(run["variant"]))
    return f"{run['env']} {method} seed {run['seed']}, {run['data']} data"


def problems_of(cells: Cells) -> list[Problem]:
    """What is wrong with a file of rows, in the order of its lines; empty if nothing is."""
    found = list(_of_the_file(cells))
    if not found:
        found = [*_of_the_lines(cells), *_of_the_cells(cells)]
        # Rules about several values are checked only if each single value is valid.
        found += [] if found else [*_of_the_runs(cells), *_of_the_meaning(cells)]
    return sorted(found, key=lambda problem: problem.line)


def _of_the_file(cells: Cells) -> Iterator[Problem]:
    again = restore(cells.path)
    for field in RESULTS.fields:
        if not field.optional and field.name not in cells.frame.columns:
            yield Problem(cells.path, 1, field.name, None, "is missing from the header", again)
    if cells.frame.empty:
        run = f"delete it and run `{command_for(cells.path)}`"
        yield Problem(cells.path, 1, "", None, "there is a header but no row", run)


def _of_the_lines(cells: Cells) -> Iterator[Problem]:
    again = restore(cells.path)
    width = len(cells.frame.columns)
    for row in np.flatnonzero(cells.widths != width):
        complaint = f"{cells.widths[row]} cells where the header has {width}"
        yield Problem(cells.path, int(cells.lines[row]), "", None, complaint, again)
    if not cells.path.read_bytes().endswith(b"\n"):
        complaint = "the last line has no end, so that it may have been cut short"
        yield Problem(cells.path, int(cells.lines[-1]), "", None, complaint, again)


def _of_the_cells(cells: Cells) -> Iterator[Problem]:
    """Types, allowed values and ranges, column by column."""
    known = set(RESULTS.names)
    for name in cells.frame.columns:
        text = cells.frame[name]
        if name in known:
            for wrong, complaint in _violations(RESULTS[name], text):
                yield from _marked(cells, name, wrong, complaint)
        else:
            text_in_it = (text != "") & ~np.isfinite(_numbers(text))
            complaint = (
                "is text in a column that figures/results/results.schema.json does not describe"
            )
            fix = "add the column there, or take it out of the file"
            yield from _marked(cells, name, text_in_it, complaint, fix)
    numeric = cells.frame.assign(env_step=_numbers(cells.frame["env_step"]))
    for name, wrong, complaint in contradictions(numeric):
        yield from _marked(cells, name, wrong, complaint)


def _violations(field: Field, text: pd.Series[str]) -> Iterator[tuple[pd.Series[bool], str]]:
    """(rows that break a rule of the column, the rule). An empty cell breaks only `required`."""
    empty = text == ""
    if field.required:
        yield empty, "is empty"
    if allowed := RESULTS.allowed(field.name):
        yield ~empty & ~text.isin(allowed), f"is none of {', '.join(allowed)}"
    if field.pattern:
        wrong = ~empty & ~text.str.fullmatch(field.pattern)
        yield wrong, f"does not match {field.pattern}"
    if field.kind == "string":
        return
    numbers = _numbers(text)
    finite = pd.Series(np.isfinite(numbers), index=text.index)
    if field.kind == "integer":
        yield ~empty & ~text.str.fullmatch(r"-?\d+"), "is not a whole number"
    else:
        yield ~empty & ~finite, "is not a finite number"
    if field.minimum is not None:
        yield finite & (numbers < field.minimum), f"is below {field.minimum:g}"
    if field.maximum is not None:
        yield finite & (numbers > field.maximum), f"is above {field.maximum:g}"


def _of_the_runs(cells: Cells) -> Iterator[Problem]:
    """The key, and the columns in which all rows of a run or of a file agree."""
    frame = cells.frame
    again = frame.duplicated(list(RESULTS.primary_key), keep="first")
    yield from _marked(cells, "env_step", again, "repeats an evaluation of the same run")
    for name in ("preset", "experiment"):
        differs = frame[name] != frame[name].iloc[0]
        yield from _marked(cells, name, differs, f"is not that of line {cells.lines[0]}")
    once = ("status", "data_checksum", "commit", "version", "numbers_version")
    for name in (name for name in once if name in frame):
        differs = frame[name] != frame.groupby(list(RUN_KEY), sort=False)[name].transform("first")
        yield from _marked(cells, name, differs, "differs from the first row of the same run")


def _of_the_meaning(cells: Cells) -> Iterator[Problem]:
    """Rules about what values mean, within a row and from row to row."""
    text = {f.name for f in RESULTS.fields if f.kind == "string"}
    frame = pd.DataFrame(
        {
            name: cells.frame[name] if name in text else _numbers(cells.frame[name])
            for name in cells.frame.columns
        }
    )
    told = pd.Series(False, index=frame.index)  # a wrong value breaks several rules: one is told
    for name, wrong, complaint in chain(identities(frame), sequences(frame)):
        yield from _marked(cells, name, wrong & ~told, complaint)
        told |= wrong


def _numbers(text: pd.Series[str]) -> pd.Series[float]:
    return pd.to_numeric(text, errors="coerce").astype(float)


def _marked(
    cells: Cells, column: str, wrong: pd.Series[bool], complaint: str, fix: str = ""
) -> Iterator[Problem]:
    for row in np.flatnonzero(wrong.to_numpy()):
        value = str(cells.frame[column].iloc[row])
        line, run = int(cells.lines[row]), named(cells.rows[row])
        fixed = fix or restore(cells.path)
        yield Problem(cells.path, line, column, value, complaint, fixed, run)
