"""STUDIES: every pilot, control and diagnosis by name."""

from __future__ import annotations

from reproduce.studies import Case, Study

PUSH, WALKER, ANT, CHEETAH = "SawyerPush-v0", "Walker2d-v2", "Ant-v2", "HalfCheetah-v2"
PEN, DOOR, RELOCATE = "pen-binary-v0", "door-binary-v0", "relocate-binary-v0"

_EVERY = (
    Study(
        "observations", "pilots",
        "Standardised or raw observations, by domain?",
        tuple(
            Case(env, "AWAC", (f"observations={kind}",), data)
            for env, data in (
                (PEN, "embedded"), (WALKER, "auto"), (RELOCATE, "embedded"), (CHEETAH, "auto"),
                (ANT, "auto"), (DOOR, "embedded"),
            )
            for kind in ("FromPriorData", "Raw")
        ),
        settings=("online_steps=10000",),
    ),
    Study(
        "push_lambda", "pilots",
        "Which lambda does AWAC need for rewards in metres, and do standardised observations help?",
        (
            Case(PUSH, "AWAC[batch]", ("lam=0.03", "observations=FromPriorData")),
            Case(PUSH, "AWAC[batch]", ("lam=0.1", "observations=FromPriorData")),
            Case(PUSH, "AWAC[batch]", ("lam=0.01", "observations=FromPriorData")),
            Case(PUSH, "AWAC[batch]", ("lam=0.03", "observations=Raw")),
        ),
        settings=("online_steps=20000", "updates_per_step=4"),
    ),
)  # fmt: skip

STUDIES: dict[str, Study] = {study.name: study for study in _EVERY}
