"""The table of methods, and of what `--set` takes, for the terminal."""

from __future__ import annotations

import dataclasses
from typing import Any

from algorithms.registry import METHODS
from reproduce.assemble import settings_of
from reproduce.grid import RunSpec
from reproduce.run import RunOptions


def list_methods() -> str:
    """Every method with its components, a line each."""
    lines = []
    for name, method in METHODS.items():
        fields = dataclasses.fields(method)
        parts = [f"{field.name}={_short(getattr(method, field.name))}" for field in fields]
        lines.append(f"{name:8} " + "  ".join(parts))
    return "\n".join(lines)


def list_settings(options: RunOptions) -> str:
    """Every key of `--set` for one run, with its present value."""
    spec = RunSpec(
        options.preset, options.profile, options.env, options.method, options.seed,
        "embedded", options.labels, options.settings,
    )  # fmt: skip
    paths = settings_of(spec).paths()
    width = max(map(len, paths))
    return "\n".join(f"{path:{width}}  {_short(value)}" for path, value in paths.items())


def _short(value: Any) -> str:
    if not dataclasses.is_dataclass(value):
        return str(value)
    inner = [_short(getattr(value, field.name)) for field in dataclasses.fields(value)]
    return f"{type(value).__name__}({', '.join(inner)})"
