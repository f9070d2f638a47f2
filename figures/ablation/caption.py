"""The facts beneath the ablation figure, and the numbers that the unchanged rows stand at."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from figures.ablation.effects import Row, Runs, ScalarChange, SweptScalar, condition_rows, parse
from figures.caption import METRIC_NOTES, data_fact, origin
from figures.panels import Panel
from figures.shared_settings import SharedSettings
from figures.statistics.across_seeds import MIN_SEEDS_FOR_INTERVAL, runs
from figures.statistics.bootstrap import RESAMPLES


def facts(
    panels: Sequence[Panel],
    frame: pd.DataFrame,
    found: Sequence[Runs],
    effects: Sequence[Sequence[ScalarChange]],
    levels: Sequence[Sequence[SweptScalar]],
    common: frozenset[str],
) -> str:
    """What is drawn, of how many seeds, how it was compared, from which data and code."""
    flat = [effect for mine in effects for effect in mine]
    estimates = [e.estimate for e in flat if e.estimate]
    estimates += [level.estimate for mine in levels for level in mine]
    counts = sorted({estimate.seeds for estimate in estimates})
    measures = dict.fromkeys(each.measure for each in found)
    notes = [f"{m.name.capitalize()}: {METRIC_NOTES.get(m.column, m.column)}" for m in measures]
    if any(not m.higher_is_better for m in measures):
        notes.append("distances are drawn negative, so that right and up are better everywhere")
    text = [
        "AUC: mean over online steps. Final J: mean of the last five evaluations.",
        f"{'; '.join(notes)}.",
        *(_comparison(panels, effects) if flat else ()),
        _seeds(counts),
        *_absent(panels, effects),
        SharedSettings(tuple(sorted(common))).in_words,
        f"Data: {'; '.join(data_fact(panel, frame) for panel in panels)}.",
        f"{origin(frame)}.",
    ]
    return " ".join(filter(None, text))


def _comparison(
    panels: Sequence[Panel], effects: Sequence[Sequence[ScalarChange]]
) -> Iterator[str]:
    """How differences were taken; where they could not be of pairs, which those are."""
    bases = dict.fromkeys(effect.base.method for mine in effects for effect in mine)
    yield f"Differences from the unchanged {', '.join(bases)}, right of 0: the variant is better."
    apart = [
        f"{effect.row.registered} on {panel.name}"
        for panel, mine in zip(panels, effects, strict=True)
        for effect in mine
        if effect.estimate and not effect.paired
    ]
    each = "Pairs of the same seed, which share prior data and initialisation"
    if not apart:
        yield f"{each}."
    elif len(apart) == sum(effect.estimate is not None for mine in effects for effect in mine):
        yield "Not of pairs: runs of a seed do not share their prior data."
    else:
        yield f"{each}; independent runs (other prior data): {'; '.join(dict.fromkeys(apart))}."


def _seeds(counts: Sequence[int]) -> str:
    if not counts:
        return ""
    if counts[-1] == 1:
        return "One seed a row: without a measure of spread."
    span = f"{counts[0]}" if counts[0] == counts[-1] else f"{counts[0]}–{counts[-1]}"
    if counts[-1] < MIN_SEEDS_FOR_INTERVAL:
        return (
            f"{span} seeds: small points are single seeds, "
            f"no intervals below {MIN_SEEDS_FOR_INTERVAL}."
        )
    few = counts[0] < MIN_SEEDS_FOR_INTERVAL
    rest = f", single seeds below {MIN_SEEDS_FOR_INTERVAL}" if few else ""
    made = f"{RESAMPLES:,} resamples of seeds, expanded for few seeds"
    return f"{span} seeds; lines: 95 % bootstrap ({made}){rest}."


def _absent(panels: Sequence[Panel], effects: Sequence[Sequence[ScalarChange]]) -> Iterator[str]:
    every = dict.fromkeys(effect.row for mine in effects for effect in mine)
    for panel, mine in zip(panels, effects, strict=True):
        lacking = [row.name() for row in every if row not in {effect.row for effect in mine}]
        if lacking:
            yield f"Not run on {panel.name}, or the same there: {', '.join(lacking)}."


def warnings(panels: Sequence[Panel], frame: pd.DataFrame) -> str:
    """The runs that have no part in the numbers, by name."""
    opening = {"failed": "Failed", "running": "Unfinished"}
    parts: dict[str, dict[str, None]] = {text: {} for text in opening.values()}
    for panel in panels:
        for run in runs(condition_rows(panel, frame)).to_dict("records"):
            if run["status"] in opening:
                text = f"{run['label']} on {run['env']} seed {run['seed']}"
                parts[opening[str(run["status"])]][text] = None
    named = ((text, "; ".join(names)) for text, names in parts.items() if names)
    return " ".join(f"{text}, not counted: {names}." for text, names in named)


def own_value(manifest: Sequence[Mapping[str, Any]], panel: Panel, row: Row, key: str) -> float:
    """What the runs of ``row`` had for ``key`` (any ending of its path) by the manifest.

    NaN if no entry says so, or the key is ambiguous.
    """
    for entry in manifest:
        same = all(entry.get(c) == getattr(panel, c) for c in ("env", "data", "labels", "profile"))
        if not same or parse(str(entry.get("method")), str(entry.get("variant"))) != row:
            continue
        identity = entry.get("identity", {})
        values = {
            path: value
            for part in ("method", "hyperparameters", "schedule")
            for path, value in _paths(identity.get(part, {}))
            if path == key or path.endswith(f".{key}")
        }
        exact = {key: values[key]} if key in values else values
        if len(exact) == 1 and isinstance(value := next(iter(exact.values())), (int, float)):
            return float(value)
    return math.nan


def _paths(node: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in node.items():
        if isinstance(value, Mapping):
            yield from _paths(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
