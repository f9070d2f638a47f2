"""When a run is evaluated, by the configuration in its manifest; its rows against that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_MOST = 1_000_000
OFFLINE_BY_DEFAULT = "OnPriorData"
Wrong = tuple[int, str, str]
"""(number of the row, column, complaint as the rest of a sentence)."""


def clock(identity: Mapping[str, Any]) -> list[int]:
    """`env_step` of every row that a finished run has, rising: what
    `algorithms.config.Schedule.evaluations` says, without torch.

    With S steps offline and N online: every `dense_eval_every` from -S to 0, the smaller of it and
    `eval_every` to `dense_until`, then every `eval_every`; and always 0 and N.

    Args:
        identity: of the manifest.

    Raises:
        ValueError: an entry is no whole number in its range, or missing.
    """
    schedule = identity["schedule"]
    dense, sparse = (_count(schedule, name, 1) for name in ("dense_eval_every", "eval_every"))
    end, until = (_count(schedule, name, 0) for name in ("online_steps", "dense_until"))
    start = offline_steps(identity)
    often = min(dense, sparse)
    if start // dense + min(until, end) // often + max(end - until, 0) // sparse > _MOST:
        raise ValueError(f"it asks for more than {_MOST} evaluations")
    return sorted(
        {
            *range(-start, 0, dense),
            *range(0, min(until, end), often),
            *range(until, end, sparse),
            0,
            end,
        }
    )


def offline_steps(identity: Mapping[str, Any]) -> int:
    """Updates before the first online step; none for a method that is not trained on prior data."""
    method = identity["method"]
    pretraining = (method.get("pretraining") or {}).get("component", OFFLINE_BY_DEFAULT)
    if pretraining != OFFLINE_BY_DEFAULT:
        return 0
    return _count(identity["hyperparameters"], "offline_steps", 0)


def _cloning_steps(identity: Mapping[str, Any]) -> int:
    return int((identity["method"].get("initialisation") or {}).get("cloning_steps", 0))


def _count(place: Mapping[str, Any], name: str, least: int) -> int:
    value = place.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} is {value!r}, not a whole number of at least {least}")
    return value


def departures(
    rows: Mapping[int, Mapping[str, str]], identity: Mapping[str, Any]
) -> Iterator[Wrong]:
    """Where the rows of one run are not those of its configuration.

    A finished run has all rows, any other the first ones.

    Args:
        rows: of one run, by number; text cells, at least one row.
        identity: of the manifest.
    """
    steps = {number: int(row["env_step"]) for number, row in rows.items()}
    expected = clock(identity)
    known = set(expected)
    for number, step in steps.items():
        if step not in known:
            yield (
                number,
                "env_step",
                f"is no evaluation of the schedule ({_around(expected, step)})",
            )
    yield from _gaps(steps, expected, finished=next(iter(rows.values()))["status"] == "done")
    episodes = _count(identity["schedule"], "eval_episodes", 1)
    start = offline_steps(identity)
    before = _cloning_steps(identity) + start
    for number, row in rows.items():
        if int(row["episodes"]) != episodes:
            yield number, "episodes", f"is not the schedule's {episodes}"
        if (row["phase"] == "online") != (steps[number] > 0):
            complaint = "does not go with env_step: offline up to 0, online after it"
            yield number, "phase", complaint
        updates = before + steps[number]  # one a step of the offline clock
        if start and steps[number] <= 0 and int(row["grad_step"]) != updates:
            yield number, "grad_step", f"should be {updates} by the offline clock"


def _gaps(steps: Mapping[int, int], expected: list[int], *, finished: bool) -> Iterator[Wrong]:
    there, last = set(steps.values()), max(steps.values())
    end = expected[-1] if finished else last
    lacking = [step for step in expected if step <= end and step not in there]
    if not lacking:
        return
    more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
    following = [(step, number) for number, step in steps.items() if step > lacking[0]]
    if following:
        complaint = f"follows a gap: there is no row at step {lacking[0]}{more}"
        yield min(following)[1], "env_step", complaint
    else:
        number = next(number for number, step in steps.items() if step == last)
        complaint = f"is a finished run's last, but there is no row at step {lacking[0]}{more}"
        yield number, "env_step", complaint


def _around(expected: list[int], step: int) -> str:
    below = [str(each) for each in expected if each < step][-1:]
    above = [str(each) for each in expected if each > step][:1]
    return f"evaluations next to it: {', '.join(below + above)}"
