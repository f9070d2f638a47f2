"""What a manifest says of runs that their rows do not: prior data in words, how methods begin."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from figures.labels import label

DEMONSTRATIONS = {
    "human": "human demonstrations",
    "human-recorded": "human demonstrations as recorded",
    "minari-human": "human demonstrations of Minari",
    "minari-cloned": "cloned demonstrations of Minari",
    "minari-expert": "expert demonstrations of Minari",
    "expert": "expert demonstrations",
    "embedded": "expert demonstrations",
    "own": "episodes of the user's own file",
}
CLONES = ("CloneDemonstrations", "CloneMeans")
"""Components that clone the demonstrations before any update."""
CHECKSUM = 16
"""Digits of a checksum that rows keep."""


@dataclass(frozen=True)
class Beginning:
    """How runs of one label begin and go on.

    Attributes:
        cloned: the policy is cloned from the demonstrations before any update.
        offline: there is an offline phase.
        imitates: the whole objective is to imitate the demonstrations.
    """

    cloned: bool
    offline: bool
    imitates: bool


@dataclass(frozen=True)
class RunFacts:
    """Facts of the runs of one results file.

    Attributes:
        prior_data: in words, by checksum as rows have it.
        beginnings: by task and label; one that runs do not share is left out.
    """

    prior_data: Mapping[str, str] = field(default_factory=dict)
    beginnings: Mapping[tuple[str, str], Beginning] = field(default_factory=dict)


def run_facts(manifest: Sequence[Mapping[str, Any]]) -> RunFacts:
    """The facts that the entries of a manifest hold; what one of them does not say is left out."""
    data: dict[str, str] = {}
    found: dict[tuple[str, str], set[Beginning]] = {}
    for entry in manifest:
        identity = entry.get("identity", {})
        made = identity.get("data", {})
        if words := _words(str(entry.get("data", "")), made):
            data[str(made.get("checksum", ""))[:CHECKSUM]] = words
        method = identity.get("method", {})
        if {"initialisation", "pretraining", "objective"} <= set(method):
            name = label(str(entry.get("method")), str(entry.get("variant")))
            key = (str(entry.get("env")), name)
            found.setdefault(key, set()).add(_beginning(method))
    return RunFacts(data, {key: each.pop() for key, each in found.items() if len(each) == 1})


def beginnings(facts: RunFacts, drawn: Collection[tuple[str, str]]) -> Iterator[str]:
    """Sentences about the methods of ``drawn``, pairs of task and label, where they hold of all
    tasks on which a method is drawn."""
    known: dict[str, list[Beginning | None]] = {}
    for key in drawn:
        known.setdefault(key[1], []).append(facts.beginnings.get(key))
    of = {name: each[0] for name, each in known.items() if len(set(each)) == 1}
    said = {name: each for name, each in of.items() if each is not None}
    clones = [n for n, each in said.items() if each.cloned and not each.offline]
    if len(clones) == 1:
        yield f"{clones[0]} has no offline phase: its curve begins at 0 with its clone."
    elif clones:
        yield f"{joined(clones)} have no offline phase: their curves begin at 0 with their clones."
    cloned = [n for n, each in said.items() if each.cloned and each.offline]
    if cloned:
        yield f"{joined(cloned)} begin{'s' * (len(cloned) == 1)} cloned."
    imitating = [n for n, each in said.items() if each.imitates and each.offline]
    if imitating:
        verb = "goes" if len(imitating) == 1 else "go"
        yield (
            f"{joined(imitating)} {verb} on training on the demonstrations during the online steps."
        )


def joined(names: Sequence[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _words(kind: str, made: Mapping[str, Any]) -> str:
    """``5 expert demonstrations + 500 rollouts of their clone``; "" where that is not known."""
    shown = int(made.get("demonstrations", {}).get("trajectories", 0))
    rolled = int(made.get("rollouts", {}).get("trajectories", 0))
    if kind == "random" and rolled:
        return f"{rolled} random trajectories"
    if kind not in DEMONSTRATIONS or not shown:
        return ""
    clone = "its" if shown == 1 else "their"
    return f"{shown} {DEMONSTRATIONS[kind]}" + (
        f" + {rolled} rollouts of {clone} clone" if rolled else ""
    )


def _beginning(method: Mapping[str, Any]) -> Beginning:
    objective = method["objective"]
    return Beginning(
        method["initialisation"].get("component") in CLONES,
        method["pretraining"].get("component") == "OnPriorData",
        objective.get("component") == "Imitation" and objective.get("actions") == "demonstrations",
    )
