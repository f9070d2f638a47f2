"""What a setting leaves as it was, although a reader would expect it to follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from algorithms.catalogue.settings import Settings
from algorithms.catalogue.variants import VARIANTS, Times, ValueOf
from algorithms.data.reward_scaling import FixedFactor, TaskUnits

_IN_UNITS_OF_REWARDS = (
    ".lam",
    ".initial_alpha",
    ".coefficient",
    ".imitation_weight",
    ".shift",
)


def left_behind(name: str, before: Settings, after: Settings) -> Iterator[str]:
    """Sentences about numbers of the row ``name`` that its settings do not reach.

    Args:
        name: of a row or variant.
        before: the row without the user's settings.
        after: the same row with them.
    """
    old, new = before.paths(), after.paths()
    yield from _derived(name, old, new)
    yield from _in_old_units(old, new)
    own = getattr(after.method.critic, "discount", None)
    if before.config.discount != after.config.discount and own is not None:
        yield (
            f"discount={after.config.discount:g} changes nothing: the critic has its own, "
            f"{own:g}; set critic.discount"
        )


def _derived(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Numbers of a variant that were made from one that is now another."""
    changes = VARIANTS[name].changes if name in VARIANTS else {}
    for path, change in changes.items():
        if not isinstance(change, (ValueOf, Times)) or not {path, change.path} <= new.keys() & old:
            continue
        if old[change.path] != new[change.path] and old[path] == new[path]:
            yield (
                f"{path} stays {_said(new[path])}, which {name} has for "
                f"{change.path}={_said(old[change.path])}; set it too to let it follow"
            )


def _in_old_units(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Numbers in units of rewards, where these are multiplied by another factor."""
    factors = [_factor(paths["reward_scaling"]) for paths in (old, new)]
    if factors[0] == factors[1]:
        return
    kept = [
        f"{path}={_said(new[path])}"
        for path in new
        if path.endswith(_IN_UNITS_OF_REWARDS) and path in old and new[path] == old[path] != 0
    ]
    if kept:
        yield (
            f"{', '.join(kept)} stay as they are, in units of rewards times {factors[0]}; "
            f"rewards are times {factors[1]} now"
        )


def _factor(scaling: Any) -> str:
    if isinstance(scaling, FixedFactor):
        return f"{scaling.by:g}"
    return "1" if isinstance(scaling, TaskUnits) else f"that of {type(scaling).__name__}"


def _said(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else type(value).__name__
