"""Results in the forms that other tools read.

    python reproduce/export.py --preset small                     # all rows of results/small
    python reproduce/export.py --metric success_any results/small/figure1.csv
    python reproduce/export.py --format parquet --out /tmp/awac
    python reproduce/export.py --compare mine.csv                 # with another method's rows

Writes rows.csv (all rows, their cells as they are; a run that two experiments share once),
rows.parquet (the same, typed; needs pyarrow: pip install '.[export]') and, for each metric,
curves.<metric>.json: a list of {task, method, seed, xs, ys} with further keys that say what the run
was. docs/results.md shows how to read them.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
import tyro

from figures.files import whole_file
from figures.results.cells import ResultsError
from figures.results.compare import read_compared, shortest_ends
from figures.results.schema import RESULTS
from figures.results.shared import each_run_once
from figures.results.table import read_results
from figures.statistics.curves import curves
from reproduce.check_results import row_files
from reproduce.checking.reader import checked
from reproduce.commandline.script import command
from reproduce.specs.kinds import PresetName

Format = Literal["csv", "parquet", "json", "all"]

EVALUATED = (
    "return_mean",
    "success_any",
    "success_final",
    "success_sustained",
    "final_distance",
    "score",
    "normalised_score",
    "d4rl_score",
)
"""What has a file of curves if no metric is asked for, where the rows have it."""

NO_PYARROW = "rows.parquet needs pyarrow: `pip install '.[export]'`"


@dataclass(frozen=True)
class ExportOptions:
    """Options of the export."""

    csv: Annotated[tuple[Path, ...], tyro.conf.Positional] = ()
    """Files of rows (default: all of results/<preset>)."""
    preset: PresetName = "small"
    """Whose results, if no file is named."""
    metric: tuple[str, ...] = ()
    """Columns that get a file of curves (default: returns, successes, distances and scores)."""
    format: Format = "all"
    """What is written; all leaves parquet out where pyarrow is missing, and says so."""
    compare: Annotated[tuple[Path, ...], tyro.conf.UseAppendAction] = ()
    """CSV of other methods (columns env, method, seed, env_step, and success or return),
    repeatable; see docs/your-own-method.md."""
    out: Path | None = None
    """Folder (default: export/<preset>)."""

    @property
    def folder(self) -> Path:
        """Where the files go."""
        return self.out if self.out is not None else Path("export") / self.preset


def compared_rows(paths: Sequence[Path]) -> list[pd.DataFrame]:
    """Rows of files of other methods as text, in the columns of the results that they fill.

    Their experiment is the file's name, with its folder where two files have one name.
    """
    parts = []
    for path, name in zip(paths, shortest_ends([p.resolve() for p in paths]), strict=True):
        found = read_compared(path)
        text = pd.DataFrame(
            {
                column: found[column].map(lambda cell: "" if pd.isna(cell) else str(cell))
                for column in found.columns
                if column in ("env", "method", "data", "seed", "env_step")
                or found[column].notna().any()
            }
        )
        phase = np.where(found["env_step"] < 0, "offline", "online")
        parts.append(text.assign(experiment=name, phase=phase, status="done"))
    return parts


def _read(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of a file, as text and as they are drawn; both have the same index."""
    drawn = read_results(path)
    return checked(path, manifest_needed=False).cells.frame, drawn


def _united(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    frame = pd.concat(parts, ignore_index=True).fillna("")
    known = [name for name in RESULTS.names if name in frame.columns]
    return frame[[*known, *(name for name in frame.columns if name not in known)]]


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of text with the types of the schema: Int64, float64 and string; empty cells are null.

    A column that the schema does not know is float64 if all its cells are numbers. Text stays "".
    """
    result = frame.copy()
    for name in frame.columns:
        kind = RESULTS[name].kind if name in RESULTS.names else "number"
        if kind == "string":
            result[name] = frame[name].astype("string")
            continue
        try:
            numbers = pd.to_numeric(frame[name].where(frame[name] != ""))
        except ValueError:
            if name in RESULTS.names:
                raise ResultsError(f"column {name} holds text; see check_results.py") from None
            result[name] = frame[name].astype("string")
            continue
        result[name] = numbers.astype(float).astype("Int64" if kind == "integer" else "float64")
    return result


def export(
    paths: Sequence[Path],
    out: Path,
    *,
    metrics: Sequence[str],
    form: Format,
    compare: Sequence[Path] = (),
) -> tuple[list[Path], list[str]]:
    """Write what `form` asks for into `out`. Returns the files, and what was left out and why.

    Rows of several files stand one below the other, as text, with the union of their columns: those
    of the schema in its order, then the others; "" where a file has no such column. A run that
    several files hold is there once, under the first of them; its column ``also_in`` names the
    experiments of the others.

    Raises:
        ResultsError: a file cannot be used, or a metric that is asked for is not there, or
            parquet is asked for without pyarrow.
    """
    read = {path: _read(path) for path in paths}
    once, notes = each_run_once({path: text for path, (text, _) in read.items()})
    drawn = {
        path: read[path][1].loc[text.index].assign(also_in=text["also_in"])
        for path, text in once.items()
    }
    others = compared_rows(compare)
    frame = _united([*once.values(), *others])
    written: dict[str, bytes] = {}
    if form in ("csv", "all"):
        written["rows.csv"] = frame.to_csv(index=False, lineterminator="\n").encode()
    if form in ("parquet", "all"):
        try:
            written["rows.parquet"] = _parquet(typed(frame))
        except ImportError:
            if form == "parquet":
                raise ResultsError(f"{NO_PYARROW}, or use --format csv") from None
            notes.append(f"left out: {NO_PYARROW}")
    if form in ("json", "all"):
        for metric in metrics or [name for name in EVALUATED if _has(frame, name)]:
            having = [path for path, (text, _) in read.items() if _has(text, metric)]
            if metrics and (having or not any(_has(part, metric) for part in others)):
                having = list(read)  # one that lacks what is asked for is named
            tables = {path: drawn[path] for path in having}
            found = curves(tables, metric, compare, list(drawn.values()))
            text = ",\n ".join(map(json.dumps, found))
            written[f"curves.{metric}.json"] = f"[\n {text}\n]\n".encode()
    for name, content in written.items():
        with whole_file(out / name) as file:
            file.write(content)
    return [out / name for name in written], notes


def _has(frame: pd.DataFrame, name: str) -> bool:
    return name in frame.columns and bool((frame[name] != "").any())


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer, engine="pyarrow", index=False)
    return buffer.getvalue()


@command(ExportOptions, __doc__)
def main(options: ExportOptions) -> int:
    """Write the rows and curves in the form asked for, and print the files' names.

    Returns the exit status: 0 written, 2 there are no rows, or they cannot be read.
    """
    folder = Path("results") / options.preset
    files, _ = row_files(options.csv or [folder])
    if not files:
        where = ", ".join(map(str, options.csv or [folder]))
        raise ResultsError(f"{where}: no rows in it; make some with --preset {options.preset}")
    written, notes = export(
        files, options.folder, metrics=options.metric, form=options.format, compare=options.compare
    )
    print("\n".join([*map(str, written), *notes]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
