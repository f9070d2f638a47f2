"""Learning curves of a study: whatever tasks and rows a results file holds, a picture a domain."""

from __future__ import annotations

from pathlib import Path

from figures import figure1, figure2, figure3
from figures.learning_curves import METRICS as HAND_METRICS
from figures.learning_curves import draw
from figures.metrics import Metric, columns
from figures.output import save
from figures.table import ResultsError, read_results

DOMAINS: dict[str, tuple[tuple[str, ...], tuple[Metric, ...]]] = {
    "hand": (figure1.PANELS, HAND_METRICS),
    "push": (figure2.PANELS, figure2.METRICS),
    "locomotion": (figure3.PANELS, figure3.METRICS),
}
"""Tasks of a domain, and what is drawn of them."""


def make(csv: Path, out_stem: Path) -> list[Path]:
    """Draw ``<study>.csv``; with tasks of several domains, ``<out_stem>-<domain>`` for each.

    Returns:
        The paths of the pictures, PNG and PDF.

    Raises:
        ResultsError: the CSV is missing or malformed, or has no row of a task of the paper.
    """
    tasks = set(read_results(csv)["env"])
    found = {name: d for name, d in DOMAINS.items() if tasks & set(d[0])}
    if not found:
        raise ResultsError(f"{csv}: {', '.join(sorted(tasks))}: none is a task of the paper")
    pictures: list[Path] = []
    for name, (panels, metrics) in found.items():
        rows = read_results(csv)
        rows = rows[rows["env"].isin(panels)]
        if len(found) == 1:
            rows = read_results(csv, drawn=columns(metrics))
        stem = out_stem if len(found) == 1 else out_stem.with_name(f"{out_stem.name}-{name}")
        pictures += save(draw(rows, panels=panels, metrics=metrics), stem)
    return pictures
