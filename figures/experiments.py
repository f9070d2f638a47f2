"""EXPERIMENTS: what each figure of the paper shows, one row a figure.

A new figure is a row here and a script in `reproduce/` of a few lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from figures.domains import DOMAINS
from figures.measures import Measure
from figures.metrics import Metric

PEN, DOOR, RELOCATE = "pen-binary-v0", "door-binary-v0", "relocate-binary-v0"
PUSH = "SawyerPush-v0"
CHEETAH, ANT, WALKER = "HalfCheetah-v2", "Ant-v2", "Walker2d-v2"
"""The paper's tasks."""
UNTRAINED = {PEN: 0.1, ANT: 0.25}
"""J of a policy before its first update, where that is above the floor of the measure.

A pen that hardly moves reaches some targets. An Ant that hardly moves is paid for staying alive.
"""


@dataclass(frozen=True)
class Experiment:
    """One figure of learning curves.

    Attributes:
        name: of its files and of its script.
        domain: of its tasks.
        tasks: one column of panels each, in this order.
        methods: rows of the registry that it compares, in the order of the legend.
        metrics: one row of panels each.
        heading: of the picture, after which figure it is of the paper.
        caption: sentences that hold whatever was run.
    """

    name: str
    domain: str
    tasks: tuple[str, ...]
    methods: tuple[str, ...]
    metrics: tuple[Metric, ...]
    heading: str
    caption: str = ""


_METHODS = (
    "AWAC",
    "SAC",
    "SAC+BC",
    "BC",
    "ABM-MPO",
    "AWR",
    "DAPG",
    "BEAR",
    "BCQ",
    "BRAC",
    "MPO",
)

_ROWS = (
    Experiment(
        name="figure1",
        domain="hand",
        tasks=(PEN, DOOR, RELOCATE),
        methods=_METHODS,
        # success first: tables and verdicts are of it
        metrics=(Metric("success_any", "Success"), Metric("return_mean", "Return")),
        heading="dexterous manipulation",
    ),
    Experiment(
        name="figure2",
        domain="push",
        tasks=(PUSH,),
        # without DAPG: it starts from demonstrations, and here are none. Lambda 0.3 is the text's;
        # AWAC[push-lambda] has one in the units of the rewards, metres.
        methods=(
            "AWAC",
            "AWAC[push-lambda]",
            "SAC",
            "BC",
            "ABM-MPO",
            "AWR",
            "BEAR",
            "BCQ",
            "BRAC",
            "MPO",
            "SAC+BC",
        ),
        metrics=(
            Metric(
                "final_distance",
                "Final puck distance (m)",
                rules=(0.06,),
                rule_names=("success: 6 cm",),
            ),
            # not success at any step: the puck may start at its goal
            Metric("success_final", "Success", whole_range=False),
        ),
        heading="robot pushing from random data",
        caption=(
            "Success is a puck less than 6 cm from its goal. "
            "Random data: trajectories of an Ornstein-Uhlenbeck process."
        ),
    ),
    Experiment(
        name="figure3",
        domain="locomotion",
        tasks=(CHEETAH, ANT, WALKER),
        methods=_METHODS,
        # a score is a line of the return: a second row would show the same curves again
        metrics=(
            Metric(
                "normalised_score",
                "Normalised score",
                rules=(0.0, 1.0),
                rule_names=("random policy", "expert"),
            ),
        ),
        heading="MuJoCo benchmarks",
        caption=(
            "The tasks are simulated by Gymnasium's -v4 environments, Ant observed in 27 "
            "dimensions (without contact forces)."
        ),
    ),
)

EXPERIMENTS: dict[str, Experiment] = {row.name: row for row in _ROWS}
OF_DOMAIN: dict[str, Experiment] = {row.domain: row for row in reversed(_ROWS)}
"""The figure of each domain that claims are judged by: the first of its rows."""
ABLATIONS = "ablations"
"""The one grid that is no row above; its tasks may be any."""
ABLATED: tuple[str, ...] = (PEN, CHEETAH)
"""Tasks of the ablations, unless others are named."""


TITLES: dict[str, str] = {
    PEN: "Pen rotation",
    DOOR: "Door opening",
    RELOCATE: "Object relocation",
    PUSH: "Sawyer pushing",
    CHEETAH: "HalfCheetah",
    WALKER: "Walker2d",
    ANT: "Ant",
}
"""Of panels, in the order of tables. A task without one has its id, and comes after these."""


def grids() -> tuple[str, ...]:
    """Names of everything that leaves a CSV of its own."""
    return (*EXPERIMENTS, ABLATIONS)


def title_of(task: str) -> str:
    """What a panel of ``task`` is called."""
    return TITLES.get(task, task)


def in_order(tasks: Iterable[str]) -> list[str]:
    """Each task once, in the order of tables."""
    return sorted(set(tasks), key=lambda task: ([*TITLES, task].index(task), task))


def row_of(task: str) -> Experiment | None:
    """The figure that shows ``task``; None for a task of no figure."""
    return next((row for row in EXPERIMENTS.values() if task in row.tasks), None)


def measure_of(task: str) -> Measure | None:
    """What J is on ``task``; None for a task of no figure."""
    row = row_of(task)
    return DOMAINS[row.domain].measure if row else None


def domain_of(task: str) -> str:
    """``hand``, ``push`` or ``locomotion``; ValueError for a task of no figure."""
    row = row_of(task)
    if row is None:
        raise ValueError(f"{task} is none of the paper's tasks")
    return row.domain
