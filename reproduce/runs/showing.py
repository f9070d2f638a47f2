"""Show the method that a run trains as a Python expression, with the origin of each value."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from algorithms.catalogue.settings import Settings
from reproduce.runs.resolved import layers_of
from reproduce.specs.grid import RunSpec


def show(spec: RunSpec) -> str:
    """Write `Method(...)`, then the hyperparameters and the schedule.

    A comment names the origin of each value that is not its class's default: row, profile, variant,
    preset or `--set`.
    """
    layers = layers_of(spec)
    origin = origins(layers)
    named = {
        "row": f'METHODS["{spec.method}"]',
        "profile": f"profile {spec.profile}",
        "variant": f"variant {spec.registered}",
        "preset": f"preset {spec.preset}",
    }
    lines = [*_expression("", layers["--set"].method, "", origin)]
    for part in (layers["--set"].config, layers["--set"].schedule):
        lines += [("", ""), *_expression("", part, "", origin)]
    width = max(len(text) for text, _ in lines)
    return "\n".join(
        f"{text:{width}}  # {named.get(whence, whence)}" if whence else text
        for text, whence in lines
    )


def origins(layers: Mapping[str, Settings]) -> dict[str, str]:
    """Map each path to the last layer that changed its value; "" for its class's default.

    A component counts as changed if its class has changed. Its fields have paths of their own.
    """
    found: dict[str, str] = {}
    before: dict[str, Any] = {}
    for name, settings in layers.items():
        paths = settings.paths()
        for path, value in paths.items():
            if path in before and _kind(before[path]) == _kind(value):
                continue
            default = name == "row" and _is_default(settings, paths, path)
            found[path] = "" if default else name
        before = paths
    return {path: found[path] for path in before}


def _kind(value: Any) -> Any:
    return type(value) if dataclasses.is_dataclass(value) else value


def _is_default(settings: Settings, paths: Mapping[str, Any], path: str) -> bool:
    owner, _, name = path.rpartition(".")
    parts = (settings.config, settings.schedule, settings.method)
    holder = paths[owner] if owner else next(part for part in parts if hasattr(part, name))
    field = next(field for field in dataclasses.fields(holder) if field.name == name)
    return bool(_kind(field.default) == _kind(paths[path]))


def _expression(
    label: str, value: Any, path: str, origin: Mapping[str, str], depth: int = 0
) -> Iterator[tuple[str, str]]:
    """Lines of `value` as Python, each with its origin."""
    indent, end = "    " * depth, "," if depth else ""
    whence = origin.get(path, "")
    if not dataclasses.is_dataclass(value):
        yield f"{indent}{label}{value!r}{end}", whence
        return
    kind, fields = type(value).__name__, dataclasses.fields(value)
    if not fields:
        yield f"{indent}{label}{kind}(){end}", whence
        return
    yield f"{indent}{label}{kind}(", whence
    for field in fields:
        inner = f"{path}.{field.name}" if path else field.name
        yield from _expression(
            f"{field.name}=", getattr(value, field.name), inner, origin, depth + 1
        )
    yield f"{indent}){end}", ""
