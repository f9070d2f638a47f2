"""How long something takes, as scripts print it."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """'42 s', '7 min', '3.4 h', '2.1 d'."""
    for size, unit, below in ((1, "s", 100), (60, "min", 100), (3600, "h", 48)):
        if seconds / size < below:
            return f"{seconds / size:.{1 if unit == 'h' else 0}f} {unit}"
    return f"{seconds / 86400:.1f} d"
