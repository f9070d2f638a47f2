"""What was run: files, runs that are missing or left out, data, software and compute."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from figures.experiments import EXPERIMENTS
from figures.labels import label
from figures.results.manifest import manifest_of
from figures.results.table import RUN
from figures.statistics.across_seeds import runs
from figures.style import place_of
from reproduce.judging.claims import CLAIMS
from reproduce.judging.evidence import Arm, Evidence
from reproduce.reporting.commands import Want, arm_of, finished_seeds, wants
from reproduce.specs.kinds import PresetName, ProfileName
from reproduce.specs.presets import PRESETS

GRIDS = tuple(
    (row.name, row.tasks, tuple(sorted((arm_of(m).label for m in row.methods), key=place_of)))
    for row in EXPERIMENTS.values()
)
"""Experiment, tasks, labels of the curves."""
PROFILES = get_args(ProfileName)
SUBSTITUTE = "embedded"
"""Demonstrations that stand for the paper's."""
Manifests = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class JudgedFile:
    """A CSV whose rows were judged; checksums are SHA-256 of the bytes."""

    experiment: str
    name: str
    sha256: str
    manifest_sha256: str
    rows: int
    runs: int
    commits: tuple[str, ...]
    versions: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """Runs of one arm on one task that the preset's grid, or a claim, asks for."""

    want: Want
    profile: str
    wanted: int
    done: int

    @property
    def missing(self) -> int:
        """Seeds that are not finished."""
        return max(0, self.wanted - self.done)


@dataclass(frozen=True)
class LeftOut:
    """A run that is in no statistic, and why; ``finished`` ones have other data than the others."""

    experiment: str
    profile: str
    task: str
    label: str
    data: str
    seed: int
    reason: str
    finished: bool = False


@dataclass(frozen=True)
class Spent:
    """Compute of the runs of one method on one task: sums of the last ``wall_s``, in hours.

    A run is one single-threaded process, so that its hours are core-hours.
    """

    profile: str
    task: str
    label: str
    runs: int
    hours: float


@dataclass(frozen=True)
class PriorData:
    """Prior data of a task: the runs that were made with it, and of which methods they are."""

    task: str
    kind: str
    labels: str
    checksum: str
    methods: tuple[str, ...]
    runs: int

    @property
    def name(self) -> str:
        """``pen-binary-v0, embedded data, relabelled labels``."""
        return f"{self.task}, {self.kind} data, {self.labels} labels"


@dataclass(frozen=True)
class Software:
    """A version of the code with that of the packages beside it, and how many runs it made."""

    version: str
    commit: str
    packages: str
    runs: int


def judged_files(folder: Path, tables: Mapping[str, pd.DataFrame]) -> list[JudgedFile]:
    """The files of ``tables`` in ``folder``."""
    found = []
    for experiment, table in tables.items():
        csv = folder / f"{experiment}.csv"
        manifest = manifest_of(csv)
        found.append(
            JudgedFile(
                experiment,
                csv.name,
                sha256_of(csv),
                sha256_of(manifest) if manifest.is_file() else "",
                len(table),
                len(runs(table)),
                tuple(sorted(set(table["commit"]))),
                tuple(sorted(set(table["version"]))),
            )
        )
    return found


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex; that of ``envs.data.files`` would need a simulator."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def grid(evidence: Evidence, preset: PresetName) -> list[Cell]:
    """Every cell of the figures' grids, then what claims ask for beside them, by profile."""
    cells = []
    for profile in PROFILES:
        seen = evidence.under(profile=profile)
        every = [
            Want(experiment, task, Arm(method))
            for experiment, tasks, methods in GRIDS
            for task in tasks
            for method in methods
        ]
        asked = (want for claim in CLAIMS for want in wants(claim, seen))
        every += [Want(want.experiment, want.task, want.arm) for want in asked]
        cells += [
            Cell(want, profile, PRESETS[preset].seeds, finished_seeds(seen, want))
            for want in dict.fromkeys(every)
        ]
    return cells


