"""Claims about the parts of AWAC and of the other methods (sections 1, 2 and B)."""

from __future__ import annotations

from figures.experiments import ABLATED, CHEETAH, PEN
from reproduce.judging.claim import Claim, Part
from reproduce.judging.comparisons import Difference, Similar
from reproduce.judging.evidence import Arm
from reproduce.judging.levels import Negligible
from reproduce.judging.paper.arms import (
    ABM,
    AWAC,
    BEAR,
    HAND,
    LOCOMOTION,
    MORE_THAN_HALF,
    MPO,
    PUSH,
    SAC,
    SCRATCH,
    arms,
)
from reproduce.judging.stability import Overestimates, Steadier

EVERYWHERE = (*HAND, *PUSH, *LOCOMOTION)

DESIGN_CLAIMS = (
    Claim(
        "A1",
        "B.2",
        "choosing the reverse KL direction has a key advantage … In our experiments we show that "
        "this decision is vital for stable off-policy learning",
        "the other projection, with the same λ, costs more than 0.05 of AUC, and more than half of "
        "these are larger with it: fluctuation within a run, variance between seeds, the largest "
        "bias of Q (or Q)",
        ("ablations",),
        (
            Part((Difference("auc", AWAC, arms("AWAC [reverse-KL]"), ABLATED),)),
            Part((Steadier(AWAC, Arm("AWAC [reverse-KL]"), ABLATED),), MORE_THAN_HALF),
        ),
        "The paper exchanges the names of the directions between section 2 and B.2. AWAC fits the "
        "policy by maximum likelihood at data; the variant samples from the policy, and so needs "
        "a model of the data and Q at the policy's own actions.",
    ),
    Claim(
        "A2",
        "B.3",
        "We found that explicitly computing Z(s) … results in worse performance",
        "AWAC with Z(s) from 10 samples of a behaviour model ends below AWAC",
        ("ablations",),
        (Part((Difference("jt", AWAC, arms("AWAC [Z(s)]"), ABLATED, factor=0.0),)),),
        "Z(s) for each state; the released code mixes states.",
    ),
    Claim(
        "A3",
        "B.3",
        "we clamp the Q value for these experiments to be at most zero. We find this stabilizes "
        "training slightly",
        "without the clamp two of three are larger on the pen: fluctuation within a run, variance "
        "between seeds, the largest bias of Q (or Q); and final success differs by less than 0.10",
        ("ablations",),
        (
            Part((Steadier(AWAC, Arm("AWAC [no-clamp]"), (PEN,)),), need=2 / 3),
            Part((Similar("jt", AWAC, arms("AWAC [no-clamp]"), (PEN,)),)),
        ),
        '"Stabilizes": less spread within and between runs, and a critic that does not run away; '
        '"slightly": within 0.10 in the end.',
    ),
    Claim(
        "A4",
        "B.4",
        "We failed to see offline or online improvement with this implementation [of MPO] in most "
        "environments",
        "what MPO gains offline is below delta on more than half of the tasks, and so is what it "
        "gains online",
        ("figure1", "figure2", "figure3"),
        (
            Part((Negligible("offline_gain", (MPO,), EVERYWHERE),), MORE_THAN_HALF),
            Part((Negligible("gain", (MPO,), EVERYWHERE),), MORE_THAN_HALF),
        ),
        '"Most environments": of the seven, for each of the two phases.',
    ),
    Claim(
        "A5",
        "B.4",
        "In general we found that the MMD constraint in the method [BEAR] was too conservative",
        "with a threshold ten times as large BEAR gains more",
        ("ablations",),
        (Part((Difference("gain", Arm("BEAR [threshold=0.5]"), (BEAR,), ABLATED, factor=0.0),)),),
        "The authors swept the threshold and do not say over which values.",
    ),
    Claim(
        "A6",
        "B.4",
        "This [the advantage from Q] is favorable for running ABM online, as computing "
        "R(τ_t:N) − V̂(s) is similar to AWR, which shows slow online improvement",
        "ABM-MPO with Q-advantages has a higher AUC than with returns",
        ("ablations",),
        (Part((Difference("auc", ABM, arms("ABM-MPO [returns]"), ABLATED, factor=0.0),)),),
    ),
    Claim(
        "A7",
        "2",
        "By avoiding any explicit learning of the behavior model AWAC is far less conservative "
        "than methods which fit a model π̂_β explicitly",
        "divergence of the policy from the data's policy over online steps",
        untestable="needs the divergence from one and the same behaviour model for all methods, "
        "which the rows do not hold",
    ),
    Claim(
        "A8",
        "2",
        "[TD learning] allows us to significantly outperform alternatives using Monte-Carlo "
        "evaluation or TD(λ) to estimate returns",
        "exchanging AWAC's critic for TD(λ) costs more than 0.05 of AUC",
        ("ablations",),
        (Part((Difference("auc", AWAC, arms("AWAC [Q-beta]"), ABLATED),)),),
        "With AWR's critic come its λ-returns in the advantage, its phases of collecting and "
        "updating, and no clamp; policy, weights and optimiser stay AWAC's. This comparison "
        "decides here, and H6 refers to it.",
    ),
    Claim(
        "A9",
        "1",
        "AWAC can utilize different types of prior data: demonstrations, suboptimal data, and "
        "random exploration data",
        "AWAC with prior data has an AUC more than 0.05 above AWAC without, for the prior data of "
        "the pen and of HalfCheetah, demonstrations and suboptimal rollouts; for random data see "
        "S2",
        ("figure1", "figure3", "ablations"),
        (Part((Difference("auc", AWAC, (SCRATCH,), (PEN, CHEETAH)),)),),
        '"Can utilize": is better with the data than without.',
        refers=("S2",),
    ),
    Claim(
        "A10",
        "B.3",
        "we use λ=0.3 for the manipulation environments and λ=1.0 for the MuJoCo benchmark "
        "environments",
        "sensitivity to λ",
        untestable="a choice of the authors, not a statement: ablations.py draws the sensitivity",
    ),
    Claim(
        "A11",
        "2",
        "AWAC … avoids offline bootstrap error with a constrained actor update",
        "after the offline phase Q is too large by more with SAC than with AWAC, on each of the "
        "seven tasks",
        ("figure1", "figure2", "figure3"),
        (Part((Overestimates(SAC, AWAC, EVERYWHERE),)),),
        "Bootstrap error is seen as Q above the returns that the policy then gets. Appendix B, "
        '"Bootstrap error in offline off-policy learning", names SAC as the method that has it: '
        "its actor has no constraint. That AWAC's Q is right is not asked.",
    ),
    Claim(
        "T1",
        "B.2",
        "Setting ∂L/∂π to zero and solving for π gives the closed form solution to this problem",
        "random discrete policies",
        untestable="mathematics: tests/algorithms/test_paper_math.py holds every equation against "
        "brute force",
    ),
    Claim(
        "T2",
        "B.1",
        "In the following sections we describe specific details",
        "unit tests of the simulators",
        untestable="facts about the tasks: tests/envs holds them",
    ),
    Claim(
        "T3",
        "Figure 4",
        "Comparison of prior algorithms that can incorporate prior datasets",
        "the registry of methods, cell by cell",
        untestable="a table: tests/algorithms/test_registry.py compares the registry with it",
    ),
)
