"""A value that cannot stand at its place in a row is told by its place, with the way out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
import torch

from algorithms.catalogue.components import check_components
from algorithms.catalogue.methods import METHODS
from algorithms.catalogue.profiles import PROFILES
from algorithms.catalogue.resolving import layers, resolve
from algorithms.catalogue.settings import Settings, replace_path
from algorithms.catalogue.variants import VARIANTS
from algorithms.constraints.base import Constraint
from algorithms.critics.td import TD


class Plain:
    def log(self, advantages: torch.Tensor) -> torch.Tensor:
        return advantages


@dataclass
class Changing(Plain):
    lam: float = 0.3


@dataclass(frozen=True)
class Linear(Plain):
    lam: float = 0.3


@dataclass(frozen=True)
class Loose(Plain):
    """Its annotation names nothing that can be found, and nothing needs it."""

    table: NotThere = None  # type: ignore[name-defined]  # noqa: F821


@dataclass(frozen=True)
class Near(Constraint):
    weight: float = 0.1


class Undecorated(Near):
    more: float = 0.2  # no field: nothing would record it, and no --set would reach it


@dataclass(frozen=True)
class Alike:
    """Weights without the two fields that ours have."""

    def __call__(self, step: object) -> object:
        return step


@dataclass(frozen=True)
class Bare:
    """A constraint that says nothing of what one does."""


@dataclass(frozen=True)
class Acts:
    """A way of acting that cannot be called."""

    clips: bool = True


def _with(path: str, value: Any) -> Settings:
    return replace_path(resolve("AWAC"), path, value)


SHAPE = "objective.weights.shape"


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("critic", 5, "critic is 5, must be a component such as NoCritic()"),
        ("critic", TD, "critic is the class TD; write TD()"),
        (SHAPE, Plain(), f"{SHAPE}: Plain is no dataclass; write @dataclass(frozen=True) above"),
        (SHAPE, Changing(), f"{SHAPE}: Changing can change; write @dataclass(frozen=True) above"),
        (f"{SHAPE}.lam", True, f"{SHAPE}.lam is True, must be of type float"),
        ("critic.ensemble", None, "critic.ensemble is None, must be a component such as "),
        ("acting", Acts(), "acting: Acts lacks __call__ of a component such as ModeOrSample()"),
        ("policy_hidden", [64], "policy_hidden is of type list, which no run's record can hold"),
        ("constraint", Undecorated(), "constraint: Undecorated is no dataclass; write @dataclass("),
        (SHAPE, Loose((1, [2])), f"{SHAPE}.table is of type tuple, which no run's"),
        (SHAPE, Loose(torch.zeros(2)), f"{SHAPE}.table is of type Tensor, which no run's"),
        (SHAPE, Linear(cast("Any", "much")), f"{SHAPE}.lam is 'much', must be of type float"),
    ],
)
def test_what_cannot_stand_is_told(path: str, value: Any, told: str) -> None:
    with pytest.raises(ValueError) as caught:
        check_components(_with(path, value))
    assert str(caught.value).startswith(told)


def test_what_a_component_lacks_is_named_with_its_base() -> None:
    with pytest.raises(ValueError, match=r"Bare lacks acts, .*derive it from Constraint,"):
        check_components(_with("constraint", Bare()))
    with pytest.raises(ValueError, match="objective: TD lacks .*derive it from Objective"):
        check_components(_with("objective", TD()))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (SHAPE, Linear()),
        (SHAPE, Linear(1)),  # a whole number is a number
        (SHAPE, Loose()),
        (SHAPE, Loose((1, (2.0, "x")))),
        ("constraint", Near()),
        ("objective.weights", Alike()),
    ],
)
def test_components_of_ones_own_may_stand(path: str, value: Any) -> None:
    check_components(_with(path, value))


@pytest.mark.parametrize("profile", PROFILES)
def test_every_row_and_variant_of_ours_may_stand(profile: str) -> None:
    for name in (*METHODS, *VARIANTS):
        for domain in PROFILES[profile]:
            check_components(layers(name, profile=profile, domain=domain)["--set"])


def test_resolve_asks_it_and_names_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METHODS, "Mine", replace(METHODS["AWAC"], critic=cast("Any", TD)))
    with pytest.raises(ValueError, match="Mine: critic is the class TD; write TD"):
        resolve("Mine")
