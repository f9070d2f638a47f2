"""Labels without the settings that all curves of a picture share: those tell no curve apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from figures.labels import label, split_label, split_variant, variant
from figures.results.partial import Absent
from figures.run_facts import Beginning, RunFacts


@dataclass(frozen=True)
class SharedSettings:
    """Settings that a picture names once.

    Attributes:
        settings: ``key=value``, in alphabetical order.
    """

    settings: tuple[str, ...]

    @classmethod
    def of(cls, rows: pd.DataFrame) -> SharedSettings:
        """Those of every variant among ``rows``."""
        found = [set(split_variant(text)[1]) for text in rows["variant"].unique()]
        return cls(tuple(sorted(set.intersection(*found)))) if found else cls(())

    @property
    def in_words(self) -> str:
        """``Set for all runs: batch_size=256, online_steps=10000.``; "" without any."""
        return f"Set for all runs: {', '.join(self.settings)}." if self.settings else ""

    def without(self, text: str) -> str:
        """The column ``variant`` of a row without them."""
        named, settings = split_variant(text)
        return variant(named, [each for each in settings if each not in self.settings])

    def label(self, name: str) -> str:
        """The label of a curve without them."""
        method, text = split_label(name)
        return label(method, self.without(text))

    def rows(self, rows: pd.DataFrame) -> pd.DataFrame:
        """``rows`` with their columns ``variant`` and ``label`` without them."""
        short = {text: self.without(text) for text in rows["variant"].unique()}
        variants = rows["variant"].map(short)
        labels = [label(*pair) for pair in zip(rows["method"], variants, strict=True)]
        return rows.assign(variant=variants, label=labels)

    def absent(self, runs: Sequence[Absent]) -> list[Absent]:
        """Runs without rows, by such labels."""
        return [replace(run, label=self.label(run.label)) for run in runs]

    def facts(self, facts: RunFacts) -> RunFacts:
        """What is known of runs, by such labels; of two labels that become one, the first's."""
        known: dict[tuple[str, str], Beginning] = {}
        for (task, name), beginning in facts.beginnings.items():
            known.setdefault((task, self.label(name)), beginning)
        return replace(facts, beginnings=known)