def left_out(evidence: Evidence, manifests: Manifests) -> Iterator[LeftOut]:
    """Failed and unfinished runs, failed runs without a row, and finished ones of other data."""
    views = {profile: evidence.under(profile=profile) for profile in PROFILES}
    for experiment, table in evidence.tables.items():
        reasons = {
            (
                *(str(entry[name]) for name in RUN[:4]),
                label(entry["method"], entry["variant"]),
                int(entry["seed"]),
            ): str(entry["reason"])
            for entry in manifests.get(experiment, ())
            if "reason" in entry
        }
        for row in runs(table).itertuples(index=False):
            key = tuple(getattr(row, name) for name in RUN)
            reason, finished = reasons.pop(key, ""), bool(row.status == "done")
            if row.status == "failed":
                reason = f"failed at step {row.last_step:,}: {_first_line(reason)}"
            elif row.status == "running":
                reason = f"not finished: at step {row.last_step:,}"
            else:
                reason = _not_judged(views[row.profile], experiment, row)
            if reason:
                yield _left_out(experiment, key, reason, finished)
        for key, reason in sorted(reasons.items()):
            yield _left_out(experiment, key, f"failed before any row: {_first_line(reason)}")


def _left_out(experiment: str, key: Sequence[Any], reason: str, finished: bool = False) -> LeftOut:
    task, data, _, profile, name, seed = key
    return LeftOut(experiment, profile, task, name, data, seed, reason, finished)


def _first_line(text: str) -> str:
    return text.partition("\n")[0].strip() or "no reason recorded"


def _not_judged(evidence: Evidence, experiment: str, run: Any) -> str:
    """Why a finished run enters no verdict; "" if it may enter one."""
    arm = Arm(run.label, "none" if run.data == "none" else "prior")
    judged = evidence.rows(experiment, run.env, arm)
    kinds = set(zip(judged["data"], judged["labels"], strict=True))
    if (run.data, run.labels) in kinds:
        return ""
    names = " and ".join(sorted({f"{data}, {labels}" for data, labels in kinds}))
    return f"finished with {run.data} data, {run.labels} labels; judged are runs with {names}"


def every_run(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The last row of every run, once, though several experiments may share it."""
    if not tables:
        return pd.DataFrame(columns=[*RUN, "wall_s"])
    rows = pd.concat(list(tables.values()), ignore_index=True)
    last = rows.sort_values([*RUN, "env_step", "grad_step"], kind="stable")
    return last.drop_duplicates(list(RUN), keep="last").reset_index(drop=True)


def spent(last: pd.DataFrame) -> list[Spent]:
    """Hours by profile, task and method; ``last``: from ``every_run``. Runs without a time have
    NaN hours."""
    if "wall_s" not in last.columns:
        last = last.assign(wall_s=float("nan"))
    found = [
        Spent(
            str(profile),
            str(task),
            str(name),
            len(mine),
            float(mine["wall_s"].sum(skipna=False)) / 3600,
        )
        for (profile, task, name), mine in last.groupby(["profile", "env", "label"], sort=True)
    ]
    return sorted(found, key=lambda each: (each.profile, each.task, place_of(each.label)))


def data_used(last: pd.DataFrame) -> list[PriorData]:
    """Prior data by task, kind and labels: which checksums, made by which methods' runs."""
    found = []
    for key, mine in last.groupby(["env", "data", "labels", "data_checksum"], sort=True):
        names = tuple(sorted(set(mine["label"]), key=place_of))
        task, data, labels, checksum = map(str, key)
        found.append(PriorData(task, data, labels, checksum, names, len(mine)))
    return found


def software(manifests: Manifests) -> list[Software]:
    """Versions by commit, of every run in the manifests, each once."""
    entries: dict[str, tuple[str, str, str]] = {}
    for manifest in manifests.values():
        for entry in manifest:
            environment = entry.get("environment", {})
            versions = environment.get("versions", {})
            text = ", ".join(f"{name} {versions[name]}" for name in sorted(versions))
            if on := environment.get("processor"):
                text += f"; on {on}"
            key = "|".join(str(entry.get(name)) for name in (*RUN[:4], "method", "variant", "seed"))
            kept = versions.get("awac-reproduction", "")
            entries[key] = (kept, str(environment.get("commit", "")), text)
    every = list(entries.values())
    return [Software(*each, every.count(each)) for each in sorted(set(every))]
