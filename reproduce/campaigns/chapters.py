"""The campaign's chapters: which runs each of them asks for, and in which order they are best made.

A chapter is a set of rows on a set of tasks, in one experiment of one results folder. Within a
chapter those runs come first that decide a claim for the fewest core-hours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from figures.experiments import EXPERIMENTS, OF_DOMAIN
from reproduce.judging.claim import Claim
from reproduce.judging.claims import CLAIMS
from reproduce.judging.evidence import Evidence
from reproduce.reporting.commands import Want, finished_seeds, wants
from reproduce.runs.ablation_rows import Ablation
from reproduce.runs.resolved import resolved
from reproduce.specs.grid import DataChoice, DataKind, Labels, PresetName, ProfileName, RunSpec

HAND, PUSH, LOCOMOTION = (OF_DOMAIN[name].tasks for name in ("hand", "push", "locomotion"))
METHODS, PUSH_METHODS = EXPERIMENTS["figure1"].methods, EXPERIMENTS["figure2"].methods
PEN, DOOR, RELOCATE = HAND
CHEETAH, ANT, WALKER = LOCOMOTION

LATER_WORK = ("IQL", "TD3+BC", "Cal-QL", "RLPD")


@dataclass(frozen=True)
class Chapter:
    """Runs that are asked for together.

    Attributes:
        number: its place in the campaign.
        title: what it is for, in a few words.
        experiment: whose CSV its rows go to.
        tasks: ids.
        rows: groups of rows of the registry; each group may sweep values of its first row.
        data: as ``--data``.
        suffix: what is appended to the name of the results folder, ``-human`` for
            ``results/small-human``.
        profile: whose hyperparameters.
        preset: its own size; None: that of the campaign.
        seeds: how many; None: as many as the campaign.
        settings: as ``--set``.
        twice: row -> tasks on which it gets twice as many seeds. A row that many others are
            compared with is worth more seeds than each of them (Dunnett 1955: about as many times
            more as the root of their number).
    """

    number: int
    title: str
    experiment: str
    tasks: tuple[str, ...]
    rows: tuple[Ablation, ...]
    data: DataChoice = "auto"
    suffix: str = ""
    profile: ProfileName = "paper"
    preset: PresetName | None = None
    seeds: int | None = None
    settings: tuple[str, ...] = field(default=())
    twice: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def methods(self) -> tuple[str, ...]:
        """Every row's name in the registry."""
        return tuple(dict.fromkeys(name for group in self.rows for name in group.names))

    def specs(
        self,
        *,
        preset: PresetName,
        seeds: int,
        data: Mapping[str, tuple[DataKind, Labels]],
        settings: tuple[str, ...] = (),
    ) -> list[RunSpec]:
        """Its runs, each once; ``data`` gives each task's kind of demonstrations and labels."""
        count = self.seeds or seeds
        asked = [(group, count, data) for group in self.rows]
        for name, tasks in self.twice.items():
            mine = {task: kind for task, kind in data.items() if task in tasks}
            asked += [(group, 2 * count, mine) for group in _only(name)]
        every = [
            spec
            for group, seeds, sources in asked
            for spec in group.specs(
                preset=self.preset or preset,
                profile=self.profile,
                seeds=seeds,
                data=sources,
                settings=(*self.settings, *settings),
            )
        ]
        return list(dict.fromkeys(every))


def _only(*names: str) -> tuple[Ablation, ...]:
    return (Ablation(names, ()),)


CHAPTERS = (
    Chapter(
        1,
        "Figure 1",
        "figure1",
        HAND,
        _only(*METHODS),
        data="embedded",
        twice={"AWAC": HAND},
    ),
    Chapter(
        2,
        "Figure 3",
        "figure3",
        LOCOMOTION,
        _only(*METHODS, "SAC[scratch]", "AWAC[scratch]", "BRAC[released]"),
        # M9 compares BEAR with nine others on two tasks: five against five cannot show that
        twice={"AWAC": LOCOMOTION, "BEAR": (ANT, WALKER)},
    ),
    Chapter(
        3,
        "Figure 2",
        "figure2",
        PUSH,
        _only(*PUSH_METHODS, "SAC[scratch]", "AWAC[scratch]"),
        twice={"AWAC": PUSH},
    ),
    Chapter(
        4,
        "ablations",
        "ablations",
        (PEN, RELOCATE, CHEETAH),
        (
            Ablation(
                (
                    "AWAC",
                    "AWAC[reverse-KL]",
                    "AWAC[Z(s)]",
                    "AWAC[no-clamp]",
                    "AWAC[Q-beta]",
                    "AWAC[Monte-Carlo]",
                    "AWAC[batch]",
                    "AWAC[V-sampled]",
                    "AWAC[V-mode]",
                    "AWAC[raw]",
                    "AWAC[standardised]",
                ),
                ("lam=0.1", "lam=0.3", "lam=1.0", "lam=3.0"),
            ),
            Ablation(("ABM-MPO", "ABM-MPO[returns]", "ABM-MPO[exponential]"), ()),
            Ablation(("MPO", "MPO[full]"), ()),
            Ablation(("BEAR",), ("threshold=0.1", "threshold=0.5")),
        ),
        data="auto",
    ),
    Chapter(4, "learning from scratch", "ablations", (PEN, CHEETAH), _only("AWAC[scratch]")),
    Chapter(
        5,
        "human demonstrations",
        "figure1",
        (PEN, DOOR),
        _only("AWAC", "SAC", "SAC+BC", "BC", "AWR", "ABM-MPO"),
        data="human",
        suffix="-human",
        twice={"AWAC": (PEN, DOOR)},
    ),
    Chapter(
        6,
        "the released settings, Figure 1",
        "figure1",
        HAND,
        _only("AWAC", "SAC", "ABM-MPO", "BEAR"),
        data="embedded",
        profile="released",
    ),
    Chapter(
        6,
        "the released settings, Figure 2",
        "figure2",
        PUSH,
        _only("AWAC", "SAC", "ABM-MPO", "BEAR"),
        profile="released",
    ),
    Chapter(
        6,
        "the released settings, Figure 3",
        "figure3",
        LOCOMOTION,
        _only("AWAC", "SAC", "ABM-MPO", "BEAR"),
        profile="released",
    ),
    Chapter(7, "later work, Figure 1", "figure1", HAND, _only(*LATER_WORK), data="embedded"),
    Chapter(7, "later work, Figure 2", "figure2", PUSH, _only(*LATER_WORK)),
    Chapter(7, "later work, Figure 3", "figure3", LOCOMOTION, _only(*LATER_WORK)),
    Chapter(
        8,
        "preset paper on the pen",
        "figure1",
        (PEN,),
        _only("AWAC", "BC", "SAC"),
        data="embedded",
        preset="paper",
        seeds=1,
        settings=("online_steps=100000",),
    ),
)
"""In the order in which they are made."""


