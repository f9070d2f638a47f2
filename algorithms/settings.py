"""A resolved method and its hyperparameters, and `key=value` changes to either.

Every hyperparameter has one path: a field of `Hyperparameters` (`batch_size`) or of `Schedule`
(`online_steps`), or a path into the method row (`objective.weights.shape.lam`). Any unambiguous
ending will do (`lam`). A component is swapped by naming another class of its kind
(`normalisation=BatchMean`).
"""

from __future__ import annotations

import ast
import dataclasses
import difflib
import sys
import typing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from algorithms.config import Hyperparameters, Schedule
from algorithms.methods import Method


@dataclass(frozen=True)
class Settings:
    """What one run trains: a row of the table and its numbers, and for how long."""

    method: Method
    config: Hyperparameters
    schedule: Schedule = Schedule()

    def assign(self, assignment: str) -> Settings:
        """Apply one `key=value`. ValueError names the nearest keys, or what the value may be."""
        key, separator, text = assignment.partition("=")
        if not separator:
            raise ValueError(f"--set {assignment!r}: expected key=value, e.g. lam=0.3")
        path = self.find(key.strip())
        return replace_path(self, path, self._parse(path, text.strip()))

    def paths(self) -> dict[str, Any]:
        """Every settable path and its present value."""
        return {
            path: value
            for part in (self.config, self.schedule, self.method)
            for path, value in _paths(part)
        }

    def find(self, key: str) -> str:
        """The one path that is `key` or ends in `.key`."""
        paths = self.paths()
        if key in paths:
            return key
        matches = [path for path in paths if path.endswith("." + key)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise ValueError(f"--set {key}: ambiguous, say which of {', '.join(matches)}")
        short = {path.rsplit(".", 1)[-1] for path in paths} | set(paths)
        raise ValueError(f"--set {key}: no such hyperparameter; {nearest(key, short)}")

    def _parse(self, path: str, text: str) -> Any:
        owner, _, name = path.rpartition(".")
        holder = self._component(owner, name)
        present = getattr(holder, name)
        if dataclasses.is_dataclass(present):
            return _component_named(path, text, _choices(type(holder), name))
        annotation = typing.get_type_hints(type(holder))[name]
        if typing.get_origin(annotation) is typing.Literal:
            allowed = typing.get_args(annotation)
            if text not in allowed:
                raise ValueError(f"--set {path}={text}: must be one of {', '.join(allowed)}")
            return text
        try:
            value = float(text) if isinstance(present, float) else ast.literal_eval(text)
        except (ValueError, SyntaxError):
            value = None
        if isinstance(present, tuple):
            value = (value,) if isinstance(value, int) else value
            good = isinstance(value, tuple) and all(type(item) is int for item in value)
        else:
            good = type(value) is type(present)
        if not good:
            kind = (
                "integers, e.g. 256,256" if isinstance(present, tuple) else type(present).__name__
            )
            raise ValueError(f"--set {path}={text}: expected {kind} (now {present})")
        return value

    def _component(self, owner: str, name: str) -> Any:
        if not owner:
            parts = (self.config, self.schedule, self.method)
            return next(part for part in parts if hasattr(part, name))
        node: Any = self.method
        for part in owner.split("."):
            node = getattr(node, part)
        return node


def replace_path(settings: Settings, path: str, value: Any) -> Settings:
    """`dataclasses.replace` along a dotted path."""
    for part in ("config", "schedule"):
        if hasattr(getattr(settings, part), path):
            changed = dataclasses.replace(getattr(settings, part), **{path: value})
            return dataclasses.replace(settings, **{part: changed})
    return dataclasses.replace(settings, method=_replace(settings.method, path.split("."), value))


def _replace(node: Any, parts: list[str], value: Any) -> Any:
    if not hasattr(node, parts[0]):
        raise ValueError(f"{type(node).__name__} has no {'.'.join(parts)}")
    inner = value if len(parts) == 1 else _replace(getattr(node, parts[0]), parts[1:], value)
    return dataclasses.replace(node, **{parts[0]: inner})


def _paths(node: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for field in dataclasses.fields(node):
        value = getattr(node, field.name)
        yield prefix + field.name, value
        if dataclasses.is_dataclass(value):
            yield from _paths(value, f"{prefix}{field.name}.")


def _choices(owner: type, name: str) -> dict[str, type]:
    """The component classes that a field's annotation admits."""
    annotation = typing.get_type_hints(owner, vars(sys.modules[owner.__module__]))[name]
    kinds = typing.get_args(annotation) or (annotation,)
    return {kind.__name__: kind for kind in kinds}


def _component_named(path: str, text: str, choices: dict[str, type]) -> Any:
    if text not in choices:
        raise ValueError(f"--set {path}={text}: must be one of {', '.join(sorted(choices))}")
    return choices[text]()


def nearest(name: str, valid: Iterable[str]) -> str:
    """'did you mean ...' for an error message, or the whole list when nothing is near."""
    valid = sorted(valid)
    same = [each for each in valid if each.casefold() == name.casefold()]
    close = same or difflib.get_close_matches(name, valid, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else f"valid: {', '.join(valid)}"


def describe(node: Any) -> Any:
    """A dataclass as plain JSON data, each component with the name of its class."""
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        fields = {f.name: describe(getattr(node, f.name)) for f in dataclasses.fields(node)}
        return {"component": type(node).__name__, **fields}
    if isinstance(node, tuple):
        return [describe(item) for item in node]
    return str(node) if isinstance(node, float) and node in (float("inf"), -float("inf")) else node
