"""The colours of methods in a page: one class each, with another shade on a dark background."""

from __future__ import annotations

from dataclasses import dataclass, field

from matplotlib.colors import to_hex, to_rgb

from figures.end_labels import readable

DARK = "#15171C"
LEAST_CONTRAST = 4.5
"""Of small letters, by WCAG 2 (AA)."""


@dataclass
class Palette:
    """Classes by colour, in the order in which they are first asked for."""

    _numbers: dict[str, int] = field(default_factory=dict)

    def of(self, colour: str) -> str:
        """The class of ``#RRGGBB``, whose ``--c`` draws and ``--t`` writes."""
        return f"c{self._numbers.setdefault(colour, len(self._numbers))}"

    def css(self) -> str:
        """The rules of all classes that were asked for."""
        light = "".join(
            f".c{number}{{--c:{colour};--t:{readable(colour)}}}"
            for colour, number in self._numbers.items()
        )
        dark = "".join(
            f".c{number}{{--c:{on_dark(colour)};--t:{on_dark(colour)}}}"
            for colour, number in self._numbers.items()
        )
        return f"{light}@media screen and (prefers-color-scheme:dark){{{dark}}}"


def on_dark(colour: str) -> str:
    """``colour``, as much lighter as it needs to be read on ``DARK``."""
    red, green, blue = to_rgb(colour)
    for step in range(21):
        white = step / 20
        kept = 1 - white
        mixed = to_hex((kept * red + white, kept * green + white, kept * blue + white))
        if contrast(mixed, DARK) >= LEAST_CONTRAST:
            return mixed
    return "#ffffff"


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2, 1 to 21."""
    first, second = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (first + 0.05) / (second + 0.05)


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
