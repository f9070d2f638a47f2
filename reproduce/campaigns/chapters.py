"""CHAPTERS: which runs the campaign asks for, in the order in which they are made.

A chapter is a set of rows on a set of tasks, in one experiment of one results folder.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from algorithms.catalogue.methods import LATER_WORK
from figures.experiments import EXPERIMENTS, OF_DOMAIN
from reproduce.runs.ablation_rows import Ablation
from reproduce.specs.grid import RunSpec
from reproduce.specs.kinds import ChapterName, DataChoice, DataKind, Labels, PresetName, ProfileName

HAND, PUSH, LOCOMOTION = (OF_DOMAIN[name].tasks for name in ("hand", "push", "locomotion"))
METHODS, PUSH_METHODS = EXPERIMENTS["figure1"].methods, EXPERIMENTS["figure2"].methods
PEN, DOOR, RELOCATE = HAND
CHEETAH, ANT, WALKER = LOCOMOTION


@dataclass(frozen=True)
class Chapter:
    """Runs that are asked for together.

    Attributes:
        name: of the command line. All chapters of one name go to one results folder.
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

    name: ChapterName
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

    def only(self, names: Collection[str]) -> Chapter:
        """The chapter with these rows alone. Values are swept where their row is among them."""
        groups = []
        for group in self.rows:
            mine = tuple(name for name in group.names if name in names)
            if group.names[0] in names:
                groups.append(replace(group, names=mine))
            elif mine:
                groups.append(Ablation(mine))
        twice = {name: tasks for name, tasks in self.twice.items() if name in names}
        return replace(self, rows=tuple(groups), twice=twice)

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
    return (Ablation(names),)


CHAPTERS = (
    Chapter(
        "figure1",
        "Figure 1",
        "figure1",
        HAND,
        _only(*METHODS),
        data="embedded",
        twice={"AWAC": HAND},
    ),
    Chapter(
        "figure3",
        "Figure 3",
        "figure3",
        LOCOMOTION,
        _only(*METHODS, "SAC[no-data]", "AWAC[scratch]", "BRAC[released]"),
        twice={"AWAC": LOCOMOTION},
    ),
    Chapter(
        "figure2",
        "Figure 2",
        "figure2",
        PUSH,
        _only(*PUSH_METHODS, "AWAC[scratch]", "AWAC[push-scratch]"),
        twice={"AWAC": PUSH, "AWAC[push-lambda]": PUSH},
    ),
    Chapter(
        "long",
        "Figure 1 to step 120,000",
        "figure1",
        HAND,
        _only("AWAC"),
        data="embedded",
        preset="long",
        twice={"AWAC": HAND},
    ),
    Chapter(
        "long-human",
        "the pen to step 120,000 on human demonstrations",
        "figure1",
        (PEN,),
        _only("AWAC"),
        data="human",
        suffix="-human",
        preset="long",
        twice={"AWAC": (PEN,)},
    ),
    Chapter(
        "ablations",
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
                lambdas=(0.1, 0.3, 1.0, 3.0),
            ),
            Ablation(("ABM-MPO", "ABM-MPO[returns]", "ABM-MPO[exponential]")),
            Ablation(("MPO", "MPO[full]")),
            Ablation(("BEAR",), ("threshold=0.1", "threshold=0.5")),
        ),
        data="auto",
    ),
    Chapter(
        "scratch", "learning from scratch", "ablations", (PEN, CHEETAH), _only("AWAC[scratch]")
    ),
    Chapter(
        "human",
        "human demonstrations",
        "figure1",
        (PEN, DOOR),
        _only("AWAC", "SAC", "SAC+BC", "BC", "AWR", "ABM-MPO"),
        data="human",
        suffix="-human",
        twice={"AWAC": (PEN, DOOR)},
    ),
    Chapter(
        "released",
        "the released settings, Figure 1",
        "figure1",
        HAND,
        _only("AWAC", "SAC", "ABM-MPO", "BEAR"),
        data="embedded",
        profile="released",
    ),
    Chapter(
        "released",
        "the released settings, Figure 2",
        "figure2",
        PUSH,
        _only("AWAC", "SAC", "ABM-MPO", "BEAR"),
        profile="released",
    ),
    Chapter(
        "released",
        "the released settings, Figure 3",
        "figure3",
        LOCOMOTION,
        _only("AWAC", "SAC", "ABM-MPO", "BEAR"),
        profile="released",
    ),
    Chapter(
        "later-work", "later work, Figure 1", "figure1", HAND, _only(*LATER_WORK), data="embedded"
    ),
    Chapter("later-work", "later work, Figure 2", "figure2", PUSH, _only(*LATER_WORK)),
    Chapter("later-work", "later work, Figure 3", "figure3", LOCOMOTION, _only(*LATER_WORK)),
    Chapter(
        "paper",
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


def of_preset(chapter: Chapter, preset: PresetName) -> Chapter:
    """The chapter with its size decided."""
    return replace(chapter, preset=chapter.preset or preset)
