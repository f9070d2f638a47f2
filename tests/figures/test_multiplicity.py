"""Holm's procedure against a textbook example and by brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from figures.statistics.multiplicity import holm


def test_textbook_example() -> None:
    # Sorted 0.005 0.01 0.03 0.04, times 4 3 2 1: 0.02 0.03 0.06 0.04; running maximum ends at 0.06.
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert adjusted == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})
    assert list(adjusted) == ["a", "b", "c", "d"]


def test_one_test_is_not_adjusted_and_nothing_exceeds_one() -> None:
    assert holm({"a": 0.2}) == {"a": 0.2}
    assert holm({"a": 0.6, "b": 0.9, "c": 1.0}) == {"a": 1.0, "b": 1.0, "c": 1.0}


def test_order_does_not_matter_and_ties_are_equal() -> None:
    family = {"a": 0.02, "b": 0.02, "c": 0.5, "d": 0.001}
    expected = holm(family)
    assert expected["a"] == expected["b"] == pytest.approx(0.06)
    for order in itertools.permutations(family):
        assert holm({name: family[name] for name in order}) == expected


def test_rejections_are_those_of_closed_testing() -> None:
    """Holm is the closed test with Bonferroni: a hypothesis falls at alpha if every intersection
    that holds it does, that is if |S| min p <= alpha for all S that hold it."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        p_values = dict(zip("abcd", rng.random(4) ** 3, strict=True))
        for name, adjusted in holm(p_values).items():
            sets = [
                chosen
                for size in range(1, 5)
                for chosen in itertools.combinations(p_values, size)
                if name in chosen
            ]
            worst = max(len(chosen) * min(p_values[each] for each in chosen) for chosen in sets)
            assert adjusted == pytest.approx(min(1.0, worst))


@pytest.mark.parametrize("family", [{}, {"a": -0.1}, {"a": 1.1}, {"a": 0.1, "b": float("nan")}])
def test_senseless_families_are_refused(family) -> None:
    with pytest.raises(ValueError, match="p-value"):
        holm(family)
