"""Numbers that cannot work are refused where they are set: NaN, infinity, bounds out of order."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import math
import pkgutil
import sys
import typing
from collections.abc import Iterator
from typing import Any

import pytest

import algorithms
from algorithms.catalogue.resolving import resolve
from algorithms.types import check_order, check_range

UNBOUNDED = {
    ("ClampTarget", "low"),
    ("ClampTarget", "high"),
    ("ClampOutput", "high"),
    ("Exponential", "clip"),
    ("Exponential", "cap"),
    ("SmoothedAction", "clip"),
}
"""Bounds that may be absent: infinity is a value of theirs."""


def components() -> Iterator[type]:
    """Every frozen dataclass of the package that can be made without arguments."""
    for module in pkgutil.walk_packages(algorithms.__path__, "algorithms."):
        for kind in vars(importlib.import_module(module.name)).values():
            if not (inspect.isclass(kind) and dataclasses.is_dataclass(kind)):
                continue
            fields = dataclasses.fields(kind)
            if kind.__module__ == module.name and not any(
                f.default is f.default_factory is dataclasses.MISSING for f in fields
            ):
                yield kind


def numbers() -> list[tuple[Any, str, Any]]:
    """(class, field, how a number becomes the field's value)."""
    found: list[tuple[Any, str, Any]] = []
    for kind in components():
        hints = typing.get_type_hints(kind, vars(sys.modules[kind.__module__]))
        for field in dataclasses.fields(kind):
            if hints[field.name] in (int, float):
                found.append((kind, field.name, lambda number: number))
            elif hints[field.name] == tuple[int, ...]:
                found.append((kind, field.name, lambda number: (8, number)))
    return found


NUMBERS = [pytest.param(*case, id=f"{case[0].__name__}.{case[1]}") for case in numbers()]


def test_the_search_finds_the_components() -> None:
    names = {kind.__name__ for kind, _, _ in numbers()}
    assert {"Hyperparameters", "Schedule", "Exponential", "TD", "VAEBehavior", "MMD"} <= names
    assert {(kind.__name__, name) for kind, name, _ in numbers()} >= UNBOUNDED


@pytest.mark.parametrize(("kind", "name", "made"), NUMBERS)
def test_nan_and_infinity_are_refused_by_name(kind: Any, name: str, made: Any) -> None:
    with pytest.raises(ValueError, match=rf"{name} must be"):
        kind(**{name: made(math.nan)})
    unbounded = (kind.__name__, name) in UNBOUNDED
    for infinity in (math.inf, -math.inf):
        try:
            kind(**{name: made(infinity)})
        except ValueError as error:
            assert name in str(error)
        else:
            assert unbounded, f"{kind.__name__}({name}={infinity}) is accepted"


@pytest.mark.parametrize(("kind", "name"), sorted(UNBOUNDED))
def test_a_bound_may_be_absent(kind: str, name: str) -> None:
    made = {k.__name__: k for k in components()}[kind]
    infinity = -math.inf if name == "low" else math.inf
    assert getattr(made(**{name: infinity}), name) == infinity


@pytest.mark.parametrize(
    ("method", "settings"),
    [
        ("AWAC", ("policy_learning_rate=inf",)),
        ("AWAC", ("q_learning_rate=nan",)),
        ("AWAC", ("q_weight_decay=inf",)),
        ("AWAC", ("clamp.low=nan",)),
        ("AWAC", ("clamp.low=1",)),
        ("AWAC", ("log_std_min=5",)),
        ("AWAC", ("log_std_max=-7",)),
        ("SAC", ("log_std_min=-inf",)),
        ("SAC", ("log_std_max=100",)),
        ("IQL", ("log_std_min=-200",)),
        ("SAC", ("squash_margin=1e-9",)),
        ("DAPG", ("log_std_init=-4",)),
        ("TD3+BC", ("exploration_noise=nan",)),
        ("TD3+BC", ("exploration_noise=-0.1",)),
        ("TD3+BC", ("noise=inf",)),
        ("SAC[entropy]", ("entropy_per_dim=nan",)),
        ("DAPG", ("hidden=0,64",)),
        ("BCQ", ("vae_hidden=64,-1",)),
        ("AWAC", ("batch_size=100000000",)),
        ("AWAC", ("offline_batch_size=100000000",)),
        ("AWAC", ("online_steps=1000000000000",)),
    ],
)
def test_what_cannot_work_is_refused_with_its_key(method: str, settings: tuple[str, ...]) -> None:
    key = settings[0].partition("=")[0].rpartition(".")[2]
    with pytest.raises(ValueError, match=r"must be") as error:
        resolve(method, settings=settings)
    assert key in str(error.value).replace(",", " ").split()


@pytest.mark.parametrize(
    ("method", "settings"),
    [
        ("RLPD", ("members=1",)),
        ("RLPD", ("subset=11",)),
        ("AWAC", ("ensemble=RandomSubset", "subset=3")),
        ("SAC", ("combination=RandomSubset", "subset=3")),
    ],
)
def test_a_subset_is_of_critics_that_are_there(method: str, settings: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"minimum of subset=\d+ critics, but there are members="):
        resolve(method, settings=settings)


def test_bounds_that_depend_on_each_other_are_set_together_in_any_order() -> None:
    both = ("log_std_min=5", "log_std_max=6")
    assert resolve("AWAC", settings=both) == resolve("AWAC", settings=both[::-1])
    steps = ("steps_per_update=10", "collect_steps=20")  # the first alone does not divide 1
    assert resolve("AWAC", settings=steps) == resolve("AWAC", settings=steps[::-1])


def test_messages_say_what_is_allowed() -> None:
    for arguments, message in (
        ((-1, 0, 5), "x must be at least 0 and at most 5, got -1"),
        ((-1, 0), "x must be at least 0, got -1"),
        ((9, -math.inf, 5), "x must be at most 5, got 9"),
        ((math.nan,), "x must be a number, got nan"),
        ((math.inf,), "x must be finite, got inf"),
        ((100_000, 1, 65_536), "x must be at least 1 and at most 65,536, got 100000"),
    ):
        with pytest.raises(ValueError) as error:
            check_range("x", *arguments)
        assert str(error.value) == message
    check_range("x", math.inf, finite=False)
    check_order("a", 1.0, "b", 1.0)
    with pytest.raises(ValueError, match="a must be at most b, got 2 and 1"):
        check_order("a", 2, "b", 1)
