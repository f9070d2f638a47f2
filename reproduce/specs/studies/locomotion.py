"""Pilots and diagnoses of the three locomotion tasks."""

from __future__ import annotations

from figures.experiments import ANT, CHEETAH, WALKER
from reproduce.specs.studies.study import Case, Study
from reproduce.specs.studies.trials import coefficients

# rewards are tenths there: the smallest value is the text's or the authors' own in those units
_LOCOMOTION_TRIALS = {
    "BRAC": (0.01, 0.1, 1.0),
    "SAC+BC": (0.1, 1.0, 10.0),
    "ABM-MPO": (0.03, 0.1, 0.3),
    "BEAR": (0.05, 0.1, 0.5),
}


STUDIES = (
    Study(
        "baselines_locomotion",
        "locomotion",
        "Which coefficients do the baselines need in locomotion? Three trials each.",
        coefficients(WALKER, "auto", _LOCOMOTION_TRIALS),
        settings=("offline_steps=50000", "online_steps=4000"),
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
        "locomotion_imitation",
        "locomotion",
        "What does imitating the demonstrations beside add, as in the authors' HalfCheetah script?",
        tuple(Case(env, "AWAC[imitation]") for env in (CHEETAH, WALKER, ANT)),
        settings=("online_steps=10000",),
    ),
)
