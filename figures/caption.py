"""The facts beneath a figure: what is drawn, from which data and code, and what is missing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from figures.metrics import Metric
from figures.panels import NONE, Panel, ours_of
from figures.phase_axis import step_name
from figures.run_facts import RunFacts, beginnings, joined
from figures.statistics.across_seeds import (
    MIN_SEEDS_FOR_INTERVAL,
    MIN_SEEDS_FOR_IQM,
    aggregate_name,
    runs,
)
from figures.statistics.bootstrap import RESAMPLES
from figures.statistics.scalars import FINAL_EVALUATIONS

METRIC_NOTES = {
    "success_any": "share of evaluation episodes with success at any step",
    "success_final": "share of evaluation episodes with success at their last step",
    "success_sustained": "share of evaluation episodes that hold success long enough to count",
    "return_mean": "undiscounted, mean over evaluation episodes",
    "normalised_score": "return on a scale where 0 is a random policy and 1 the mean of the "
    "expert's demonstrations",
    "d4rl_score": "return on D4RL's scale, where 0 is its random policy and 100 its expert",
    "final_distance": "puck to goal at the last step, mean over evaluation episodes "
    "(lower is better)",
}


@dataclass(frozen=True)
class Caption:
    """What is drawn and where it comes from, and apart from that what a reader must not overlook
    ("" if nothing: every run is complete)."""

    facts: str
    warnings: str


def describe(
    panels: Sequence[Panel],
    frame: pd.DataFrame,
    curves: dict[str, pd.DataFrame],
    metrics: Sequence[Metric],
    labels: Sequence[str],
    missing_envs: Sequence[str],
    seeds_of: Collection[str] | None = None,
    run_facts: RunFacts | None = None,
) -> Caption:
    """Facts and warnings for a figure of ``panels``.

    Args:
        panels: the columns of the figure.
        frame: the drawn rows, all panels together.
        curves: ``statistics.curve`` of ``frame`` by metric.
        metrics: one for each row of panels.
        labels: every curve's label, in the order of the legend.
        missing_envs: tasks that were asked for but have no row.
        seeds_of: labels whose single seeds are drawn; all where it is None.
        run_facts: what the manifest says of the runs.
    """
    aggregates = pd.concat(list(curves.values()), ignore_index=True)
    notes = [
        f"{metric.name}: {METRIC_NOTES[metric.column]}"
        for metric in metrics
        if metric.column in METRIC_NOTES
    ]
    facts = [
        *_aggregate_facts(aggregates, labels, seeds_of),
        _end(frame),
        "Shaded background left of 0: offline phase, on its own scale."
        if _has_offline(frame)
        else "",
        _offline_only(frame, labels),
        _without_prior_data(frame, labels),
        *_beginnings(frame, labels, run_facts),
        f"{'; '.join(notes)}." if notes else "",
        _episodes(frame),
        _same_starts(frame),
        f"Data: {'; '.join(data_fact(panel, frame) for panel in panels)}.",
        f"{origin(frame)}.",
    ]
    warnings = [
        *_run_warnings(panels, frame, aggregates),
        _left_out(panels, aggregates),
        f"No results yet for {', '.join(missing_envs)}." if missing_envs else "",
    ]
    return Caption(" ".join(filter(None, facts)), " ".join(filter(None, warnings)))


def _has_offline(frame: pd.DataFrame) -> bool:
    return bool(((frame["phase"] == "offline") & (frame["env_step"] < 0)).any())


def _episodes(frame: pd.DataFrame) -> str:
    """Of how many episodes a point of our curves is the mean; "" where rows do not say so."""
    ours = ours_of(frame)
    counts = sorted(set(ours["episodes"].dropna())) if "episodes" in ours else []
    if not counts:
        return ""
    span = " to ".join(f"{count:g}" for count in dict.fromkeys((counts[0], counts[-1])))
    return f"An evaluation has {span} episode{'' if span == '1' else 's'}."


def _same_starts(frame: pd.DataFrame) -> str:
    """Why curves may move together, which is no sign of learning or of collapse."""
    ours = "our runs" if "compared" in frame and (frame["compared"] != "").any() else "runs"
    return (
        f"At each step all {ours} of a task are evaluated from the same start states, easier or "
        "harder ones, so that curves can rise and fall together."
    )


def _without_prior_data(frame: pd.DataFrame, labels: Sequence[str]) -> str:
    """Name the dashed curves beside those of runs with prior data."""
    prior = set(frame.loc[frame["data"] != NONE, "label"])
    names = [label for label in labels if label not in prior]
    return f"{joined(names)}: without prior data, no offline phase." if names and prior else ""


def _beginnings(
    frame: pd.DataFrame, labels: Sequence[str], run_facts: RunFacts | None
) -> Iterable[str]:
    pairs = frame[["env", "label"]].drop_duplicates().itertuples(index=False, name=None)
    drawn = sorted(pairs, key=lambda pair: (labels.index(pair[1]), pair[0]))
    return beginnings(run_facts, drawn) if run_facts else ()


def _end(frame: pd.DataFrame) -> str:
    """Which steps final J is the mean of, where finished runs of all tasks have the same."""
    done = frame[(frame["status"] == "done") & (frame["env_step"] >= 0)]
    spans = set()
    for _, rows in done.groupby(["env", "profile"]):
        steps = sorted(set(rows["env_step"]))[-FINAL_EVALUATIONS:]
        spans.add((steps[0], steps[-1]))
    if len(spans) != 1 or (span := spans.pop())[0] == span[1]:
        return ""
    return f"Final J: mean of the evaluations at steps {span[0]:,} to {span[1]:,}."


def _offline_only(frame: pd.DataFrame, labels: Sequence[str]) -> str:
    """Name the curves that end at 0 although others go on, unless runs are merely unfinished."""
    online = set(frame.loc[frame["env_step"] > 0, "label"])
    finished = set(frame.loc[frame["status"] == "done", "label"])
    names = [label for label in labels if label in finished - online]
    return f"Without online phase: {', '.join(names)}." if names and online else ""


def _aggregate_facts(
    aggregates: pd.DataFrame, labels: Sequence[str], seeds_of: Collection[str] | None
) -> list[str]:
    """Which statistic the thick lines are, of how many seeds, and whether they have intervals.

    Seeds are counted of finished runs. A line of unfinished ones is named among the warnings.
    """
    if aggregates.empty:
        return ["Lines: single seeds; nothing could be aggregated."]
    finished = aggregates[aggregates["complete"].astype(bool)]
    counts = sorted({int(n) for n in aggregates["seeds"]})
    if counts == [1]:
        return ["One seed per method: a curve is one run, without a measure of spread."]
    name = aggregate_name(counts[-1])
    if aggregate_name(max(counts[0], 2)) != name:
        name += f" (mean below {MIN_SEEDS_FOR_IQM} seeds)"
    thin = [label for label in labels if seeds_of is not None and label in seeds_of]
    facts = [
        f"Thin lines: single seeds{' of ' * bool(thin)}{joined(thin) if thin else ''}.",
        f"Thick lines: {name} over "
        + (_seeds(finished, labels) if len(finished) else "unfinished seeds")
        + ".",
    ]
    if counts[-1] >= MIN_SEEDS_FOR_INTERVAL:
        facts.append(f"Bands: 95 % percentile bootstrap over seeds ({RESAMPLES:,} resamples)")
        few = counts[0] < MIN_SEEDS_FOR_INTERVAL
        facts[-1] += f", none below {MIN_SEEDS_FOR_INTERVAL} seeds." if few else "."
    else:
        facts.append(f"No intervals: fewer than {MIN_SEEDS_FOR_INTERVAL} seeds.")
    return facts


def _seeds(aggregates: pd.DataFrame, labels: Sequence[str]) -> str:
    """``3 seeds``, or that of most labels with the others by name: ``5 seeds (AWAC 10, SAC 2–3)``;
    where no number is that of several, every label has its own: ``seeds (AWAC 5, SAC 2)``."""
    spans = {}
    for label in labels:
        mine = aggregates.loc[aggregates["label"] == label, "seeds"]
        if not mine.empty:
            low, high = int(mine.min()), int(mine.max())
            spans[label] = f"{low}" if low == high else f"{low}–{high}"
    usual, count = Counter(spans.values()).most_common(1)[0]
    usual = usual if count > 1 or len(spans) == 1 else ""
    rest = ", ".join(f"{label} {span}" for label, span in spans.items() if span != usual)
    return f"{usual} seed{'s' * (usual != '1')}".strip() + (f" ({rest})" if rest else "")


def data_fact(panel: Panel, frame: pd.DataFrame) -> str:
    """One task's prior data: source, labels and the start of the checksum."""
    if panel.data in ("", NONE):
        return f"{panel.env} none"
    rows = panel.rows(frame)
    rows = rows[rows["data"] == panel.data]
    sums = sorted({text for text in rows["data_checksum"] if text})
    notes = [f"{panel.labels} rewards"] if panel.labels else []
    if len(sums) == 1:
        notes.append(f"sha256 {sums[0].removeprefix('sha256:')[:8]}")
    elif sums:
        notes.append(f"{len(sums)} different checksums")
    source = f"{panel.env} {panel.data}"
    return f"{source} ({', '.join(notes)})" if notes else source


