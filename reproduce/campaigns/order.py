"""The order in which runs are best made: those first that decide a claim for the fewest hours."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reproduce.judging.claims import CLAIMS
from reproduce.judging.evidence import Evidence
from reproduce.reporting.commands import Want, wants
from reproduce.specs.grid import RunSpec


def in_order(
    specs: Sequence[RunSpec],
    experiment: str,
    evidence: Evidence,
    seconds: Callable[[RunSpec], float],
) -> list[tuple[RunSpec, ...]]:
    """The runs ``specs`` of one experiment in groups, those first that give a claim all its runs
    for the fewest seconds.

    A claim needs every seed of all of its arms. One that also asks for runs of another experiment
    is ordered here by the runs that it asks of this one. Runs that no claim needs are the last
    group, seeds outermost as they are given.
    """
    needed: dict[str, set[RunSpec]] = {}
    for claim in CLAIMS:
        wanted = [w for w in wants(claim, evidence) if w.experiment == experiment]
        mine = {spec for spec in specs if any(asks(want, spec) for want in wanted)}
        if mine:
            needed[claim.id] = mine
    left = dict.fromkeys(specs)
    groups: list[tuple[RunSpec, ...]] = []
    while needed:
        best = min(needed.values(), key=lambda mine: sum(map(seconds, mine)))
        chosen = tuple(spec for spec in left if spec in best)
        groups.append(chosen)
        for spec in chosen:
            del left[spec]
        rest = {name: mine.difference(chosen) for name, mine in needed.items()}
        needed = {name: mine for name, mine in rest.items() if mine}
    return [*groups, tuple(left)] if left else groups


def asks(want: Want, spec: RunSpec) -> bool:
    """Whether the run is a seed of the arm, whatever the experiment."""
    without = spec.data == "none"
    return (
        want.task == spec.env
        and want.arm.label == spec.label
        and (want.arm.data == "none") == without
    )
