"""What a setting does not reach is said, and only that."""

from __future__ import annotations

import pytest

from algorithms.catalogue.left_behind import left_behind
from algorithms.catalogue.methods import METHODS
from algorithms.catalogue.resolving import resolve
from algorithms.catalogue.variants import VARIANTS


def told(name: str, *settings: str, domain: str = "hand") -> str:
    before, after = (resolve(name, domain=domain, settings=given) for given in ((), settings))
    return " | ".join(left_behind(name, before, after))


@pytest.mark.parametrize("name", [*METHODS, *VARIANTS])
def test_nothing_is_said_of_a_row_as_it_is(name: str) -> None:
    assert told(name) == ""


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        (
            "AWAC[clip]",
            ("lam=1",),
            "objective.weights.shape.clip stays 2, which AWAC[clip] has for "
            "objective.weights.shape.lam=0.3; set it too",
        ),
        ("AWAC[clip]", ("lam=1", "objective.weights.shape.clip=6.7"), ""),
        ("AWAC[clip]", ("tau=0.1",), ""),
        (
            "ABM-MPO[exponential]",
            ("objective.weights.shape.lam=1",),
            "behavior.weights.shape.lam stays 0.3",
        ),
        ("AWAC[Z(s)]", ("policy=HeteroscedasticGaussian",), "behavior.policy stays "),
        ("DAPG", ("discount=0.9",), "discount=0.9 changes nothing: the critic has its own, 0.995"),
        ("AWAC", ("discount=0.9", "clamp=NoClamp"), ""),
    ],
)
def test_what_stays_is_named(name: str, settings: tuple[str, ...], words: str) -> None:
    found = told(name, *settings)
    assert words in found
    assert bool(found) is bool(words)


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        (
            "AWAC",
            ("reward_scaling=TaskUnits",),
            "objective.weights.shape.lam=0.1 stay as they are, in units of rewards times 0.1; "
            "rewards are times 1 now",
        ),
        ("AWAC", ("by=0.01",), "rewards are times 0.01 now"),
        ("AWAC", ("reward_scaling=TaskUnits", "lam=1"), ""),
        ("BRAC", ("reward_scaling=TaskUnits",), "constraint.coefficient=1 "),
        ("BC", ("reward_scaling=TaskUnits",), ""),
    ],
)
def test_numbers_in_units_of_rewards_are_named_where_these_change(
    name: str, settings: tuple[str, ...], words: str
) -> None:
    found = told(name, *settings, domain="locomotion")
    assert words in found
    assert bool(found) is bool(words)
