"""Numbers of the profiles in pushing and locomotion, typed in from their sources.

`docs/methods/hyperparameters.md` says where each comes from. Tables of the hand are held against
the documentation elsewhere.
"""

from __future__ import annotations

from typing import Any

import pytest

from algorithms.catalogue.methods import METHODS
from algorithms.catalogue.resolving import resolve

ALL = tuple(METHODS)
BUT_RLPD = tuple(row for row in METHODS if row != "RLPD")  # its authors make 20
BUT_AWR = tuple(row for row in METHODS if row != "AWR")  # whole episodes: 1200 steps
NUMBERS: tuple[tuple[str, str, tuple[str, ...], str, Any], ...] = (
    ("paper", "push", ("SAC+BC",), "objective.imitation_weight", 0.1),
    ("paper", "push", ("SAC", "Cal-QL", "RLPD"), "objective.temperature.initial_alpha", 0.01),
    ("paper", "push", ("AWAC",), "objective.weights.shape.lam", 0.3),
    ("paper", "push", BUT_RLPD, "updates_per_step", 4),
    ("paper", "locomotion", ("SAC+BC",), "objective.imitation_weight", 10.0),
    ("paper", "locomotion", ("AWAC", "MPO", "ABM-MPO"), "objective.weights.shape.lam", 0.1),
    ("paper", "locomotion", ("BRAC",), "constraint.coefficient", 1.0),
    ("paper", "locomotion", ALL, "prior_rollouts", 100),
    ("released", "push", ALL, "q_hidden", (256, 256)),
    ("released", "push", ALL, "offline_batch_size", 128),
    ("released", "push", BUT_AWR, "collect_steps", 1000),
    ("released", "push", ALL, "prior_fraction", 0.9),
    ("released", "push", BUT_RLPD, "updates_per_step", 4),
    ("released", "push", ("AWAC", "ABM-MPO"), "objective.weights.shape.lam", 0.1),
    ("released", "locomotion", ("AWAC", "BC", "MPO"), "q_hidden", (256, 256)),
    ("released", "locomotion", ("AWAC", "BC", "MPO"), "offline_batch_size", 128),
    ("released", "locomotion", ("AWAC", "BC", "MPO"), "offline_steps", 50_000),
    ("released", "locomotion", ("AWAC", "BC", "MPO"), "collect_steps", 1000),
    ("released", "locomotion", ("AWAC", "BC", "MPO"), "prior_fraction", 0.9),
    ("released", "locomotion", ALL, "prior_rollouts", 100),
    ("released", "locomotion", ("AWAC",), "objective.weights.shape.lam", 2.0),
)


@pytest.mark.parametrize(
    ("profile", "domain", "rows", "path", "value"),
    NUMBERS,
    ids=[f"{profile}-{domain}-{rows[0]}-{path}" for profile, domain, rows, path, _ in NUMBERS],
)
def test_a_number_is_that_of_its_source(
    profile: str, domain: str, rows: tuple[str, ...], path: str, value: Any
) -> None:
    found = {row: resolve(row, profile=profile, domain=domain).paths()[path] for row in rows}
    assert found == dict.fromkeys(rows, value)
