"""``verdicts.csv``, one row an effect; ``verdicts.meta.json``, which rules judged which files."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from figures.files import write_text
from figures.statistics.across_seeds import MIN_SEEDS_FOR_INTERVAL
from figures.statistics.bootstrap import BOOTSTRAP_SEED, RESAMPLES
from reproduce.judging.verdicts import Effect, joined, seen
from reproduce.reporting.blocks import each_of
from reproduce.reporting.content import Content

COLUMNS = (
    "claim",
    "profile",
    "rules_version",
    "claim_verdict",
    "task",
    "what",
    "asks",
    "value",
    "low",
    "high",
    "confidence",
    "seeds",
    "p_value",
    "verdict",
    "five_seeds_see",
    "note",
    "source",
    "source_sha256",
)


def write_verdicts(content: Content, out: Path) -> list[Path]:
    """Write both files into ``out``, each whole or not at all; returns their paths."""
    table, meta = out / "verdicts.csv", out / "verdicts.meta.json"
    rows = pd.DataFrame(list(verdict_rows(content)), columns=list(COLUMNS))
    write_text(table, rows.to_csv(index=False, lineterminator="\n"))
    write_text(meta, json.dumps(metadata(content), indent=1) + "\n")
    return [table, meta]


def verdict_rows(content: Content) -> Iterator[dict[str, Any]]:
    """Rows of all columns, "" where there is no value; one for a claim without any effect."""
    sums = {file.experiment: file.sha256 for file in content.files}
    for card in content.cards:
        for side in card.sides:
            shared = {
                "claim": card.claim.id,
                "profile": side.profile,
                "rules_version": content.rules_version,
                "claim_verdict": str(side.finding.verdict),
            }
            cells = [_cells(effect, sums) for effect in side.finding.effects]
            for mine in cells or [{"note": side.finding.reason}]:
                yield dict.fromkeys(COLUMNS, "") | shared | mine


def _cells(effect: Effect, sums: dict[str, str]) -> dict[str, Any]:
    found = effect.estimate
    numbers = (
        {
            "value": _cell(found.value),
            "low": _cell(found.low),
            "high": _cell(found.high),
            "confidence": _cell(found.confidence) if found.known else "",
            "seeds": found.seeds,
        }
        if found
        else {}
    )
    return {
        "task": effect.task,
        "what": effect.what,
        "asks": str(effect.question.asks),
        **numbers,
        "p_value": _cell(effect.p_value),
        "verdict": str(effect.verdict),
        "five_seeds_see": str(seen(effect) or ""),
        "note": joined(f"seeds {each_of(effect.seeds)}" if effect.seeds else "", effect.remark),
        "source": effect.source,
        "source_sha256": sums.get(effect.source, ""),
    }


def _cell(value: float | None) -> str:
    """All digits; "" where there is no value."""
    return "" if value is None or math.isnan(value) else repr(float(value))


def metadata(content: Content) -> dict[str, Any]:
    """What the verdicts were made by and from; no time of day, so that it can be made again."""
    return {
        "rules_version": content.rules_version,
        "preset": content.preset,
        "bootstrap": {
            "resamples": RESAMPLES,
            "seed": BOOTSTRAP_SEED,
            "seeds_for_an_interval": MIN_SEEDS_FOR_INTERVAL,
        },
        "judged": {
            file.experiment: {
                "csv": file.name,
                "sha256": file.sha256,
                "manifest_sha256": file.manifest_sha256,
                "rows": file.rows,
                "runs": file.runs,
                "commits": list(file.commits),
                "versions": list(file.versions),
            }
            for file in content.files
        },
    }
