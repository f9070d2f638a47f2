"""Whether each value of a row can stand at its place: a component where one is due, else a value.

`compatibility` asks which components fit together. This asks each one alone, so that a mistake in
somebody's own file is told by its place, and not by the update that it breaks.
"""

from __future__ import annotations

import dataclasses
import functools
import typing
from collections.abc import Hashable, Iterable
from typing import Any

from algorithms.catalogue.settings import Settings, hints_of, is_component, kinds_of

_PLAIN = (bool, int, float, str, type(None))

_FREEZE = "write @dataclass(frozen=True) above the class"


def check_components(settings: Settings) -> None:
    """Raise ValueError, naming the place and the way out, for the first value that cannot stand."""
    for part in (settings.config, settings.schedule, settings.method):
        _check(part, "")


def _check(node: Any, prefix: str) -> None:
    owner = typing.cast(Hashable, type(node))
    for field in dataclasses.fields(node):
        place, value = f"{prefix}{field.name}", getattr(node, field.name)
        kinds = _kinds(owner, field.name)
        if kinds:
            _check_component(value, place, kinds)
        elif not is_component(value):
            _check_value(value, place, _hint(type(node), field.name))
        if is_component(value):
            _check(value, f"{place}.")


def _check_component(value: Any, place: str, kinds: tuple[type, ...]) -> None:
    if isinstance(value, type):
        raise ValueError(f"{place} is the class {value.__name__}; write {value.__name__}()")
    kind = type(value)
    if kind in kinds:
        return
    examples = f"a component such as {kinds[0].__name__}()"
    # its own: a class that only derives from a dataclass has the fields of that one alone
    own = vars(kind).get("__dataclass_params__")
    if own is None:
        if kind.__module__ == "builtins":
            raise ValueError(f"{place} is {value!r}, must be {examples}")
        raise ValueError(f"{place}: {kind.__name__} is no dataclass; {_FREEZE}")
    if not own.frozen:
        raise ValueError(f"{place}: {kind.__name__} can change; {_FREEZE}")
    missing = [name for name in _required(kinds) if not hasattr(value, name)]
    if missing:
        base = _base(kinds)
        rest = f"; derive it from {base.__name__}, or write them" if base else ""
        raise ValueError(f"{place}: {kind.__name__} lacks {', '.join(missing)} of {examples}{rest}")


def _check_value(value: Any, place: str, hint: Any) -> None:
    if typing.get_origin(hint) is typing.Literal:
        allowed = typing.get_args(hint)
        if value not in allowed:
            names = ", ".join(map(repr, allowed))
            raise ValueError(f"{place} is {value!r}, must be one of {names}")
    elif hint in (bool, int, float, str):
        fits = type(value) is hint or (hint is float and type(value) is int)
        if not fits:
            raise ValueError(f"{place} is {value!r}, must be of type {hint.__name__}")
    elif not _recordable(value):
        raise ValueError(
            f"{place} is of type {type(value).__name__}, which no run's record can hold; "
            "fields are numbers, texts, tuples of these, or components"
        )


def _recordable(value: Any) -> bool:
    """Whether `settings.describe` makes JSON of it."""
    if isinstance(value, tuple):
        return all(map(_recordable, value))
    return type(value) in _PLAIN or is_component(value)


@functools.cache
def _kinds(owner: type, name: str) -> tuple[type, ...]:
    """The component classes that a field's annotation names; () where it is a value."""
    found = kinds_of(_hint(owner, name))
    return found if all(map(dataclasses.is_dataclass, found)) else ()


def _hint(owner: type, name: str) -> Any:
    try:
        return hints_of(owner)[name]
    except (NameError, TypeError, KeyError):  # of somebody's own class, which nothing else reads
        return None


def _required(kinds: Iterable[type]) -> list[str]:
    """What every class of a place can do, and what stands in each of them beside its fields."""
    each = [
        {
            name
            for name in dir(kind)
            if (name == "__call__" or not name.startswith("_")) and name not in _fields(kind)
        }
        for kind in kinds
    ]
    return sorted(set.intersection(*each))


def _fields(kind: Any) -> set[str]:
    return {field.name for field in dataclasses.fields(kind)}


def _base(kinds: tuple[type, ...]) -> type | None:
    """The class that all of a place are derived from."""
    shared = [base for base in kinds[0].__mro__ if all(issubclass(kind, base) for kind in kinds)]
    return next((base for base in shared if base is not object), None)
