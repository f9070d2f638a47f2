"""What the claims of the paper get from the campaign's runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from figures.statistics.across_seeds import MIN_SEEDS_FOR_INTERVAL
from reproduce.campaigns.order import asks
from reproduce.judging.claim import Claim, evaluate
from reproduce.judging.claims import CLAIMS
from reproduce.judging.conditions import Verdict
from reproduce.judging.evidence import Evidence, load
from reproduce.reporting.commands import Want, finished_seeds, wants
from reproduce.runs.resolved import resolved
from reproduce.specs.grid import RunSpec


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
        """As it stands, before any run."""
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

    def add(self, experiment: str, specs: Iterable[RunSpec]) -> tuple[str, ...]:
        """Count the runs as made. Return the claims that become decidable by them."""
        before = set(self.decidable())
        self.seeds.update((experiment, s.env, s.label, s.data == "none") for s in specs)
        return tuple(name for name in self.decidable() if name not in before)


Seed = tuple[str, str, int, bool]
"""Task, label, seed, and whether without prior data."""


def in_table(evidence: Evidence, experiment: str) -> set[Seed]:
    """The runs of an experiment's table that are finished, under the profile of the evidence."""
    table = evidence.tables.get(experiment)
    if table is None:
        return set()
    mine = table[(table["status"] == "done") & (table["profile"] == evidence.profile)]
    runs = mine[["env", "label", "seed", "data"]].drop_duplicates()
    return {
        (env, label, int(seed), data == "none")
        for env, label, seed, data in runs.itertuples(index=False, name=None)
    }


def seed_of(spec: RunSpec) -> Seed:
    """A run as `in_table` names it."""
    return spec.env, spec.label, spec.seed, spec.data == "none"


def _key(want: Want) -> tuple[str, str, str, bool]:
    return want.experiment, want.task, want.arm.label, want.arm.data == "none"


def steps_beyond(claim: Claim, experiment: str, specs: Sequence[RunSpec]) -> str:
    """``H2 asks of step 100,000, the runs end at 40,000``; "" where none of ``specs`` ends early.

    Such runs can show that something is reached by then, and not that it is not.
    """
    for want in wants(claim, Evidence({})):
        mine = [s for s in specs if want.experiment == experiment and asks(want, s)]
        end = min((resolved(s).settings.schedule.online_steps for s in mine), default=None)
        if want.step is not None and end is not None and end < want.step:
            return f"{claim.id} asks of step {want.step:,}, the runs end at {end:,}"
    return ""


def decided_without_more(claims: Iterable[str], evidence: Evidence) -> dict[str, str]:
    """Claim -> what more runs cannot change; only of claims for which there is something.

    Their verdict stands, or they can no longer be supported.
    """
    told: dict[str, str] = {}
    for claim in CLAIMS:
        if claim.id in claims:
            found = evaluate(claim, evidence)
            if found.is_shut:
                told[claim.id] = f"not {Verdict.SUPPORTED}, whatever these runs show"
            elif found.verdict not in (Verdict.INCONCLUSIVE, Verdict.NOT_RUN):
                told[claim.id] = f"{found.verdict}, whatever these runs show"
    return told


def with_all_runs(out: Path) -> dict[str, Verdict]:
    """The verdicts on the claims that have all the runs they ask for in a results folder."""
    if not out.is_dir():
        return {}
    evidence = Evidence(load(out))
    ready = Ledger.of(evidence, MIN_SEEDS_FOR_INTERVAL).decidable()
    return {c.id: evaluate(c, evidence).verdict for c in CLAIMS if c.id in ready}
