"""Tables for the terminal: the methods, and the keys of `--set`."""

from __future__ import annotations

import dataclasses
from typing import Any

from algorithms.catalogue.method import Method
from algorithms.catalogue.methods import LATER_WORK, METHODS
from algorithms.catalogue.variants import VARIANTS
from reproduce.runs.resolved import resolved
from reproduce.specs.grid import RunSpec

_AXES = ("critic", "objective", "behavior", "constraint", "policy")


def list_methods() -> str:
    """Every method with its components, then every variant with what it changes."""
    lines = ["Rows, before profile and preset (--show prints what a run has):"]
    for name, method in METHODS.items():
        fields = dataclasses.fields(method)
        default = Method(method.critic, method.objective)
        parts = [
            f"    {field.name:14} {_short(getattr(method, field.name))}"
            for field in fields
            if field.name in _AXES or getattr(method, field.name) != getattr(default, field.name)
        ]
        later = "  (later work, not in the paper)" if name in LATER_WORK else ""
        lines += [name + later, *parts]
    lines.append("\nVariants:")
    width = max(map(len, VARIANTS))
    for name, variant in VARIANTS.items():
        changes = ", ".join(f"{path}={_short(value)}" for path, value in variant.changes.items())
        lines += [f"{name:{width}}  {variant.summary}", f"{'':{width}}    {changes}"]
    return "\n".join(lines)


def list_settings(spec: RunSpec) -> str:
    """Every key of `--set` for one run, with the value that the run has and, where that is a
    component, the others that can stand there."""
    settings = resolved(spec).settings
    paths = settings.paths()
    width = max(map(len, paths))
    lines = []
    for path, value in paths.items():
        others = [name for name in settings.choices(path) if name != type(value).__name__]
        lines.append(f"{path:{width}}  {_short(value)}")
        if others:
            lines.append(f"{'':{width}}    or {', '.join(others)}")
    return "\n".join(lines)


def _short(value: Any) -> str:
    if not dataclasses.is_dataclass(value):
        return str(value)
    fields = dataclasses.fields(value)
    inner = [f"{field.name}={_short(getattr(value, field.name))}" for field in fields]
    return f"{type(value).__name__}({', '.join(inner)})"
