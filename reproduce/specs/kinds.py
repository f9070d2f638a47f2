"""Names that a run is described by: presets, profiles, kinds of data, labels, chapters."""

from __future__ import annotations

from typing import Literal

PresetName = Literal["quick", "small", "long", "paper"]
ProfileName = Literal["paper", "released"]

DOOR_THRESHOLDS: dict[ProfileName, float] = {"paper": 1.4, "released": 1.35}
"""Radians beyond which a door counts as open."""

DataKind = Literal[
    "human",
    "human-recorded",
    "expert",
    "embedded",
    "minari-human",
    "minari-cloned",
    "minari-expert",
    "random",
    "own",
    "none",
]

DataChoice = Literal["auto"] | DataKind
Labels = Literal["relabelled", "stored"]

ChapterName = Literal[
    "figure1",
    "figure3",
    "figure2",
    "long",
    "long-human",
    "ablations",
    "scratch",
    "human",
    "released",
    "later-work",
    "paper",
]
"""Of the campaign, in the order in which they are made."""
