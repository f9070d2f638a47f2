"""Several tests of one family of claims."""

from __future__ import annotations

from collections.abc import Mapping


def holm(p_values: Mapping[str, float]) -> Mapping[str, float]:
    """Adjusted p-values that control the probability of any false rejection in the family.

    With p_(1) <= ... <= p_(m): adjusted p_(i) = min(1, max over j <= i of (m - j + 1) p_(j)).
    Holm's step-down procedure rejects if the adjusted value is at most alpha (Holm, "A simple
    sequentially rejective multiple test procedure", 1979). It assumes nothing about how the tests
    depend on each other. SciPy has only false-discovery-rate control.

    Args:
        p_values: by the name of the test; the order does not matter.

    Returns:
        The adjusted p-values by the same names, in the same order.

    Raises:
        ValueError: no test, or a value that is not in [0, 1].
    """
    if not p_values:
        raise ValueError("no p-value; a family has at least one test")
    for name, value in p_values.items():
        if not 0 <= value <= 1:  # NaN fails the comparison
            raise ValueError(f"p-value of {name} is {value}, must be in [0, 1]")
    adjusted: dict[str, float] = {}
    largest = 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = largest
    return {name: adjusted[name] for name in p_values}
