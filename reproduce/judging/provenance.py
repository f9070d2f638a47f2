"""A verdict uses one version of the numbers and one set of prior data on each task.

No comparison crosses tasks. Runs may differ only because their versions differ, or because a bit of
their data differs. Such a mixture is shown with a note and decides nothing. Commits of one version
give the same numbers (`specs.numbers`). If a version is unknown, the commit stands for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from reproduce.judging.conditions import DECIDED, Verdict
from reproduce.judging.evidence import Made
from reproduce.judging.verdicts import Effect, Finding

Parts = Sequence[Sequence[Effect]]


def mixture(made: Made) -> str:
    """What is mixed among the runs of one effect; "" if nothing is."""
    several = [
        f"{what} {' and '.join(name or 'without a name' for name in names)}"
        for what, names in (("code", made.code), ("prior data", made.checksums))
        if len(names) > 1
    ]
    return f"mixed: {'; '.join(several)}" if several else ""


def of_one_kind(parts: Parts, judge: Callable[[Parts], Finding]) -> Finding:
    """The finding on all effects, if the effects of one kind alone give the same verdict.

    Effects of one kind have one code and one set of data on each task. The finding is INCONCLUSIVE
    if their verdict differs, and its reason says why.

    Args:
        parts: effects as ``judge`` takes them.
        judge: makes the finding.
    """
    finding = judge(parts)
    every = [effect for part in parts for effect in part]
    code = _several({(effect.task, name) for effect in every for name in effect.code})
    data = _several({(effect.task, name) for effect in every for name in effect.checksums})
    if finding.verdict not in DECIDED or not (code or data):
        return finding
    mixed = [f"code {', '.join(names)} on {task}" for task, names in code.items()]
    mixed += [f"prior data of {', '.join(data)}"] if data else []
    reason = f"{finding.reason}; not of one kind: {'; '.join(mixed)}"
    for one in sorted({name for names in code.values() for name in names}) or [""]:
        kept = _largest([e for e in every if e.task not in code or e.code == (one,)])
        alone = judge([[e if e in kept else _silent(e) for e in part] for part in parts])
        if alone.verdict is finding.verdict:
            return replace(finding, reason=f"{reason}; those of {one or 'one kind'} decide")
    return Finding(
        Verdict.INCONCLUSIVE, finding.effects, f"{reason}; {finding.verdict} if they were"
    )


def _several(pairs: set[tuple[str, str]]) -> dict[str, list[str]]:
    """The tasks that occur in more than one of ``pairs``, each with its names in order."""
    found: dict[str, list[str]] = {}
    for task, name in sorted(pairs):
        found.setdefault(task, []).append(name)
    return {task: names for task, names in found.items() if len(names) > 1}


def _largest(effects: Sequence[Effect]) -> list[Effect]:
    """The effects that have the same data as most effects of their task."""
    count = Counter((effect.task, effect.checksums) for effect in effects if effect.checksums)
    most = {
        task: max((n, kind) for (t, kind), n in count.items() if t == task)[1] for task, _ in count
    }
    return [e for e in effects if not e.checksums or e.checksums == most[e.task]]


def _silent(effect: Effect) -> Effect:
    """The effect, changed to INCONCLUSIVE so that it has no influence."""
    return replace(effect, verdict=Verdict.INCONCLUSIVE, condition=None)
