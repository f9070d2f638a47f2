"""Learning curves of a study: whatever tasks and rows a results file holds, a picture a domain."""

from __future__ import annotations

from pathlib import Path

from figures.experiments import OF_DOMAIN
from figures.learning_curves import draw
from figures.metrics import columns
from figures.output import save
from figures.table import ResultsError, read_results


def make(csv: Path, out_stem: Path) -> list[Path]:
    """Draw ``<study>.csv``; with tasks of several domains, ``<out_stem>-<domain>`` for each.

    Returns:
        The paths of the pictures, PNG and PDF.

    Raises:
        ResultsError: the CSV is missing or malformed, or has no row of a task of the paper.
    """
    tasks = set(read_results(csv)["env"])
    found = [row for row in OF_DOMAIN.values() if tasks & set(row.tasks)]
    if not found:
        raise ResultsError(f"{csv}: {', '.join(sorted(tasks))}: none is a task of the paper")
    pictures: list[Path] = []
    for row in found:
        rows = read_results(csv)
        rows = rows[rows["env"].isin(row.tasks)]
        if len(found) == 1:
            rows = read_results(csv, drawn=columns(row.metrics))
        stem = out_stem if len(found) == 1 else out_stem.with_name(f"{out_stem.name}-{row.domain}")
        pictures += save(draw(rows, panels=row.tasks, metrics=row.metrics), stem)
    return pictures
