"""Pilots: what chose the settings, on seeds that no figure reports."""

from __future__ import annotations

from figures.experiments import ANT, CHEETAH, DOOR, PEN, PUSH, RELOCATE, WALKER
from reproduce.specs.kinds import DataChoice
from reproduce.specs.studies.study import Case, Study
from reproduce.specs.studies.trials import coefficients

_PUSH_TRIALS = {
    "BEAR": (0.05,),
    "BRAC": (0.001, 0.01, 0.1),
    "SAC+BC": (0.01, 0.1, 1.0),
    "ABM-MPO": (0.03, 0.1, 0.3),
    "MPO": (0.03, 0.1, 0.3),
}

_HAND_TRIALS = {
    "BRAC": (0.03, 0.1, 1.0),
    "SAC+BC": (0.3, 1.0, 10.0),
    "ABM-MPO": (0.1, 0.3, 1.0),
    "BEAR": (0.05, 0.1, 0.5),
}

_DATA: tuple[tuple[str, DataChoice], ...] = (
    (PEN, "embedded"),
    (WALKER, "auto"),
    (RELOCATE, "embedded"),
    (CHEETAH, "auto"),
    (ANT, "auto"),
    (DOOR, "embedded"),
)


STUDIES = (
    Study(
        "observations",
        "pilots",
        "Standardised or raw observations, by domain?",
        tuple(
            Case(env, "AWAC", (f"observations={kind}",), data)
            for env, data in _DATA
            for kind in ("FromPriorData", "Raw")
        ),
        settings=("online_steps=10000",),
    ),
    Study(
        "push_lambda",
        "pilots",
        "Which lambda does AWAC need for rewards in metres, and do standardised observations help?",
        (
            Case(PUSH, "AWAC[batch]", ("lam=0.03", "observations=FromPriorData")),
            Case(PUSH, "AWAC[batch]", ("lam=0.1", "observations=FromPriorData")),
            Case(PUSH, "AWAC[batch]", ("lam=0.01", "observations=FromPriorData")),
            Case(PUSH, "AWAC[batch]", ("lam=0.03", "observations=Raw")),
        ),
        settings=("online_steps=20000", "updates_per_step=4"),
    ),
    Study(
        "push_policy",
        "pilots",
        "Which policy class and how long an offline phase does AWAC need to push?",
        (
            Case(PUSH, "AWAC[batch]", ("policy=SquashedGaussian",)),
            Case(PUSH, "AWAC[batch]", ("policy=SquashedGaussian", "clip=0.138")),
            Case(PUSH, "AWAC[batch]", ("offline_steps=50000",)),
        ),
        settings=("online_steps=20000", "updates_per_step=4", "lam=0.03"),
    ),
    Study(
        "locomotion_lambda",
        "pilots",
        "Lambda 1 beside scaled rewards, the same weights in task units, or task units as such?",
        (
            Case(CHEETAH, "AWAC", ("lam=0.1",)),
            Case(CHEETAH, "AWAC[task-rewards]"),
            Case(WALKER, "AWAC", ("lam=0.24",)),
            Case(WALKER, "AWAC[task-rewards]"),
        ),
        settings=("online_steps=10000",),
    ),
    Study(
        "baselines_hand",
        "pilots",
        "Which coefficients do the baselines need on the hand? Three trials each.",
        coefficients(PEN, "embedded", _HAND_TRIALS),
        settings=("online_steps=10000",),
    ),
    Study(
        "sac_bc_policy",
        "pilots",
        "Does the authors' policy class keep what SAC+BC clones on the hand?",
        tuple(
            Case(env, "SAC+BC", ("policy=TanhMeanGaussian",), "embedded")
            for env in (DOOR, PEN, RELOCATE)
        ),
        settings=("online_steps=10000",),
    ),
    Study(
        "baselines_push",
        "pilots",
        "Which coefficients do the baselines need in pushing, where rewards are metres?",
        (
            Case(PUSH, "SAC"),
            Case(PUSH, "SAC", ("objective.temperature=FixedTemperature", "temperature.alpha=0")),
            *coefficients(PUSH, "auto", _PUSH_TRIALS),
        ),
        settings=("online_steps=40000",),
    ),
    Study(
        "squash_margin",
        "pilots",
        "How far from its bounds must an action be, so that a squashed policy clones it?",
        tuple(
            Case(env, "SAC", (f"squash_margin={margin}",), "embedded")
            for env in (DOOR, RELOCATE, PEN)
            for margin in (1e-4, 1e-3, 1e-2)
        ),
        settings=("offline_steps=2500", "online_steps=0", "dense_eval_every=2500"),
    ),
    Study(
        "hand_clones",
        "pilots",
        "Are 10,000 updates enough to clone on the hand? DAPG has no other offline phase.",
        tuple(
            Case(env, "DAPG", ("initialisation.cloning_steps=25000",), "embedded")
            for env in (RELOCATE, DOOR, PEN)
        ),
    ),
    Study(
        "hand_budget",
        "pilots",
        "Are AWAC and SAC level on the pen after 40,000 online steps?",
        (Case(PEN, "AWAC", (), "embedded"), Case(PEN, "SAC", (), "embedded")),
        settings=("online_steps=100000",),
    ),
)
