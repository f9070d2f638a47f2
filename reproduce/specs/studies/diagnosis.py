"""Diagnoses: what limits AWAC and the others where they stay low."""

from __future__ import annotations

from figures.experiments import ANT, CHEETAH, DOOR, PEN, RELOCATE, WALKER
from reproduce.specs.studies.study import Case, Study
from reproduce.specs.studies.trials import TWICE_AS_LARGE

STUDIES = (
    Study(
        "relocate",
        "diagnosis",
        "What keeps AWAC on relocate where cloning is? One exchange at a time.",
        tuple(
            Case(RELOCATE, method, settings, "embedded")
            for method, settings in (
                ("AWAC", ()),
                ("BC", ()),
                ("AWAC[V-mode]", ()),
                ("AWAC[lambda=1]", ()),
                ("AWAC[batch]", ()),
                ("AWAC", ("batch_size=512", "offline_batch_size=512")),
                ("AWAC", ("policy_hidden=256,256", "q_hidden=256,256")),
            )
        ),
        settings=("online_steps=40000",),
    ),
    Study(
        "pen_level",
        "diagnosis",
        "What holds AWAC level at 0.73 on the pen? One exchange at a time.",
        tuple(
            Case(PEN, method, settings, "embedded")
            for method, settings in (
                ("AWAC", ()),
                ("AWAC[lambda=1]", ()),
                ("AWAC", ("policy_hidden=256,256", "q_hidden=256,256")),
                ("AWAC", ("batch_size=512", "offline_batch_size=512")),
            )
        ),
    ),
    Study(
        "pen_human",
        "diagnosis",
        "Is it the size, the authors' value and clip, or the method that holds AWAC on human data?",
        (
            Case(PEN, "AWAC[V-mode]", (), "human"),
            Case(PEN, "RLPD", (), "human"),
            Case(PEN, "AWAC", TWICE_AS_LARGE, "human"),
            Case(PEN, "AWAC[clip]", ("objective.value=PolicyMode", *TWICE_AS_LARGE), "human"),
        ),
    ),
    Study(
        "relocate_level",
        "diagnosis",
        "Does AWAC fall on relocate by its updates, by online data, or by what it starts from?",
        (
            Case(RELOCATE, "AWAC", ("offline_steps=65000", "online_steps=0"), "embedded"),
            Case(RELOCATE, "BC", ("offline_steps=65000", "online_steps=0"), "embedded"),
            Case(RELOCATE, "AWAC", ("initialisation=CloneDemonstrations",), "embedded"),
            Case(RELOCATE, "AWAC", ("batch_size=512", "offline_batch_size=512"), "embedded"),
        ),
    ),
    Study(
        "locomotion_level",
        "diagnosis",
        "What keeps AWAC below BC in locomotion: rollouts, weights, budget, or BC's policy class?",
        (
            # from BC to AWAC one exchange at a time: the first is to be BC itself
            Case(WALKER, "AWAC[free-std]", ("lam=1e6", "prior_rollouts=0")),
            Case(WALKER, "AWAC[free-std]", ("prior_rollouts=0",)),
            *(
                Case(env, method, settings)
                for method, settings in (
                    ("AWAC", ("prior_rollouts=0",)),
                    ("BC[all]", ()),
                    ("AWAC[batch]", ()),
                    ("BC", ("policy=SquashedGaussian",)),
                )
                for env in (WALKER, CHEETAH)
            ),
            *(Case(env, "AWAC", ("prior_cloning_steps=3000",)) for env in (WALKER, ANT)),
            *(Case(env, "AWAC", ("online_steps=100000",)) for env in (WALKER, CHEETAH)),
        ),
    ),
    Study(
        "critic_speed",
        "diagnosis",
        "Does a critic whose targets move four times as fast let AWAC learn the hand online?",
        tuple(Case(env, "AWAC", ("tau=0.02",), "embedded") for env in (PEN, RELOCATE, DOOR)),
    ),
    Study(
        "hand_data",
        "diagnosis",
        "How many demonstrations does AWAC need on the hand? The paper has 25.",
        (
            Case(RELOCATE, "AWAC", ("expert_demonstrations=10",), "expert"),
            Case(RELOCATE, "AWAC", ("expert_demonstrations=25",), "expert"),
            Case(RELOCATE, "BC", ("expert_demonstrations=10",), "expert"),
            Case(RELOCATE, "BC", ("expert_demonstrations=25",), "expert"),
            Case(DOOR, "AWAC", ("expert_demonstrations=10",), "expert"),
        ),
        settings=("online_steps=40000",),
    ),
    Study(
        "cheetah",
        "diagnosis",
        "What keeps AWAC on HalfCheetah below cloning? One exchange at a time.",
        tuple(
            Case(CHEETAH, method, settings)
            for method, settings in (
                ("AWAC", ()),
                ("BC", ()),
                ("AWAC[V-mode]", ()),
                ("AWAC[free-std]", ()),
                ("AWAC[batch]", ("lam=0.1",)),
                ("AWAC", ("batch_size=1024", "offline_batch_size=1024")),
            )
        ),
        settings=("online_steps=20000",),
    ),
    Study(
        "cheetah_data",
        "diagnosis",
        "Are AWAC's weights too flat to leave out the bad rollouts of HalfCheetah's prior data?",
        (
            Case(CHEETAH, "AWAC", ("prior_rollouts=0",)),
            Case(CHEETAH, "AWAC", ("lam=0.03",)),
        ),
        settings=("online_steps=20000",),
    ),
)
