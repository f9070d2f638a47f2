"""Two tiers of tests: `make test` runs the quick ones, `make test-slow` the rest; CI runs both."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

import pytest


def tiered(values: Iterable[Any], quick: Container[Any]) -> list[Any]:
    """For `parametrize`: values in `quick` are always tried, the others in the second tier.

    A value that is a tuple stands for several arguments.
    """
    return [
        pytest.param(
            *(value if isinstance(value, tuple) else (value,)),
            marks=() if value in quick else pytest.mark.slow,
        )
        for value in values
    ]