@dataclass(frozen=True)
class Step:
    """Runs that are made one after another, and what they are for.

    Attributes:
        specs: the runs that are missing.
        claims: ids of the claims that have all their runs once these are made; empty for runs
            that no claim asks for.
        seconds: how long they should take, together.
    """

    specs: tuple[RunSpec, ...]
    claims: tuple[str, ...]
    seconds: float


def in_order(
    specs: Sequence[RunSpec],
    experiment: str,
    evidence: Evidence,
    seconds: Callable[[RunSpec], float],
) -> list[Step]:
    """The runs ``specs`` of one experiment, those first that decide a claim for the fewest hours.

    A claim needs every seed of all of its arms. One that also asks for runs of another experiment
    counts here by the runs that it asks of this one. Runs that no claim needs come last, seeds
    outermost as they are given.
    """
    needed: dict[str, set[RunSpec]] = {}
    for claim in CLAIMS:
        asked = [w for w in wants(claim, evidence) if w.experiment == experiment]
        mine = {spec for spec in specs if any(_asks(want, spec) for want in asked)}
        if mine:
            needed[claim.id] = mine
    left = dict.fromkeys(specs)
    steps: list[Step] = []
    while needed:
        hours = {name: sum(map(seconds, mine)) for name, mine in needed.items()}
        best = min(hours, key=lambda name: hours[name])
        chosen = tuple(spec for spec in left if spec in needed[best])
        for spec in chosen:
            del left[spec]
        for mine in needed.values():
            mine.difference_update(chosen)
        decided = tuple(name for name, mine in needed.items() if not mine)
        for name in decided:
            del needed[name]
        steps.append(Step(chosen, decided, sum(map(seconds, chosen))))
    if left:
        steps.append(Step(tuple(left), (), sum(map(seconds, left))))
    return steps


@dataclass
class Ledger:
    """How many seeds of every arm one results folder will have, as its chapters go by."""

    asked: Mapping[str, Sequence[Want]]
    """Claim -> the runs that it asks for."""
    seeds: Counter[tuple[str, str, str, bool]]
    """By experiment, task, label, and whether without prior data."""
    enough: int
    """Seeds of an arm that an interval takes."""

    @classmethod
    def of(cls, evidence: Evidence, enough: int) -> Ledger:
        """As it stands, before any step."""
        asked = {c.id: wants(c, evidence) for c in CLAIMS if not c.untestable}
        every = {want for mine in asked.values() for want in mine}
        return cls(
            {name: mine for name, mine in asked.items() if mine},
            Counter({_key(want): finished_seeds(evidence, want) for want in every}),
            enough,
        )

    def decidable(self) -> list[str]:
        """The claims that have enough seeds of all of their arms."""
        return [
            name
            for name, mine in self.asked.items()
            if all(self.seeds[_key(want)] >= self.enough for want in mine)
        ]

    def add(self, experiment: str, step: Step) -> Step:
        """The step, with the claims that become decidable by it."""
        before = set(self.decidable())
        self.seeds.update(
            (experiment, spec.env, spec.label, spec.data == "none") for spec in step.specs
        )
        return replace(step, claims=tuple(n for n in self.decidable() if n not in before))


def _key(want: Want) -> tuple[str, str, str, bool]:
    return want.experiment, want.task, want.arm.label, want.arm.data == "none"


def steps_beyond(claim: Claim, experiment: str, specs: Sequence[RunSpec]) -> str:
    """``H2 asks of step 100,000, the runs end at 40,000``; "" where none of ``specs`` ends early.

    Such runs can show that something is reached by then, and not that it is not.
    """
    for want in wants(claim, Evidence({})):
        mine = [s for s in specs if want.experiment == experiment and _asks(want, s)]
        end = min((resolved(s).settings.schedule.online_steps for s in mine), default=None)
        if want.step is not None and end is not None and end < want.step:
            return f"{claim.id} asks of step {want.step:,}, the runs end at {end:,}"
    return ""


def _asks(want: Want, spec: RunSpec) -> bool:
    without = spec.data == "none"
    return (
        want.task == spec.env
        and want.arm.label == spec.label
        and (want.arm.data == "none") == without
    )


def of_preset(chapter: Chapter, preset: PresetName) -> Chapter:
    """The chapter with its size decided."""
    return replace(chapter, preset=chapter.preset or preset)
