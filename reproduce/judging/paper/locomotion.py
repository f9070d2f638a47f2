"""Appendix B and Figure 3: locomotion."""

from __future__ import annotations

from figures.experiments import ANT, CHEETAH, WALKER
from reproduce.judging.claim import Claim, Part
from reproduce.judging.comparisons import Difference, Improvement, Leads, Similar, Trails
from reproduce.judging.evidence import Arm
from reproduce.judging.levels import Level
from reproduce.judging.paper.arms import (
    ABM,
    AWAC,
    AWR,
    BASELINES,
    BEAR,
    BRAC,
    DAPG,
    LOCOMOTION,
    OFFLINE,
    POOR,
    SAC,
    SAC_BC,
    SAC_WORKS,
    SOLVED,
)
from reproduce.judging.times import Faster

NO_DATA = Arm("SAC [no-data]", "none")
NEITHER_OURS_NOR_ABM = tuple(arm for arm in BASELINES if arm != ABM)

LOCOMOTION_CLAIMS = (
    Claim(
        "M1",
        "B",
        "AWAC is consistently the best-performing method",
        "AWAC's AUC and final score are the highest, or within 0.05 of the highest, on all three "
        "tasks",
        ("figure3",),
        (
            Part(
                (
                    Leads("auc", AWAC, BASELINES, LOCOMOTION, factor=1.0),
                    Leads("jt", AWAC, BASELINES, LOCOMOTION, factor=1.0),
                )
            ),
        ),
        '"Consistently": on all three, in speed and in the end. First or equal: the paper itself '
        "calls ABM comparable on Ant (M11). Policy classes differ: BC and AWR have one free "
        "deviation here, AWAC one for each state.",
    ),
    Claim(
        "M2",
        "B",
        "but several other methods show reasonable performance",
        "the final score is above 0.5 for at least a fifth of the other methods and tasks",
        ("figure3",),
        (Part((Level("jt", BASELINES, LOCOMOTION, "above", 0.5),), need=0.2),),
        '"Several": a fifth of all pairs of a method and a task; "reasonable": half of the expert.',
    ),
    Claim(
        "M3",
        "B",
        "The two methods that do not estimate Q^π are DAPG and AWR. Across all three tasks, we see "
        "that these methods are somewhat worse offline than the best performing offline methods, "
        "and exhibit steady but slow improvement",
        "after the offline phase DAPG and AWR are below the best other method; they rise, more "
        "slowly than AWAC, and rank correlation with time is above 0.7",
        ("figure3",),
        (
            Part((Trails("j0", (DAPG, AWR), OFFLINE, LOCOMOTION),)),
            Part(
                (
                    Level("slope", (DAPG, AWR), LOCOMOTION, "above", 0.0),
                    Level("monotonicity", (DAPG, AWR), LOCOMOTION, "above", 0.7, zero=0.0),
                    Difference("slope", AWAC, (DAPG, AWR), LOCOMOTION, factor=0.0),
                )
            ),
        ),
        '"Best performing offline": the best of all other methods after the offline phase. '
        '"Slow": slower than AWAC, which the paper ranks first.',
    ),
    Claim(
        "M4",
        "B",
        "For SAC, across all three tasks, we see that the offline performance at epoch 0 is "
        "generally poor",
        "SAC's score after the offline phase is below 0.25 (Ant: 0.44), on each task",
        ("figure3",),
        (
            Part(
                tuple(Level("j0", (SAC,), (task,), "below", POOR[task]) for task in LOCOMOTION),
            ),
        ),
        '"Poor": a quarter of the way from an untrained policy to the expert; an untrained Ant is '
        'at 0.25 already. "Generally": on all three.',
    ),
    Claim(
        "M5",
        "B",
        "Due to the data in the replay buffer, SAC with prior data does learn faster than from "
        "scratch",
        "SAC's AUC with prior data is more than 0.05 above that of SAC from scratch, on each task, "
        "and one of the two ends above 0.25 (Ant: 0.44)",
        ("figure3",),
        (
            Part(
                tuple(
                    Difference("auc", SAC, (NO_DATA,), (task,), learned=POOR[task])
                    for task in LOCOMOTION
                ),
            ),
        ),
        "From scratch is the same SAC without the data, and so without its cloned start and its "
        "offline updates. Where neither learns, none of them learns faster.",
    ),
    Claim(
        "M6",
        "B",
        "but AWAC is faster to solve the tasks in general",
        "SAC takes longer than AWAC to a score of 0.9 on at least two of three tasks",
        ("figure3",),
        (Part((Faster(AWAC, (SAC,), LOCOMOTION, SOLVED),), need=2 / 3),),
        '"In general": two of three; "solve": 0.9 of the expert.',
    ),
    Claim(
        "M7",
        "B",
        "We find that these algorithms exhibit a characteristic dip at the start of learning",
        "SAC and SAC+BC fall by more than 0.05 in the first tenth of the online phase, and by more "
        "than AWAC does",
        ("figure3",),
        (
            Part(
                (
                    Level("dip", (SAC, SAC_BC), LOCOMOTION, "above", 0.05, zero=0.0),
                    Difference("dip", SAC, (AWAC,), LOCOMOTION, factor=0.0),
                    Difference("dip", SAC_BC, (AWAC,), LOCOMOTION, factor=0.0),
                )
            ),
        ),
        '"These algorithms": SAC with data in the replay buffer, and SAC+BC.',
    ),
    Claim(
        "M8",
        "B",
        "We found that BRAC performs similarly to SAC for working hyperparameters",
        "AUC and final score of BRAC are within 0.10 of SAC's on each task, and SAC's final score "
        "is above 0.25 (Ant: 0.44)",
        ("figure3",),
        (
            Part(
                (Similar("auc", BRAC, (SAC,), LOCOMOTION), Similar("jt", BRAC, (SAC,), LOCOMOTION))
            ),
            SAC_WORKS,
        ),
        'BRAC with a penalty for each state, as published by its authors. "Working": not poor in '
        "the end, as M4 counts it. Where SAC is poor, the sentence says nothing of BRAC.",
    ),
    Claim(
        "M8-released",
        "B",
        "We found that BRAC performs similarly to SAC for working hyperparameters",
        "the same of BRAC as in the released code, whose penalty is one constant a batch",
        ("figure3", "ablations"),
        (
            Part(
                (
                    Similar("auc", Arm("BRAC [released]"), (SAC,), LOCOMOTION),
                    Similar("jt", Arm("BRAC [released]"), (SAC,), LOCOMOTION),
                )
            ),
            SAC_WORKS,
        ),
        "One constant a batch says nothing of single actions: what is left is SAC with a shifted "
        "reward (a bonus or a price for staying alive where episodes terminate), without entropy "
        "and from a random start.",
        again="M8",
    ),
    Claim(
        "M9",
        "B",
        "BEAR trains well offline - on Ant and Walker2d, BEAR significantly outperforms prior "
        "methods before online experience",
        "BEAR's score after the offline phase is likely above that of every prior method on Ant "
        "and Walker2d",
        ("figure3",),
        (
            Part(
                (
                    Improvement(
                        "j0", BEAR, tuple(a for a in BASELINES if a.label != "BEAR"), (ANT, WALKER)
                    ),
                )
            ),
        ),
        '"Prior methods": all but AWAC, and MPO, which B.4 leaves out.',
    ),
    Claim(
        "M10",
        "B",
        "online improvement is slow for BEAR and the final performance across all three tasks is "
        "much lower than AWAC",
        "BEAR gains less than AWAC and ends more than 0.20 below it, on each task",
        ("figure3",),
        (
            Part(
                (
                    Difference("gain", AWAC, (BEAR,), LOCOMOTION, factor=0.0),
                    Difference("jt", AWAC, (BEAR,), LOCOMOTION, factor=4.0),
                )
            ),
        ),
        '"Much lower": a fifth of the way from random to the expert.',
    ),
    Claim(
        "M11",
        "B",
        "ABM, which is comparable on Ant-v2, but much slower on other domains",
        "ABM-MPO's AUC is within 0.10 of AWAC's on Ant; elsewhere it takes more than 1.5 times as "
        "long to 0.9",
        ("figure3",),
        (
            Part(
                (
                    Similar("auc", AWAC, (ABM,), (ANT,)),
                    Faster(AWAC, (ABM,), (CHEETAH, WALKER), SOLVED, ratio=1.5),
                )
            ),
        ),
    ),
    Claim(
        "M12",
        "2",
        "the specific design choices described above enable AWAC to excel fine-tuning after "
        "pretraining",
        "AWAC's score rises by more than 0.05 from the end of the offline phase to the end, on "
        "each task",
        ("figure3",),
        (Part((Level("gain", (AWAC,), LOCOMOTION, "above", 0.05, zero=0.0),)),),
        "As for H10.",
    ),
    Claim(
        "M13",
        "B",
        "The closest in performance to our method is ABM",
        "ABM-MPO's AUC is the highest of all methods but AWAC, or within 0.05 of the highest, on "
        "all three tasks",
        ("figure3",),
        (Part((Leads("auc", ABM, NEITHER_OURS_NOR_ABM, LOCOMOTION, factor=1.0),)),),
        "The paper ranks AWAC first (M1), so that the closest is the next best.",
    ),
    Claim(
        "M14",
        "6.1",
        "Similar results hold true in benchmark Gym environments",
        "AWAC's AUC is likely above that of AWR, ABM-MPO and DAPG on each locomotion task",
        ("figure3",),
        (Part((Improvement("auc", AWAC, (AWR, ABM, DAPG), LOCOMOTION),)),),
        '"Results": those that the paragraph before it has, AWAC above AWR (H6), ABM (H7) and '
        "DAPG (H5).",
    ),
)
