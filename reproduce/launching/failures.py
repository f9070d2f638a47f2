"""Report the runs without a result, on the terminal and in a file beside the CSV."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from figures.results.partial import partial_of
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

    Rows show the state of their run, but a run that was never evaluated has no row. Returns how
    many runs are not done. The file is removed when all are done.
    """
    path = partial_of(out / f"{experiment}.csv")
    states = {spec: RunFolder(spec.folder(out)).state() for spec in specs}
    lacking = [
        {"env": spec.env, "label": spec.label, "seed": spec.seed, "state": state}
        for spec, state in states.items()
        if state != "done"
    ]
    if lacking:
        write_json(path, {"runs": len(specs), "not_done": lacking})
    else:
        path.unlink(missing_ok=True)
    return len(lacking)
