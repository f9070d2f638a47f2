"""A resolved method and its hyperparameters, and `key=value` changes to either.

Every hyperparameter has one path: a field of `Hyperparameters` (`batch_size`) or of `Schedule`
(`online_steps`), or a path into the method row (`objective.weights.shape.lam`). Any unambiguous
ending will do (`lam`). A component is swapped by naming another class of its kind
(`normalisation=BatchMean`). Of all texts that come to the same settings `spelled` gives one.
"""

from __future__ import annotations

import ast
import dataclasses
import difflib
import functools
import sys
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from algorithms.catalogue.method import Method
from algorithms.config import Hyperparameters, Schedule

_ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "gamma": ("discount",),
    "lr": ("policy_learning_rate", "q_learning_rate"),
    "learning_rate": ("policy_learning_rate", "q_learning_rate"),
    "actor_lr": ("policy_learning_rate",),
    "critic_lr": ("q_learning_rate",),
    "beta": ("lam",),
    "temperature": ("lam",),
    "awr_temperature": ("lam",),
    "polyak": ("tau",),
    "hidden_dim": ("policy_hidden", "q_hidden"),
    "alpha": ("coefficient", "lam"),
}
"""What other code and papers call our hyperparameters."""


@dataclass(frozen=True)
class Settings:
    """What one run trains: a row of the table and its numbers, and for how long."""

    method: Method
    config: Hyperparameters
    schedule: Schedule = Schedule()

    def assign(self, *assignments: str) -> Settings:
        """Apply `key=value`s, whose order does not matter.

        Components come first, the outer before the inner; then all values of a component at once,
        so that two of them may depend on each other (`log_std_min` and `log_std_max`).

        Raises ValueError naming the nearest keys, what a value may be, or the two values of a key
        that is given twice.
        """
        pending = list(dict.fromkeys(map(_key_and_text, assignments)))
        result = self
        while swaps := result._swaps(pending):
            path = min(swaps, key=lambda path: (path.count("."), path))
            names = {text: result._parse(path, text) for _, text in swaps[path]}
            result = replace_path(result, path, _only(path, names))
            pending = [pair for pair in pending if pair not in swaps[path]]
        given: dict[str, dict[str, Any]] = {}
        for key, text in pending:
            path = result.find(key)
            given.setdefault(path, {})[text] = result._parse(path, text)
        owners: dict[str, dict[str, Any]] = {}
        for path, values in given.items():
            owner, _, name = path.rpartition(".")
            owners.setdefault(owner, {})[name] = _only(path, values)
        for owner, changes in owners.items():
            try:
                result = result._with(owner, changes)
            except ValueError as error:  # of one value, or of two that do not go together
                flags = (path for path in given if path.rpartition(".")[0] == owner)
                told = " ".join(f"--set {path}={next(iter(given[path]))}" for path in flags)
                raise ValueError(f"{told}: {error}") from None
        return result

    def _swaps(self, pending: Iterable[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
        """Those of `pending` that name another component, by their paths."""
        paths = self._present
        found: dict[str, list[tuple[str, str]]] = {}
        for key, text in pending:
            names_a_class = text[:1].isupper()  # as no value of a component does
            matches = self.matches(key) if names_a_class else ()
            if len(matches) == 1 and dataclasses.is_dataclass(paths[matches[0]]):
                found.setdefault(matches[0], []).append((key, text))
        return found

    def _with(self, owner: str, changes: Mapping[str, Any]) -> Settings:
        """The fields `changes` of the component at `owner` ("": the hyperparameters' own)."""
        if owner:
            component = dataclasses.replace(self._at(owner), **changes)
            return replace_path(self, owner, component)
        mine = {name: value for name, value in changes.items() if hasattr(self.config, name)}
        rest = {name: value for name, value in changes.items() if name not in mine}
        return dataclasses.replace(
            self,
            config=dataclasses.replace(self.config, **mine),
            schedule=dataclasses.replace(self.schedule, **rest),
        )

    @functools.cached_property
    def _present(self) -> dict[str, Any]:
        """`paths`, found once: a plan resolves hundreds of settings and asks each many times."""
        return {
            path: value
            for part in (self.config, self.schedule, self.method)
            for path, value in _paths(part)
        }

    def paths(self) -> dict[str, Any]:
        """Every settable path and its present value."""
        return dict(self._present)

    def choices(self, path: str) -> tuple[str, ...]:
        """Names of the components that can stand at `path`; () where it is a value."""
        if not dataclasses.is_dataclass(self._present[path]):
            return ()
        owner, _, name = path.rpartition(".")
        return tuple(sorted(_choices(type(self._at(owner) if owner else self.method), name)))

    def matches(self, key: str) -> tuple[str, ...]:
        """The path that is `key`, else all that end in `.key`."""
        paths = self._present
        return (key,) if key in paths else tuple(p for p in paths if p.endswith("." + key))

    def find(self, key: str) -> str:
        """The one path that is `key` or ends in `.key`.

        Raises ValueError if no path does, with the nearest names, or if several do, with all of
        them.
        """
        paths, matches = self._present, self.matches(key)
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise ValueError(f"--set {key}: ambiguous, say which of {', '.join(matches)}")
        short = {path.rsplit(".", 1)[-1] for path in paths} | set(paths)
        ours = [name for name in _ELSEWHERE.get(key, ()) if self.matches(name)]
        known = f"it is {' or '.join(ours)} here" if ours else nearest(key, short)
        raise ValueError(f"--set {key}: no such hyperparameter; {known}")

    def _parse(self, path: str, text: str) -> Any:
        owner, _, name = path.rpartition(".")
        holder = self._component(owner, name)
        present = getattr(holder, name)
        if dataclasses.is_dataclass(present):
            return _component_named(path, text, _choices(type(holder), name))
        kind: Any = type(holder)
        annotation = hints_of(kind)[name]
        if typing.get_origin(annotation) is typing.Literal:
            allowed = typing.get_args(annotation)
            if text not in allowed:
                raise ValueError(f"--set {path}={text}: must be one of {', '.join(allowed)}")
            return text
        try:
            # 0.0 + makes one number of 0 and -0
            value = 0.0 + float(text) if isinstance(present, float) else ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):  # as its documentation says
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
        return self._at(owner)

    def _at(self, path: str) -> Any:
        node: Any = self.method
        for part in path.split("."):
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
    known = [field.name for field in dataclasses.fields(node)] if is_component(node) else []
    if parts[0] not in known:
        kind = type(node).__name__
        rest = nearest(parts[0], known) if known else "it has no fields"
        raise ValueError(f"{kind} has no {'.'.join(parts)}; {rest}")
    inner = value if len(parts) == 1 else _replace(getattr(node, parts[0]), parts[1:], value)
    return dataclasses.replace(node, **{parts[0]: inner})


def is_component(value: Any) -> bool:
    """Whether it is an instance of a dataclass: a class itself is none."""
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _paths(node: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for field in dataclasses.fields(node):
        value = getattr(node, field.name)
        yield prefix + field.name, value
        if is_component(value):
            yield from _paths(value, f"{prefix}{field.name}.")


def key_of(assignment: str) -> str:
    """`lam` of `lam = 0.3`."""
    return assignment.partition("=")[0].strip()


def _key_and_text(assignment: str) -> tuple[str, str]:
    key, separator, text = assignment.partition("=")
    if not separator:
        raise ValueError(f"--set {assignment!r}: expected key=value, e.g. lam=0.3")
    return key.strip(), text.strip()


def _only(path: str, values: Mapping[str, Any]) -> Any:
    """The one value of a key, however often and in whatever spelling it is given."""
    first, *others = values.values()
    if any(other != first for other in others):
        texts = " and as ".join(values)
        raise ValueError(f"--set {path}: given twice, as {texts}; leave out all but one")
    return first


def spelled(before: Settings, after: Settings) -> tuple[str, ...]:
    """The `key=value`s that make `after` of `before`: one text for one configuration.

    No more of them than differ, the shortest keys that are unambiguous, sorted. `after` must be
    what `before.assign` can give.
    """
    changes = _changes(before, after)
    return tuple(sorted(f"{_shortest(after, path)}={text}" for path, text in changes))


def _changes(before: Settings, after: Settings) -> Iterator[tuple[str, str]]:
    for part in ("config", "schedule", "method"):
        yield from _differing(getattr(before, part), getattr(after, part), "")


def _differing(old: Any, new: Any, prefix: str) -> Iterator[tuple[str, str]]:
    for field in dataclasses.fields(new):
        path = prefix + field.name
        was, value = getattr(old, field.name), getattr(new, field.name)
        if was == value:
            continue
        if not is_component(value):
            yield path, _text(value)
            continue
        kind: Any = type(value)
        if type(was) is not kind:
            yield path, kind.__name__
            was = kind()
        yield from _differing(was, value, path + ".")


def also_changed(before: Settings, after: Settings, assignments: Iterable[str]) -> list[str]:
    """What exchanging a component changed beside it: ``critic=ExpectileTD also sets
    clamp=NoClamp(), which was ClampTarget(low=-100.0, high=0.0)``.

    A component that is named has the values of its class. Those of the one that it replaces, such
    as a profile's, do not pass to it. Fields that both have, that differ now, and that none of
    `assignments` names are told.
    """
    asked = {after.find(key_of(each)) for each in assignments}
    known = before.paths()
    told = []
    for path in sorted(asked):
        old, new = known.get(path), after.paths()[path]
        if not dataclasses.is_dataclass(old) or not dataclasses.is_dataclass(new):
            continue
        theirs = {field.name for field in dataclasses.fields(old)}
        for field in dataclasses.fields(new):
            inner = f"{path}.{field.name}"
            was, value = getattr(old, field.name, None), getattr(new, field.name)
            named = any(one == inner or one.startswith(f"{inner}.") for one in asked)
            if field.name in theirs and was != value and not named:
                told.append(
                    f"{path}={type(new).__name__} also sets {field.name}={value}, which was {was}"
                )
    return told


def _text(value: Any) -> str:
    """A value as people type it: 0.5, 1, 256,256."""
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return ",".join(map(str, value)) or "()" if isinstance(value, tuple) else str(value)


def _shortest(settings: Settings, path: str) -> str:
    """The shortest ending of `path` that means it and no other."""
    parts = path.split(".")
    for length in range(1, len(parts)):
        key = ".".join(parts[-length:])
        if settings.matches(key) == (path,):
            return key
    return path


@functools.cache
def hints_of(owner: Any) -> dict[str, Any]:
    """The types that a class's fields are annotated with."""
    return typing.get_type_hints(owner, vars(sys.modules[owner.__module__]))


def _choices(owner: type, name: str) -> dict[str, type]:
    """The component classes that a field's annotation admits."""
    return {kind.__name__: kind for kind in kinds_of(hints_of(owner)[name])}


def kinds_of(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, or the one type that it is."""
    return typing.get_args(annotation) or (annotation,)


def _component_named(path: str, text: str, choices: dict[str, type]) -> Any:
    if text not in choices:
        raise ValueError(f"--set {path}={text}: must be one of {', '.join(sorted(choices))}")
    return choices[text]()


def nearest(name: str, valid: Iterable[str]) -> str:
    """'did you mean ...' for an error message, or the whole list when nothing is near."""
    valid = sorted(valid)
    return did_you_mean(name, valid) or f"valid: {', '.join(valid)}"


def did_you_mean(name: str, valid: Iterable[str], cutoff: float = 0.5) -> str:
    """'did you mean ...?' with up to three names, or "" when none is near.

    Case does not count: a name that is right but for its case is the only suggestion.
    """
    plain = {text.casefold(): text for text in sorted(valid, reverse=True)}
    near = difflib.get_close_matches(name.casefold(), plain, n=3, cutoff=cutoff)
    close = [plain[text] for text in near if name.casefold() not in plain or text == near[0]]
    return f"did you mean {' or '.join(close)}?" if close else ""


def describe(node: Any) -> Any:
    """A dataclass as plain JSON data, each component with the name of its class."""
    if is_component(node):
        fields = {f.name: describe(getattr(node, f.name)) for f in dataclasses.fields(node)}
        return {"component": type(node).__name__, **fields}
    if isinstance(node, tuple):
        return [describe(item) for item in node]
    return str(node) if isinstance(node, float) and node in (float("inf"), -float("inf")) else node
