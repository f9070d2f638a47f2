"""Cases that several studies try."""

from __future__ import annotations

from collections.abc import Mapping

from reproduce.specs.kinds import DataChoice
from reproduce.specs.studies.study import Case

TWICE_AS_LARGE = (
    "policy_hidden=256,256",
    "q_hidden=256,256",
    "batch_size=256",
    "offline_batch_size=256",
)


def coefficients(
    env: str, data: DataChoice, of: Mapping[str, tuple[float, ...]]
) -> tuple[Case, ...]:
    """What decides each baseline as lambda decides AWAC, with three values: the text's or the
    authors' own, and those that others use."""
    trials = (  # the dearest last
        ("BRAC", "constraint.coefficient", of["BRAC"]),
        ("SAC+BC", "imitation_weight", of["SAC+BC"]),
        ("ABM-MPO", "objective.weights.shape.lam", of["ABM-MPO"]),
        ("MPO", "objective.weights.shape.lam", of.get("MPO", ())),
        ("BEAR", "threshold", of["BEAR"]),
    )
    return tuple(
        Case(env, method, (f"{name}={value}",), data)
        for method, name, values in trials
        for value in values
    )
