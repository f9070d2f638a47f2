"""Row, profile, variant, preset and `--set`, put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from algorithms.catalogue.compatibility import check
from algorithms.catalogue.components import check_components
from algorithms.catalogue.methods import METHODS
from algorithms.catalogue.profiles import PROFILES
from algorithms.catalogue.settings import Settings, nearest, replace_path
from algorithms.catalogue.variants import VARIANTS, TextUnits, Times, ValueOf
from algorithms.config import Hyperparameters
from algorithms.data.reward_scaling import FixedFactor


def base_of(name: str) -> str:
    """The row of METHODS that `name`, a row or a variant, is made from.

    Raises ValueError naming the nearest methods for an unknown name.
    """
    if name in VARIANTS:
        return VARIANTS[name].base
    if name not in METHODS:
        raise ValueError(f"unknown method {name!r}; {nearest(name, (*METHODS, *VARIANTS))}")
    return name


def layers(
    name: str,
    *,
    profile: str = "paper",
    domain: str = "hand",
    preset: Mapping[str, Any] | None = None,
    at_most: Mapping[str, int] | None = None,
    settings: tuple[str, ...] = (),
) -> dict[str, Settings]:
    """Row, profile, variant, preset and `--set`, each laid over those before it; the last one runs.

    `at_most` bounds single numbers from above before `--set` has the last word.

    Raises ValueError for an unknown method, profile, domain or setting, naming the nearest ones.
    """
    base = base_of(name)
    if profile not in PROFILES:
        raise ValueError(f"unknown profile {profile!r}; {nearest(profile, PROFILES)}")
    found = {"row": Settings(METHODS[base], Hyperparameters())}
    if domain not in PROFILES[profile]:
        raise ValueError(f"unknown domain {domain!r}; {nearest(domain, PROFILES[profile])}")
    result, values = found["row"], PROFILES[profile][domain]
    changes = VARIANTS[name].changes if name in VARIANTS else {}
    for path, value in [*values.get("*", {}).items(), *values.get(base, {}).items()]:
        result = replace_path(result, path, value)
    found["profile"], unchanged = result, result.paths()
    for path, value in changes.items():
        result = _changed(result, path, _meant(value, unchanged), name)
    found["variant"] = result
    known = result.paths()  # a preset sets numbers, so that no path comes or goes
    for path, value in (preset or {}).items():
        if path in known:  # it also sizes components that only some rows have
            result = replace_path(result, path, value)
    known = result.paths()
    for path, bound in (at_most or {}).items():
        if path in known:
            result = replace_path(result, path, min(known[path], bound))
    found["preset"] = result
    found["--set"] = result.assign(*settings)
    return found


def _changed(settings: Settings, path: str, value: Any, name: str) -> Settings:
    """`replace_path`, whose errors name the variant."""
    try:
        return replace_path(settings, path, value)
    except (TypeError, ValueError) as error:
        whole = [known for known in settings.matches(path) if known != path]
        rest = f"did you mean {' or '.join(whole)}?" if whole else str(error)
        raise ValueError(f"{name}: {path}={value!r}: {rest}") from error


def _meant(change: Any, row: Mapping[str, Any]) -> Any:
    """What a variant's change is on a row, whose values are given by their paths."""
    if isinstance(change, ValueOf):
        return row[change.path]
    if isinstance(change, Times):
        return change.factor * row[change.path]
    if isinstance(change, TextUnits):
        scaling = row["reward_scaling"]
        return change.value * (scaling.by if isinstance(scaling, FixedFactor) else 1.0)
    return change


def resolve(
    name: str,
    *,
    profile: str = "paper",
    domain: str = "hand",
    preset: Mapping[str, Any] | None = None,
    at_most: Mapping[str, int] | None = None,
    settings: tuple[str, ...] = (),
) -> Settings:
    """The method `name` with everything decided: the last of its `layers`.

    Raises ValueError as these, and for components that do not fit each other.
    """
    result = layers(
        name, profile=profile, domain=domain, preset=preset, at_most=at_most, settings=settings
    )["--set"]
    try:
        check_components(result)
        check(result.method)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    return result
