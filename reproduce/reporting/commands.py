"""The commands that would make the evidence which a claim lacks."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import get_args

from figures.experiments import ABLATED, OF_DOMAIN, domain_of
from figures.labels import label, registered, split_label, split_registered
from figures.statistics.across_seeds import MIN_SEEDS_FOR_INTERVAL
from reproduce.judging.claim import Claim
from reproduce.judging.evidence import Arm, Evidence
from reproduce.specs.kinds import PresetName
from reproduce.specs.presets import PRESETS


@dataclass(frozen=True)
class Want:
    """Runs of one arm on one task that a claim asks for.

    Attributes:
        experiment: whose script makes them.
        task: id of the task.
        arm: the row of METHODS or variant.
        horizon: online step up to which they are looked at; None: to their ends.
        by: online step by which a threshold is to be reached; a run that ends before it without
            having reached it says nothing.
    """

    experiment: str
    task: str
    arm: Arm
    horizon: int | None = None
    by: int | None = None

    @property
    def step(self) -> int | None:
        """The online step that it asks about; None: the budget of the preset."""
        return self.horizon or self.by


def arm_of(name: str) -> Arm:
    """The arm of a name in the registry: ``AWAC[batch]`` is drawn as ``AWAC [batch]``."""
    return Arm(label(*split_registered(name)))


def method_of(arm: Arm) -> tuple[str, str]:
    """``AWAC [Q-beta]`` -> ("AWAC", "Q-beta"); ("AWAC", "") without a variant."""
    return split_label(arm.label)


def wants(claim: Claim, evidence: Evidence) -> list[Want]:
    """All runs that ``claim`` asks for, each once, finished or not.

    They are asked of the experiment that already holds the whole comparison, if there is one.
    """
    found: dict[Want, None] = {}
    for part in claim.parts:
        for rule in part.rules:
            horizon, by = getattr(rule, "horizon", None), getattr(rule, "by", None)
            for task in rule.tasks_asked() if rule.arms() else ():
                held = evidence.source(claim.experiments, task, rule.arms())
                experiment = held or _script_of(claim.experiments, task, rule.arms())
                found |= {Want(experiment, task, arm, horizon, by): None for arm in rule.arms()}
    return list(found)


def _script_of(experiments: Sequence[str], task: str, arms: Sequence[Arm]) -> str:
    """Variants of one row are made by ``ablations``, everything else by the task's figure."""
    figure = OF_DOMAIN[domain_of(task)].name
    one_row = len({method_of(arm)[0] for arm in arms}) == 1
    varied = any(method_of(arm)[1] for arm in arms)
    if "ablations" in experiments and task in ABLATED and one_row and varied:
        return "ablations"
    return figure if figure in experiments else experiments[-1]


def finished_seeds(evidence: Evidence, want: Want) -> int:
    """How many seeds of it are finished under the profile of ``evidence``."""
    if want.experiment not in evidence.tables:
        return 0
    return int(evidence.rows(want.experiment, want.task, want.arm, want.horizon)["seed"].nunique())


def seeds_beyond(evidence: Evidence, want: Want) -> int:
    """How many of the finished seeds reach the step that it asks about, or have no online phase."""
    if want.experiment not in evidence.tables:
        return 0
    ends = evidence.ends(want.experiment, want.task, want.arm)
    return int(((ends >= (want.step or 0)) | (ends == 0)).sum())


def preset_for(preset: PresetName, want: Want) -> PresetName:
    """``preset``, or the next larger one whose runs reach the step that ``want`` asks about."""
    sizes: tuple[PresetName, ...] = get_args(PresetName)
    larger = sizes[sizes.index(preset) :]
    method, _ = method_of(want.arm)
    ends = {name: PRESETS[name].of(method, domain_of(want.task)) for name in larger}
    return next(name for name in larger if ends[name].get("online_steps", inf) >= (want.step or 0))


def commands(claim: Claim, evidence: Evidence, preset: PresetName) -> list[str]:
    """Shell commands, one a line, after which every arm has enough finished seeds for an interval.

    Enough are the preset's, and at least as many as an interval needs. [] where nothing lacks.
    """
    lacking: dict[tuple[str, ...], dict[str, dict[str, None]]] = {}
    for want in wants(claim, evidence):
        if seeds_beyond(evidence, want) >= seeds_needed(preset):
            continue
        method, variant = method_of(want.arm)
        size = preset_for(preset, want)
        if want.experiment == "ablations":
            group: tuple[str, ...] = ("ablations", size, method)
            asked = variant
        else:
            group = (want.experiment, size, want.arm.data)
            asked = registered(method, variant)
        lacking.setdefault(group, {}).setdefault(want.task, {})[asked] = None
    tail = [] if evidence.profile == "paper" else ["--profile", evidence.profile]
    return [
        shlex.join([*words, *tail])
        for group, by_task in lacking.items()
        for asked, tasks in _same_methods(by_task)
        for words in (_ablations if group[0] == "ablations" else _figure)(group, asked, tasks)
    ]


def seeds_needed(preset: PresetName) -> int:
    """The preset's seeds, and at least as many as an interval needs."""
    return max(PRESETS[preset].seeds, MIN_SEEDS_FOR_INTERVAL)


def _same_methods(
    by_task: Mapping[str, Mapping[str, None]],
) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Tasks that lack the same methods, together."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for task, asked in by_task.items():
        groups.setdefault(tuple(asked), []).append(task)
    yield from groups.items()


def _figure(group: Sequence[str], methods: Sequence[str], tasks: Sequence[str]) -> list[list[str]]:
    experiment, preset, data = group
    nothing = ["--data", "none"] if data == "none" else []
    return [[*_start(experiment, preset), "--methods", *methods, "--envs", *tasks, *nothing]]


def _ablations(
    group: Sequence[str], variants: Sequence[str], tasks: Sequence[str]
) -> list[list[str]]:
    """The row itself is always run with them; a changed value is swept, others are named."""
    _, preset, method = group
    start = _start("ablations", preset)
    start += ["--reference", method] if method != "AWAC" else []
    named = [registered(method, variant) for variant in variants if variant and "=" not in variant]
    swept = [variant for variant in variants if "=" in variant]
    result = []
    if named:
        result.append([*start, "--methods", *named, "--sweep", "none", "--envs", *tasks])
    for assignment in swept or ([] if named else ["none"]):
        result.append([*start, "--vary", "none", "--sweep", assignment, "--envs", *tasks])
    return result


def _start(experiment: str, preset: str) -> list[str]:
    size = PRESETS[preset]
    more = size.seeds < MIN_SEEDS_FOR_INTERVAL
    seeds = ["--seeds", str(MIN_SEEDS_FOR_INTERVAL)] if more else []
    return ["python", f"reproduce/{experiment}.py", "--preset", preset, *seeds]
