"""`run.py --show`: what runs, and where each value comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from algorithms.catalogue.settings import Settings
from reproduce.run import main
from reproduce.runs.resolved import layers_of, resolved
from reproduce.runs.showing import origins, show
from reproduce.specs.grid import RunSpec

ROOT = Path(__file__).resolve().parents[2]
PEN = "pen-binary-v0"


def spec(method: str = "AWAC", *settings: str, variant: str = "", env: str = PEN) -> RunSpec:
    return RunSpec("small", "paper", env, method, 0, "embedded", settings=settings, named=variant)


def test_each_value_has_the_layer_that_decided_it() -> None:
    found = origins(layers_of(spec("AWAC", "lam=0.5", variant="batch")))
    expected = {
        "objective.weights.shape.lam": "--set",
        "objective.weights.shape": "",  # the class is the row's, and the default; its lam is not
        "objective.weights.shape.cap": "variant",
        "objective.weights.normalisation": "variant",
        "objective.value": "row",
        "critic.clamp": "profile",
        "critic.members": "",
        "batch_size": "preset",
        "tau": "",
    }
    assert {path: found[path] for path in expected} == expected
    assert set(found) == set(resolved(spec("AWAC", "lam=0.5", variant="batch")).settings.paths())


def test_a_value_that_is_set_to_what_it_was_stays_where_it_came_from() -> None:
    assert origins(layers_of(spec("AWAC", "lam=0.3")))["objective.weights.shape.lam"] == ""
    assert origins(layers_of(spec(env="Ant-v2")))["objective.weights.shape.lam"] == "profile"


@pytest.mark.parametrize("method", ["AWAC", "BEAR", "DAPG", "Cal-QL", "MPO"])
def test_the_expression_makes_what_runs(method: str) -> None:
    text = show(spec(method))
    names = _components(resolved(spec(method)).settings)
    parts = text.split("\n\n")
    made = Settings(*(eval(part, names) for part in parts))
    assert made == resolved(spec(method)).settings


def test_the_readme_shows_what_the_command_prints() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    excerpt = text.split("```python\n")[1].split("```")[0]
    shown = [line.strip() for line in show(spec()).splitlines()]
    lines = [line.strip() for line in excerpt.splitlines() if line.strip() != "..."]
    assert lines and all(line in shown for line in lines)


def _components(settings: Settings) -> dict[str, Any]:
    parts = (settings.method, settings.config, settings.schedule, *settings.paths().values())
    return {type(part).__name__: type(part) for part in parts} | {"inf": float("inf")}


def test_the_command_prints_it_and_trains_nothing(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main(
            [
                "--show",
                "--env",
                PEN,
                "--data",
                "embedded",
                "--set",
                "lam=.5",
                "--out",
                str(tmp_path),
            ]
        )
        == 0
    )
    assert "lam=0.5," in capsys.readouterr().out
    assert not list(tmp_path.iterdir())
