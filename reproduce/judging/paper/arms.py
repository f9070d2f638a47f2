"""The methods and tasks that several claims are about."""

from __future__ import annotations

from figures.experiments import ANT, CHEETAH, DOOR, PEN, RELOCATE, UNTRAINED, WALKER
from figures.experiments import PUSH as SAWYER
from reproduce.judging.claim import Part
from reproduce.judging.evidence import Arm
from reproduce.judging.levels import Level


def arms(*labels: str) -> tuple[Arm, ...]:
    """Arms with the task's prior data."""
    return tuple(map(Arm, labels))


AWAC, SAC, BEAR, ABM, AWR, DAPG, BRAC, MPO = arms(
    "AWAC", "SAC", "BEAR", "ABM-MPO", "AWR", "DAPG", "BRAC", "MPO"
)
SAC_BC = Arm("SAC+BC")
SCRATCH = Arm("AWAC [scratch]", "none")
# B.4 leaves MPO out of the comparison: no sentence about the figures counts it. A4 is about it.
BASELINES = arms("SAC", "SAC+BC", "BC", "ABM-MPO", "AWR", "DAPG", "BEAR", "BCQ", "BRAC")
LEARNERS = tuple(arm for arm in BASELINES if arm.label != "BC")
WITHOUT_DEMONSTRATIONS = tuple(arm for arm in BASELINES if arm.label != "DAPG")
PUSH_LEARNERS = tuple(arm for arm in WITHOUT_DEMONSTRATIONS if arm.label != "BC")
OFF_POLICY = arms("SAC", "SAC+BC", "ABM-MPO", "AWR", "BEAR", "BCQ", "BRAC")

HAND, PUSH, LOCOMOTION = (PEN, DOOR, RELOCATE), (SAWYER,), (CHEETAH, ANT, WALKER)

MORE_THAN_HALF = 0.501
OFFLINE = (AWAC, *(arm for arm in BASELINES if arm.label not in ("DAPG", "AWR")))
POOR = {task: 0.25 + 0.75 * UNTRAINED.get(task, 0.0) for task in LOCOMOTION}
"""Normalised score: a quarter of the way from an untrained policy to the expert."""
SAC_WORKS = Part(
    tuple(Level("jt", (SAC,), (task,), "above", POOR[task]) for task in LOCOMOTION),
    presupposed="SAC works",
)
SOLVED = 0.9
PROGRESS = 0.2
"""Success, twice that of an untrained policy on the pen; on door and relocate such a one has 0."""
