"""The columns of a results file, read from ``results.schema.json`` beside this module.

The file is a Table Schema (Data Package standard, version 2). It has the name, type, description
and constraints of every column, and the key that no two rows share. Three properties are the
project's own: ``unit``, ``optional`` for a column that a file may lack, and ``tasks``. ``tasks``
says what a row's values depend on in each task. An unknown column is allowed if it holds numbers
(``fieldsMatch`` is ``partial``), such as a new method's diagnostics.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Literal

Kind = Literal["string", "integer", "number"]


@dataclass(frozen=True)
class Field:
    """One column.

    Attributes:
        name: of the column.
        kind: type of its cells.
        description: what it holds.
        unit: "" if it has none.
        optional: a file may lack the column.
        required: no cell of it may be empty.
        enum: the allowed values; empty if any is allowed.
        minimum: smallest allowed value.
        maximum: largest allowed value.
        pattern: regular expression that a whole cell must match; "" if there is none.
    """

    name: str
    kind: Kind
    description: str
    unit: str = ""
    optional: bool = False
    required: bool = False
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    pattern: str = ""


@dataclass(frozen=True)
class TaskFacts:
    """Rules for the values of one task's rows.

    They repeat the simulator's numbers for machines without a simulator.

    Attributes:
        horizon: largest number of steps of an episode; the exact number if rewards are bounded.
        reward: (lowest, highest) reward of a step; None without bounds.
        binary: a step's reward is 0 at the goal and -1 elsewhere.
        sustained: more steps than this at the goal are a sustained success; None without a goal.
        radius: metres from the goal that count as success, if reward is minus that distance.
        d4rl: returns that D4RL's score maps to 0 and 100.
    """

    horizon: int
    reward: tuple[float, float] | None = None
    binary: bool = False
    sustained: int | None = None
    radius: float | None = None
    d4rl: tuple[float, float] | None = None


@dataclass(frozen=True)
class Schema:
    """All columns in their order, the columns whose values together name a row, and the tasks."""

    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    tasks: Mapping[str, TaskFacts] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Field:
        """The column called ``name``; KeyError if there is none."""
        for each in self.fields:
            if each.name == name:
                return each
        raise KeyError(name)

    def allowed(self, name: str) -> tuple[str, ...]:
        """The values that a column may have; empty if any. Tasks must have known facts."""
        return tuple(self.tasks) if name == "env" and self.tasks else self[name].enum

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(each.name for each in self.fields)


def parse(descriptor: Mapping[str, Any]) -> Schema:
    """Turn a Table Schema descriptor into dataclasses.

    Raises KeyError if a field lacks its name, type or description.
    """
    fields = []
    for entry in descriptor["fields"]:
        rules = entry.get("constraints", {})
        fields.append(
            Field(
                name=entry["name"],
                kind=entry["type"],
                description=entry["description"],
                unit=entry.get("unit", ""),
                optional=entry.get("optional", False),
                required=rules.get("required", False),
                enum=tuple(rules.get("enum", ())),
                minimum=rules.get("minimum"),
                maximum=rules.get("maximum"),
                pattern=rules.get("pattern", ""),
            )
        )
    tasks = {name: _facts(facts) for name, facts in descriptor.get("tasks", {}).items()}
    return Schema(tuple(fields), tuple(descriptor["primaryKey"]), tasks)


def _facts(entry: Mapping[str, Any]) -> TaskFacts:
    pairs = {name: tuple(entry[name]) for name in ("reward", "d4rl") if name in entry}
    return TaskFacts(**{**entry, **pairs})


def _load() -> Schema:
    text = resources.files(__package__).joinpath("results.schema.json").read_text(encoding="utf-8")
    return parse(json.loads(text))


RESULTS: Schema = _load()
"""The schema of every ``results/<preset>/<experiment>.csv``."""

RUN_KEY: tuple[str, ...] = tuple(n for n in RESULTS.primary_key if n not in ("phase", "env_step"))
"""The key of a run: the key of a row without the parts that distinguish the run's rows."""