def origin(frame: pd.DataFrame) -> str:
    """Preset, profile, version and commit; all of them where rows differ."""
    parts = []
    for column in ("preset", "profile", "version", "commit"):
        # Shorten hashes only: a suffix such as "-dirty" must stay visible.
        values = sorted(
            {re.sub(r"[0-9a-f]{11,}", lambda m: m[0][:10], text) for text in frame[column] if text}
        )
        name = column if len(values) <= 1 else f"{column}s"
        parts.append(f"{name} {', '.join(values) or 'unknown'}")
    text = ", ".join(parts)
    return text[0].upper() + text[1:]


def _run_warnings(
    panels: Sequence[Panel], frame: pd.DataFrame, aggregates: pd.DataFrame
) -> list[str]:
    """Name every run that is not complete, in one sentence each."""
    opening = {
        "running": "Unfinished, in no thick line:",
        "alone": "Unfinished, and no run of the method is finished there:",
        "failed": "Failed, in no aggregate (× marks the last evaluation):",
    }
    found: dict[str, list[str]] = {status: [] for status in opening}
    for panel in panels:
        state = runs(panel.rows(frame))
        mine = panel.rows(aggregates)
        thick = set(mine.loc[~mine["complete"].astype(bool), "label"])
        for (status, label), group in state.groupby(["status", "label"], sort=True):
            status = "alone" if status == "running" and label in thick else status
            if status in found:
                each = zip(group["seed"], group["last_step"], strict=True)
                seeds = ", ".join(f"{seed} at {step_name(step)}" for seed, step in each)
                found[str(status)].append(
                    f"{label} on {panel.name}, {_word(group['seed'])} {seeds}"
                )
    return [f"{opening[status]} {'; '.join(names)}." for status, names in found.items() if names]


def _word(seeds: Iterable[int]) -> str:
    return "seed" if len(list(seeds)) == 1 else "seeds"


def _left_out(panels: Sequence[Panel], aggregates: pd.DataFrame) -> str:
    """Name thick lines that leave out evaluation steps; "" where none does."""
    shortened: list[str] = []
    for panel in panels:
        for label, group in panel.rows(aggregates).groupby("label", sort=True):
            left_out = int(group["steps_left_out"].max())
            if left_out:
                shortened.append(f"{label} on {panel.name} ({left_out})")
    if not shortened:
        return ""
    return (
        "Aggregated only over steps at which every seed was evaluated; steps left out: "
        f"{'; '.join(shortened)}."
    )
