"""Report the runs without a result, on the terminal and in a file beside the CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from figures.labels import label
from figures.results.cells import ResultsError
from figures.results.partial import not_done, partial_of
from reproduce.commandline.files import write_json
from reproduce.launching.launcher import tail
from reproduce.runs.folder import RunFolder
from reproduce.specs.grid import RunSpec

_LOG_LINES = 15


def report_failures(failed: Sequence[RunSpec], reasons: Mapping[RunSpec, str], out: Path) -> None:
    """Print each run's reason and the end of its log to stderr, then a table of all."""
    if not failed:
        return
    table = Table(title=f"{len(failed)} runs have no result")
    for column in ("task", "method", "seed", "state", "reason"):
        table.add_column(column, overflow="fold")
    for spec in failed:
        folder = RunFolder(spec.folder(out))
        log = tail(folder.path, _LOG_LINES)
        reason = reasons.get(spec) or folder.failure() or log
        print(f"\nFAILED {spec}, in {folder.path}:\n{reason}", file=sys.stderr)
        if log and log not in reason:
            print(f"the end of {folder.path / 'log.txt'}:\n{log}", file=sys.stderr)
        first = reason.partition("\n")[0]
        cells = (spec.env, spec.label, str(spec.seed), folder.state(), first)
        table.add_row(*map(Text, cells))  # as a plain string, "[...]" would be a style
    Console(stderr=True, width=110).print(table)


def mark_partial(experiment: str, specs: Sequence[RunSpec], out: Path) -> int:
    """Write `<experiment>.partial.json` beside the CSV while runs are missing from it.

    Rows show the state of their run, but a run that was never evaluated has no row. Runs that an
    earlier start listed and that are not among `specs` stay, unless the CSV has them finished.
    Returns how many of `specs` are not done. The file is removed when all are done.
    """
    csv_path = out / f"{experiment}.csv"
    path = partial_of(csv_path)
    states = {spec: RunFolder(spec.folder(out)).state() for spec in specs}
    lacking: list[dict[str, Any]] = [
        {"env": spec.env, "label": spec.label, "seed": spec.seed, "state": state}
        for spec, state in states.items()
        if state != "done"
    ]
    over = {(spec.env, spec.label, spec.seed) for spec in specs} | _finished(csv_path)
    try:
        before = not_done(csv_path)
    except ResultsError:  # damaged: it is written anew
        before = {}
    kept = [entry for run, entry in before.items() if run not in over]
    if lacking or kept:
        write_json(path, {"runs": len(specs) + len(kept), "not_done": [*lacking, *kept]})
    else:
        path.unlink(missing_ok=True)
    return len(lacking)


def _finished(path: Path) -> set[tuple[str, str, int]]:
    """Task, label and seed of the finished runs of a CSV; nothing without one."""
    if not path.is_file():
        return set()
    with path.open(newline="", encoding="utf-8") as file:
        return {
            (row["env"], label(row["method"], row["variant"]), int(row["seed"]))
            for row in csv.DictReader(file)
            if row["status"] == "done"
        }
