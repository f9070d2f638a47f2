"""Figures 1 to 3 of the paper: learning curves of an experiment, from its CSV."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from figures.ablation.names import PURPOSES
from figures.experiments import Experiment
from figures.labels import registered, split_variant
from figures.learning_curves import draw
from figures.metrics import columns
from figures.output import save
from figures.pairs import draw_pairs
from figures.panels import from_people, panels_of
from figures.results.compare import beside
from figures.results.manifest import read_manifest
from figures.results.partial import Absent, without_rows
from figures.results.table import read_results
from figures.run_facts import RunFacts, run_facts
from figures.selection import EVERYTHING, Selection
from figures.shared_settings import SharedSettings
from figures.style import FADE_BEYOND

MAIN_PROFILE = "paper"
"""The settings of the paper's text, which a figure's own picture shows."""


def scale_note(frame: pd.DataFrame, tasks: Sequence[str]) -> str:
    """Which returns the scores 0 and 1 are: the line through the rows of each panel."""
    known = frame[frame["normalised_score"].notna() & frame["return_mean"].notna()]
    words = []
    for panel in panels_of(frame, tasks):
        rows = panel.rows(known)
        if rows["normalised_score"].nunique() > 1:
            slope, offset = np.polyfit(rows["normalised_score"], rows["return_mean"], 1)
            ends = " and ".join(f"{end:,.0f}".replace("-", "−") for end in (offset, offset + slope))
            words.append(f"{ends} on {panel.name}")
    return f"Scores 0 and 1 are returns of {'; '.join(words)}." if words else ""


def title_of_figure(experiment: Experiment, frame: pd.DataFrame) -> str:
    """``Figure 1, reproduced at preset small: …, 40,000 online steps``; of several lengths the
    shortest and the longest."""
    whole = frame[frame["status"] == "done"]
    longest = sorted(set((frame if whole.empty else whole).groupby("env")["env_step"].max()))
    span = f"{longest[0]:,}" + (f" to {longest[-1]:,}" if len(longest) > 1 else "")
    preset = ", ".join(sorted(set(frame["preset"])))
    number = experiment.name.removeprefix("figure")
    made = f"at preset {preset}"
    if from_people(frame["data"]):
        made += " from human demonstrations"
    return f"Figure {number}, reproduced {made}: {experiment.heading}, {span} online steps"


def registered_names(frame: pd.DataFrame) -> set[str]:
    """The rows and variants of the registry that have rows in ``frame``."""
    pairs = frame[["method", "variant"]].drop_duplicates().itertuples(index=False, name=None)
    return {registered(method, split_variant(variant)[0]) for method, variant in pairs}


def variants_in_words(frame: pd.DataFrame) -> str:
    """What each variant of the registry that is drawn changes."""
    drawn = registered_names(frame)
    known = [f"{name} ({PURPOSES[name]})" for name in PURPOSES if name in drawn]
    return f"Variants: {'; '.join(known)}." if known else ""


def not_run(experiment: Experiment, frame: pd.DataFrame) -> str:
    """The methods of the experiment that have no row at all."""
    drawn = registered_names(frame)
    lacking = [name for name in experiment.methods if name not in drawn]
    return f"Not run: {', '.join(lacking)}." if lacking else ""


def make(
    experiment: Experiment,
    csv: Path,
    out_stem: Path,
    compare: Sequence[Path] = (),
    only: Selection = EVERYTHING,
) -> list[Path]:
    """Draw ``results/<preset>/<experiment>.csv`` into ``<out_stem>.png`` and ``<out_stem>.pdf``.

    Of many methods, ``<out_stem>.pairs.png`` and ``.pdf`` show each beside AWAC. Of several
    profiles these pictures show ``paper``, and ``<out_stem>.profiles.png`` and ``.pdf`` show all of
    them beneath each other.

    Settings that all runs share are in the caption, not in every label.
    Tasks without results yet have no column; the caption names what is missing and every incomplete
    run. Single seeds are drawn of all methods, or among many of AWAC alone.

    Args:
        experiment: the row of EXPERIMENTS.
        csv: the results.
        out_stem: path of the pictures without their ending.
        compare: files of rows of other methods (``figures.results.compare``), drawn beside ours.
        only: which tasks are drawn, and which methods of ours.

    Returns:
        The paths.

    Raises:
        ResultsError: the CSV is missing or malformed, has no row for any of the tasks or for
            ``only``, lacks a column that is drawn, or has a method without any value to draw.
    """
    every = read_results(csv, drawn=columns(experiment.metrics))
    frame = only.rows(every, csv)
    of_text = frame[frame["profile"] == MAIN_PROFILE]
    several = 0 < len(of_text) < len(frame)
    picture = partial(
        _drawn,
        experiment,
        only=only,
        absent=only.runs(without_rows(csv, every)),
        facts=run_facts(read_manifest(csv)),
    )
    pictures = picture(of_text if several else frame, out_stem, compare=compare)
    if several:
        stem = out_stem.with_name(f"{out_stem.name}.profiles")
        pictures += picture(frame, stem, compare=(), with_pairs=False)
    return pictures


def _drawn(
    experiment: Experiment,
    frame: pd.DataFrame,
    out_stem: Path,
    *,
    compare: Sequence[Path],
    only: Selection,
    absent: Sequence[Absent],
    facts: RunFacts,
    with_pairs: bool = True,
) -> list[Path]:
    """One picture of `frame`, and of many methods each beside AWAC."""
    tasks = only.tasks(experiment.tasks)
    scored = "normalised_score" in columns(experiment.metrics)
    note = scale_note(frame, tasks) if scored else ""
    told = (variants_in_words(frame), "" if only else not_run(experiment, frame))
    shared = SharedSettings.of(frame)
    shown, notes = beside(shared.rows(frame), compare, tasks)
    title = title_of_figure(experiment, frame)
    many = shown["label"].nunique() > FADE_BEYOND
    words = (experiment.caption, only.note, note, *told, shared.in_words)
    figure = draw(
        shown,
        panels=tasks,
        metrics=experiment.metrics,
        title=title,
        caption=" ".join(filter(None, words)),
        absent=shared.absent(absent),
        notes=notes,
        seeds_of=("AWAC",) if many else None,
        run_facts=shared.facts(facts),
    )
    pictures = save(figure, out_stem)
    if many and with_pairs:
        pairs = draw_pairs(
            shown,
            panels=tasks,
            metric=experiment.metrics[0],
            title=f"{title}, {experiment.metrics[0].name.lower()}",
            caption=f"All curves, and what they are of: {out_stem.name}.png.",
        )
        if pairs is not None:
            pictures += save(pairs, out_stem.with_name(f"{out_stem.name}.pairs"))
    return pictures
