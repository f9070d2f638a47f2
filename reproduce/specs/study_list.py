"""STUDIES: every pilot, control and diagnosis by name."""

from __future__ import annotations

from collections.abc import Mapping

from figures.experiments import ANT, CHEETAH, DOOR, PEN, PUSH, RELOCATE, WALKER
from reproduce.specs.grid import DataChoice
from reproduce.specs.studies import Case, Study

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
# rewards are tenths there: the smallest value is the text's or the authors' own in those units
_LOCOMOTION_TRIALS = {
    "BRAC": (0.01, 0.1, 1.0),
    "SAC+BC": (0.1, 1.0, 10.0),
    "ABM-MPO": (0.03, 0.1, 0.3),
    "BEAR": (0.05, 0.1, 0.5),
}


def _coefficients(
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


_DATA: tuple[tuple[str, DataChoice], ...] = (
    (PEN, "embedded"),
    (WALKER, "auto"),
    (RELOCATE, "embedded"),
    (CHEETAH, "auto"),
    (ANT, "auto"),
    (DOOR, "embedded"),
)

_TWICE_AS_LARGE = (
    "policy_hidden=256,256",
    "q_hidden=256,256",
    "batch_size=256",
    "offline_batch_size=256",
)

_EVERY = (
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
        _coefficients(PEN, "embedded", _HAND_TRIALS),
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
        "baselines_locomotion",
        "locomotion",
        "Which coefficients do the baselines need in locomotion? Three trials each.",
        _coefficients(WALKER, "auto", _LOCOMOTION_TRIALS),
        settings=("offline_steps=50000", "online_steps=4000"),
    ),
    Study(
        "baselines_push",
        "pilots",
        "Which coefficients do the baselines need in pushing, where rewards are metres?",
        (
            Case(PUSH, "SAC"),
            Case(PUSH, "SAC", ("objective.temperature=FixedTemperature", "temperature.alpha=0")),
            *_coefficients(PUSH, "auto", _PUSH_TRIALS),
        ),
        settings=("online_steps=40000",),
    ),
    Study(
        "locomotion",
        "locomotion",
        "What do AWAC, SAC and BC make of rollouts that return a quarter of the demonstrations?",
        tuple(
            Case(env, method, settings)
            for method, settings in (("AWAC", ()), ("BC", ()), ("SAC", ()), ("AWAC", ("lam=1.0",)))
            for env in (WALKER, CHEETAH, ANT)
        ),
        settings=("online_steps=10000",),
    ),
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
            Case(PEN, "AWAC", _TWICE_AS_LARGE, "human"),
            Case(PEN, "AWAC[clip]", ("objective.value=PolicyMode", *_TWICE_AS_LARGE), "human"),
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
        "locomotion_clones",
        "locomotion",
        "Are 10,000 updates enough to clone in locomotion, and what becomes of SAC's clone?",
        (
            *(
                Case(env, "DAPG", ("initialisation.cloning_steps=100000",))
                for env in (CHEETAH, WALKER, ANT)
            ),
            *(
                Case(
                    env,
                    "SAC",
                    ("pretraining=NoPretraining", "initial_alpha=0.003", "online_steps=6000"),
                )
                for env in (WALKER, ANT)
            ),
            Case(CHEETAH, "SAC", ("initialisation.cloning_steps=100000",)),
            Case(CHEETAH, "SAC", ("layers=NormalisedLayers",)),
        ),
    ),
    Study(
        "sac_data",
        "locomotion",
        "Does SAC learn faster with the data in its buffer alone, and does it learn at all?",
        (
            *(
                Case(env, method, settings)
                for env in (CHEETAH, WALKER)
                for method, settings in (
                    ("SAC", ("initialisation=RandomInit", "pretraining=NoPretraining")),
                    ("SAC[no-data]", ()),
                )
            ),
            Case(CHEETAH, "SAC[no-data]", ("online_steps=200000", "eval_every=10000")),
        ),
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
        "locomotion_weights",
        "locomotion",
        "Are AWAC's weights too sharp for batches of 256, with the offline phase of today?",
        tuple(
            Case(env, "AWAC", (f"lam={lam}",)) for lam in (1, 0.3) for env in (WALKER, ANT, CHEETAH)
        ),
    ),
    Study(
        "layer_norm",
        "locomotion",
        "What does layer normalisation change where the critic of AWAC or SAC is too high?",
        (
            *(Case(env, "AWAC", ("layers=NormalisedLayers",)) for env in (CHEETAH, WALKER, ANT)),
            *(Case(env, "SAC", ("layers=NormalisedLayers",)) for env in (WALKER, ANT)),
            Case(CHEETAH, "SAC[no-data]", ("layers=NormalisedLayers",)),
            Case(
                CHEETAH,
                "SAC",
                (
                    "layers=NormalisedLayers",
                    "initialisation=RandomInit",
                    "pretraining=NoPretraining",
                ),
            ),
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
        "locomotion_policy",
        "locomotion",
        "What does the policy class cost AWAC and BC in locomotion?",
        tuple(
            Case(env, method, (f"policy={policy}",))
            for env in (WALKER, CHEETAH)
            for method in ("BC", "AWAC")
            for policy in ("SquashedGaussian", "TanhMeanGaussian")
        ),
        settings=("online_steps=5000",),
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
    Study(
        "cheetah_size",
        "locomotion",
        "What does the paper's size of networks and batches change on HalfCheetah?",
        (
            Case(
                CHEETAH,
                "AWAC",
                (
                    "policy_hidden=256,256,256,256",
                    "q_hidden=256,256,256,256",
                    "batch_size=1024",
                    "offline_batch_size=1024",
                ),
            ),
        ),
        # Table 1's offline phase: as many samples as 100,000 of 256
        settings=("offline_steps=25000", "online_steps=5000"),
    ),
    Study(
        "locomotion_long",
        "locomotion",
        "What does an offline phase of 100,000 steps change? The authors' had 25,000 to 500,000.",
        tuple(Case(env, method) for method in ("AWAC", "BC") for env in (CHEETAH, WALKER)),
        settings=("offline_steps=100000", "online_steps=10000"),
    ),
    Study(
        "locomotion_batch",
        "locomotion",
        "Are batches of 128, the authors' offline size, enough for 100,000 steps?",
        (
            *(
                Case(env, "AWAC", ("batch_size=128", "offline_batch_size=128"))
                for env in (CHEETAH, WALKER, ANT)
            ),
            Case(ANT, "AWAC"),
            Case(CHEETAH, "SAC"),
        ),
        settings=("offline_steps=100000", "online_steps=20000", "eval_every=10000"),
    ),
    Study(
        "sac_offline",
        "locomotion",
        "What do 100,000 offline updates do to SAC? None, and Table 1's 25,000, beside them.",
        tuple(
            Case(env, "SAC", settings)
            for settings in (("pretraining=NoPretraining",), ("offline_steps=25000",))
            for env in (WALKER, CHEETAH, ANT)
        ),
    ),
    Study(
        "awr_policy",
        "locomotion",
        "Does a free deviation do for AWR in locomotion what it does for BC?",
        tuple(Case(env, "AWR", ("policy=TanhMeanGaussian",)) for env in (WALKER, CHEETAH, ANT)),
    ),
    Study(
        "mpo_policy",
        "locomotion",
        "And what does it do for MPO and ABM-MPO? AWAC's class beside it, where no pilot has it.",
        (
            *(Case(env, "MPO") for env in (WALKER, ANT)),
            *(Case(env, "MPO", ("policy=TanhMeanGaussian",)) for env in (WALKER, ANT)),
            Case(ANT, "ABM-MPO"),
            *(
                Case(
                    env,
                    "ABM-MPO",
                    ("policy=TanhMeanGaussian", "behavior.policy=TanhMeanGaussian"),
                )
                for env in (WALKER, ANT)
            ),
        ),
        settings=("offline_steps=50000", "online_steps=4000"),
    ),
    Study(
        "awac_policy",
        "locomotion",
        "And what does it do for AWAC, with the offline phase of today?",
        tuple(Case(env, "AWAC[free-std]") for env in (WALKER, CHEETAH, ANT)),
    ),
    Study(
        "observations_long",
        "locomotion",
        "Standardised or raw observations, with the offline phase of today?",
        tuple(
            Case(env, f"{method}[raw]") for env in (WALKER, CHEETAH) for method in ("AWAC", "BC")
        ),
        settings=("online_steps=10000",),
    ),
    Study(
        "hand_budget",
        "pilots",
        "Are AWAC and SAC level on the pen after 40,000 online steps?",
        (Case(PEN, "AWAC", (), "embedded"), Case(PEN, "SAC", (), "embedded")),
        settings=("online_steps=100000",),
    ),
    Study(
        "locomotion_imitation",
        "locomotion",
        "What does imitating the demonstrations beside add, as in the authors' HalfCheetah script?",
        tuple(Case(env, "AWAC[imitation]") for env in (CHEETAH, WALKER, ANT)),
        settings=("online_steps=10000",),
    ),
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
        settings=("online_steps=60000", *_TWICE_AS_LARGE),
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

STUDIES: dict[str, Study] = {study.name: study for study in _EVERY}
