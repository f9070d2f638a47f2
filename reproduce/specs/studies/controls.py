"""Controls: what a result would be if one cause were taken away."""

from __future__ import annotations

from figures.experiments import ANT, CHEETAH, DOOR, PEN, PUSH, RELOCATE, WALKER
from reproduce.specs.studies.study import Case, Study
from reproduce.specs.studies.trials import TWICE_AS_LARGE

STUDIES = (
    Study(
        "controls_pen",
        "controls",
        "Does the pen hold a success of 0.9 with the authors' human demonstrations?",
        (Case(PEN, "AWAC", (), "human"), Case(PEN, "BC", (), "human")),
        settings=("online_steps=100000",),
    ),
    Study(
        "controls_pen_wide",
        "controls",
        "Does the pen hold a success of 0.9 with networks and batches twice as large?",
        (Case(PEN, "BC", (), "human"),),
        settings=("online_steps=60000", *TWICE_AS_LARGE),
    ),
    Study(
        "controls_hand",
        "controls",
        "Can the hand's tasks be solved with this code?",
        tuple(
            Case(env, method, ("expert_demonstrations=100",), "expert")
            for env in (PEN, DOOR, RELOCATE)
            for method in ("BC", "AWAC")
        ),
        settings=("online_steps=20000",),
    ),
    Study(
        "controls_locomotion",
        "controls",
        "Can the locomotion tasks be solved with this code?",
        tuple(Case(env, "BC", ("expert_demonstrations=50",)) for env in (WALKER, ANT, CHEETAH)),
        settings=("offline_steps=50000", "online_steps=5000"),
    ),
    Study(
        "controls_pushing",
        "controls",
        "Can pushing be solved with this code?",
        (Case(PUSH, "AWAC[batch]", ("lam=0.03",)),),
        settings=("online_steps=60000", "updates_per_step=4"),
    ),
)
