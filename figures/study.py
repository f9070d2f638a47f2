"""Learning curves of a study: whatever tasks and rows a results file holds, a picture a domain."""

from __future__ import annotations

from pathlib import Path

from figures.experiments import OF_DOMAIN
from figures.learning_curves import draw
from figures.metrics import columns
from figures.output import save
from figures.results.manifest import read_manifest
from figures.results.table import ResultsError, read_results
from figures.run_facts import run_facts
from figures.shared_settings import SharedSettings


def make(csv: Path, out_stem: Path) -> list[Path]:
    """Draw ``<study>.csv``; with tasks of several domains, ``<out_stem>-<domain>`` for each.

    Returns:
        The paths of the pictures, PNG and PDF.

    Raises:
        ResultsError: the CSV is missing or malformed, or has no row of a task of the paper.
    """
    frame = read_results(csv)
    tasks = set(frame["env"])
    found = [row for row in OF_DOMAIN.values() if tasks & set(row.tasks)]
    if not found:
        raise ResultsError(f"{csv}: {', '.join(sorted(tasks))}: none is a task of the paper")
    facts = run_facts(read_manifest(csv))
    pictures: list[Path] = []
    for row in found:
        rows = frame[frame["env"].isin(row.tasks)]
        if len(found) == 1:
            rows = read_results(csv, drawn=columns(row.metrics))
        stem = out_stem if len(found) == 1 else out_stem.with_name(f"{out_stem.name}-{row.domain}")
        panels = [task for task in row.tasks if task in set(rows["env"])]
        shared = SharedSettings.of(rows)
        shown = draw(
            shared.rows(rows),
            panels=panels,
            metrics=row.metrics,
            caption=shared.in_words,
            run_facts=shared.facts(facts),
        )
        pictures += save(shown, stem)
    return pictures
