"""Synthetic results of the whole grid, for the tests of the report: every arm of every claim."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from figures.experiments import domain_of
from figures.labels import label
from reproduce.judging.claims import CLAIMS
from reproduce.judging.evidence import Arm, Evidence
from reproduce.reporting.commands import Want, method_of, wants
from reproduce.reporting.inventory import GRIDS

STEPS = (0, 5_000, 100_000, 150_000)
DATA = {"hand": "human", "push": "random", "locomotion": "expert"}
MEASURED = {"hand": "success_any", "push": "final_distance", "locomotion": "normalised_score"}
Curve = Callable[[str, Arm, str], tuple[float, ...]]
"""Task, arm, profile -> the measure at STEPS."""


def grid_wants() -> list[Want]:
    """Every run of the figures' grids, and what claims ask for beside them."""
    every = [
        Want(e, task, Arm(m)) for e, tasks, methods in GRIDS for task in tasks for m in methods
    ]
    for claim in CLAIMS:
        every += [Want(w.experiment, w.task, w.arm) for w in wants(claim, Evidence({}))]
    return list(dict.fromkeys(every))


def rows_of(want: Want, profile: str, seed: int, values: tuple[float, ...]) -> Iterator[Any]:
    """One finished run, spread a little by its seed so that no two are tied."""
    domain = domain_of(want.task)
    method, variant = method_of(want.arm)
    none = want.arm.data == "none"
    for step, value in zip(STEPS, values, strict=True):
        shift = 1e-3 * (seed + 0.01 * sum(map(ord, want.arm.label)) % 1)
        yield {
            "experiment": want.experiment,
            "preset": "paper",
            "profile": profile,
            "env": want.task,
            "method": method,
            "variant": variant,
            "label": label(method, variant),
            "data": "none" if none else DATA[domain],
            "labels": "relabelled" if domain == "hand" and not none else "stored",
            "seed": seed,
            "status": "done",
            "data_checksum": "ab" * 8,
            "commit": "0123456789ab",
            "version": "0.1.0",
            "phase": "online" if step else "offline",
            "env_step": step,
            "grad_step": step,
            "episodes": 50,
            "return_mean": value,
            "q_max": value,
            "wall_s": 36.0 * (step / STEPS[-1]),
            MEASURED[domain]: value + shift,
        }


def full_grid(curve: Curve, seeds: int = 10) -> dict[str, pd.DataFrame]:
    """Tables by experiment, under both profiles."""
    rows: dict[str, list[Any]] = {}
    for want in grid_wants():
        for profile in ("paper", "released"):
            for seed in range(seeds):
                values = curve(want.task, want.arm, profile)
                rows.setdefault(want.experiment, []).extend(rows_of(want, profile, seed, values))
    return {name: pd.DataFrame(mine) for name, mine in rows.items()}
