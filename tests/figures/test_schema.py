"""The schema of results files against everything else that knows their columns."""

from __future__ import annotations

import json
import math
import re
from importlib import resources
from pathlib import Path
from typing import get_args

import pytest

from envs.push import SUCCESS_DISTANCE_M
from envs.tasks import TASKS
from figures.results import table
from figures.results.schema import RESULTS, RUN_KEY, Field, parse
from reproduce.runs import collect
from reproduce.specs import grid

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")


def test_it_is_a_table_schema() -> None:
    text = (
        resources.files("figures.results")
        .joinpath("results.schema.json")
        .read_text(encoding="utf-8")
    )
    descriptor = json.loads(text)
    assert descriptor["$schema"].endswith("tableschema.json")
    assert descriptor["missingValues"] == [""]
    names = [field["name"] for field in descriptor["fields"]]
    assert len(set(names)) == len(names)
    assert set(descriptor["primaryKey"]) <= set(names)
    allowed = {"name", "type", "description", "unit", "optional", "constraints"}
    rules = {"required", "enum", "minimum", "maximum", "pattern"}
    for field in descriptor["fields"]:
        assert set(field) <= allowed, field["name"]
        assert set(field.get("constraints", {})) <= rules, field["name"]
        assert field["type"] in ("string", "integer", "number")


def test_parsing() -> None:
    schema = parse(
        {
            "fields": [
                {
                    "name": "a",
                    "type": "integer",
                    "description": "A.",
                    "unit": "m",
                    "constraints": {"required": True, "minimum": 0},
                },
                {
                    "name": "b",
                    "type": "string",
                    "description": "B.",
                    "optional": True,
                    "constraints": {"enum": ["x", "y"], "pattern": "."},
                },
            ],
            "primaryKey": ["a"],
        }
    )
    assert schema.primary_key == ("a",)
    assert schema["a"] == Field("a", "integer", "A.", unit="m", required=True, minimum=0)
    assert schema["b"] == Field("b", "string", "B.", optional=True, enum=("x", "y"), pattern=".")
    with pytest.raises(KeyError):
        schema["c"]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("preset", get_args(grid.PresetName)),
        ("profile", get_args(grid.ProfileName)),
        ("data", get_args(grid.DataKind)),
        ("labels", get_args(grid.Labels)),
        ("env", tuple(TASKS)),
    ],
)
def test_allowed_values_are_those_of_the_code(column: str, values: tuple[str, ...]) -> None:
    assert set(RESULTS[column].enum) == set(values)


def test_the_tasks_are_those_of_the_code() -> None:
    assert set(RESULTS.tasks) == set(TASKS)
    for name, known in TASKS.items():
        facts = RESULTS.tasks[name]
        bounds = (known.reward_low, known.reward_high) if known.reward_low > -math.inf else None
        assert (facts.horizon, facts.reward) == (known.horizon, bounds)
        assert (facts.sustained, facts.d4rl) == (
            known.success_steps_sustained,
            known.d4rl_reference,
        )
        assert facts.binary == (known.domain == "hand")
        assert facts.radius == (SUCCESS_DISTANCE_M if known.goal_dim else None)


def test_a_run_has_one_key_and_the_one_of_a_drawn_file_follows_from_it() -> None:
    """Their orders too: those of a file's rows, and those in which runs are resampled."""
    assert RUN_KEY == ("preset", "profile", "env", "method", "variant", "data", "labels", "seed")
    assert RESULTS.primary_key == (*RUN_KEY, "phase", "env_step")
    assert table.RUN == ("env", "data", "labels", "profile", "label", "seed")


def test_the_collected_columns_are_described_and_need_be_there() -> None:
    for name in (*collect.IDENTITY, *table.NUMERIC_COLUMNS):
        assert not RESULTS[name].optional, name
    assert set(table.TEXT_COLUMNS) == {*collect.IDENTITY, "phase"} - {"seed"}


def test_every_column_that_a_page_of_a_method_lists_is_described() -> None:
    listed = set()
    for page in (ROOT / "docs" / "methods").glob("*.md"):
        for block in page.read_text(encoding="utf-8").split("| column | meaning |\n")[1:]:
            for line in block.partition("\n\n")[0].splitlines():
                listed |= set(re.findall(r"^\| `(\w+)` \|", line))
    assert len(listed) > 40
    assert listed <= set(RESULTS.names)


def header(path: Path) -> set[str]:
    with path.open(encoding="utf-8") as file:
        return set(file.readline().strip().split(","))


RESULT_FILES = {
    str(path.relative_to(ROOT)): path
    for path in sorted((ROOT / "results").rglob("*.csv"))
    if set(RESULTS.primary_key) <= header(path)  # not verdicts, nor the tables of the paper
}


def test_the_committed_results_are_found() -> None:
    assert len(RESULT_FILES) >= 20
    assert {"results/small/ablations.csv", "results/earlier/small/figure1.csv"} <= set(RESULT_FILES)


@pytest.mark.parametrize("name", RESULT_FILES)
def test_every_column_of_the_committed_results_is_described(name: str) -> None:
    assert header(RESULT_FILES[name]) <= set(RESULTS.names)


def test_the_document_says_what_the_schema_says() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \| (.*?) \| (.*) \|$", DOCUMENT, re.MULTILINE)
    assert len(rows) == len(RESULTS.fields)
    for name, kind, unit, values, meaning in rows:
        field = RESULTS[name]
        assert kind == {"string": "text"}.get(field.kind, field.kind)
        assert unit.strip() == field.unit
        assert ("never empty" in values) == field.required
        assert tuple(re.findall(r"`([^`]+)`", values)) == field.enum
        bounds = {"≥": field.minimum, "≤": field.maximum}
        assert dict(re.findall(r"([≥≤]) ([\d.]+)", values)) == {
            sign: f"{bound:g}" for sign, bound in bounds.items() if bound is not None
        }
        assert meaning == field.description
    mandatory, optional = DOCUMENT.split("A file has these columns if they apply")
    for field in RESULTS.fields:
        assert f"\n| `{field.name}` " in (optional if field.optional else mandatory)
