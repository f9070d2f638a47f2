"""Section 6.1 and Figure 1: the hand."""

from __future__ import annotations

from figures.experiments import DOOR, PEN, RELOCATE
from reproduce.judging.claim import Claim, Part
from reproduce.judging.comparisons import Difference, Improvement
from reproduce.judging.demonstrations import Demonstrated
from reproduce.judging.levels import Level, Negligible
from reproduce.judging.paper.arms import (
    ABM,
    AWAC,
    AWR,
    BASELINES,
    DAPG,
    HAND,
    LEARNERS,
    MORE_THAN_HALF,
    OFF_POLICY,
    PROGRESS,
    SOLVED,
    arms,
)
from reproduce.judging.shares import Solved
from reproduce.judging.times import Faster

HAND_CLAIMS = (
    Claim(
        "H1",
        "6.1",
        "our method solves the pen task in 120K timesteps, the equivalent of just 20 minutes of "
        "online interaction",
        "more than half of AWAC's runs hold success 0.9 over the last five evaluations up to "
        "online step 120,000",
        ("figure1",),
        (Part((Solved(arms("AWAC"), (PEN,), SOLVED, 120_000),)),),
        '"Solves" has no number: a mean of 0.9 of 100 evaluation episodes or more, success at '
        "any step of the episode. More than half takes six runs: five of five is inconclusive.",
    ),
    Claim(
        "H2",
        "Figure 1",
        "AWAC is able to learn these tasks with little online data collection required (100K "
        "samples ≈ 16 minutes of equivalent real-world interaction time)",
        "AWAC's success over the last five evaluations up to step 100,000 is above 0.5 on each "
        "hand task",
        ("figure1",),
        (Part((Level("jt", arms("AWAC"), HAND, "above", 0.5, 100_000),)),),
        '"Learn" has no number: half of the episodes.',
    ),
    Claim(
        "H3",
        "Figure 1",
        "most prior methods are not able to solve the harder two tasks: door opening and object "
        "relocation",
        "final success is below 0.5 for more than half of the prior methods on door and relocate, "
        "and AWAC's is above 0.5 on both",
        ("figure1",),
        (
            Part((Level("jt", BASELINES, (DOOR, RELOCATE), "below", 0.5),), MORE_THAN_HALF),
            Part(
                (Level("jt", arms("AWAC"), (DOOR, RELOCATE), "above", 0.5),),
                presupposed="AWAC solves the two tasks",
            ),
        ),
        "Methods and tasks are counted together. That AWAC does solve the two tasks is taken for "
        "granted: where nobody does, the failure of others says nothing.",
    ),
    Claim(
        "H4",
        "6.1",
        "alternative off-policy RL and offline RL algorithms are largely unable to solve the door "
        "and relocate task in the time-frame considered",
        "of all runs of SAC, SAC+BC, ABM-MPO, AWR, BEAR, BCQ and BRAC together, less than a "
        "quarter hold success 0.9 over the last five evaluations up to step 100,000, on either "
        "task, and of AWAC's more than half do",
        ("figure1",),
        (
            Part(
                (Solved(OFF_POLICY, (DOOR, RELOCATE), SOLVED, 100_000, side="below", share=0.25),)
            ),
            Part(
                (Solved(arms("AWAC"), (DOOR, RELOCATE), SOLVED, 100_000),),
                presupposed="AWAC solves the two tasks in that time",
            ),
        ),
        '"Largely": less than a quarter. The time-frame is that of the caption, 100K samples. '
        "A shorter run that has not solved the task is unknown. They are alternatives to AWAC: "
        "that it solves the tasks itself is taken for granted.",
    ),
    Claim(
        "H5",
        "6.1",
        "the efficient off-policy actor-critic component of our approach fine-tunes much more "
        "quickly than demonstration augmented policy gradient (DAPG)",
        "AWAC's AUC is more than 0.10 above DAPG's, and DAPG takes more than twice as long to 0.9",
        ("figure1",),
        (
            Part(
                (
                    Difference("auc", AWAC, (DAPG,), HAND, factor=2.0),
                    Faster(AWAC, (DAPG,), HAND, SOLVED, ratio=2.0),
                )
            ),
        ),
        "Both on one axis of environment steps, those of DAPG's on-policy batches included.",
    ),
    Claim(
        "H6",
        "6.1",
        "the design decisions to use off-policy critic estimation allow AWAC to significantly "
        "outperform AWR",
        "AWAC's AUC is likely above AWR's on every hand task",
        ("figure1",),
        (Part((Improvement("auc", AWAC, (AWR,), HAND),)),),
        "This is the outcome. The reason that the paper gives, the critic, is tested by exchanging "
        "the critic alone; that comparison decides A8.",
        refers=("A8",),
    ),
    Claim(
        "H7",
        "6.1",
        "the implicit behavior modeling allows AWAC to significantly outperform ABM, although ABM "
        "does make some progress",
        "AWAC's AUC is likely above ABM-MPO's on every hand task, and ABM-MPO ends above 0.2",
        ("figure1",),
        (
            Part((Improvement("auc", AWAC, (ABM,), HAND),)),
            Part((Level("jt", (ABM,), HAND, "above", PROGRESS),), need=1 / 3),
        ),
        '"Some progress": on at least one task, as H8 counts it.',
    ),
    Claim(
        "H8",
        "6.1",
        "the baseline comparisons and ablations are able to make some amount of progress on the "
        "pen task",
        "final success on the pen is above 0.2 for more than half of the baselines",
        ("figure1",),
        (Part((Level("jt", LEARNERS, (PEN,), "above", PROGRESS),), MORE_THAN_HALF),),
        '"Some progress": twice the success of an untrained policy, 0.1 on the pen. BC does not '
        "learn from rewards and is not counted; the ablations are not either.",
    ),
    Claim(
        "H10",
        "2",
        "the specific design choices described above enable AWAC to excel fine-tuning after "
        "pretraining",
        "AWAC's success rises by more than 0.05 from the end of the offline phase to the end, on "
        "each hand task",
        ("figure1",),
        (Part((Level("gain", arms("AWAC"), HAND, "above", 0.05, zero=0.0),)),),
        '"Excel fine-tuning": it gains online. M12 asks the same in locomotion, S3 in pushing. J '
        "after the offline phase is one evaluation, on start states that all runs share: a part of "
        "a gain may be theirs.",
    ),
    Claim(
        "H11",
        "1",
        "significantly better than prior methods for off-policy and offline reinforcement learning",
        "AWAC's AUC is likely above that of SAC, SAC+BC, BEAR, BCQ and BRAC on every hand task",
        ("figure1",),
        (Part((Improvement("auc", AWAC, arms("SAC", "SAC+BC", "BEAR", "BCQ", "BRAC"), HAND),)),),
        "The sentence is about tasks with high action dimension and binary sparse rewards. H6 and "
        "H7 ask it of AWR and ABM.",
    ),
    Claim(
        "H12",
        "1",
        "such methods [for fully offline RL] generally are not effective for fine-tuning with "
        "online data as they are often too conservative",
        "the gain in success of BCQ and BEAR is below 0.05 for more than half of methods and tasks",
        ("figure1",),
        (Part((Negligible("gain", arms("BCQ", "BEAR"), HAND),), MORE_THAN_HALF),),
        "The paper cites BCQ and BEAR there. M10 asks it of BEAR in locomotion.",
    ),
    Claim(
        "H13",
        "2",
        "AWAC uses an off-policy Q-function Q^π to estimate the advantage, which greatly improves "
        "efficiency and even final performance (see results in Section 6.1)",
        "AWAC's AUC is more than 0.10 above AWR's, and AWAC ends above AWR, on each hand task",
        ("figure1",),
        (
            Part(
                (
                    Difference("auc", AWAC, (AWR,), HAND, factor=2.0),
                    Difference("jt", AWAC, (AWR,), HAND, factor=0.0),
                )
            ),
        ),
        '"Greatly": 0.10, as for DAPG (H5). H6 asks whether AWAC is better at all.',
        refers=("A8",),
    ),
    Claim(
        "H9",
        "6.1",
        "25 human demonstrations for each task, which are not fully optimal but do solve the task",
        "more than half of the human demonstrations of each task succeed, and more than half are "
        "10 steps or more behind the quickest",
        parts=(Part((Demonstrated(HAND, 25),)),),
        reading="The paper's own demonstrations are counted, as recorded, by the success of the "
        "profile. They are no sample of others. "
        '"Do solve": more than half of them. "Not fully optimal": more than half succeed 10 '
        "steps or more after the quickest one, or never.",
    ),
)
