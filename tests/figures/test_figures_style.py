"""Colours: fixed, distinct, and distinct to colour-blind readers."""

from __future__ import annotations

import itertools

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from figures import style

# Machado, Oliveira and Fernandes 2009, severity 1.0, applied to linear RGB.
SIGHT = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
}
# Ottosson 2020: linear RGB -> cone responses -> Oklab.
TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def _oklab(colour: str, sight: str) -> np.ndarray:
    """Oklab coordinates times 100 as seen with ``sight``."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(SIGHT[sight] @ linear, 0, 1)
    return 100 * TO_OKLAB @ np.cbrt(TO_CONES @ seen)


def _nearest(methods: tuple[str, ...], sight: str) -> tuple[float, str, str]:
    places = {method: _oklab(style.METHOD_COLOURS[method], sight) for method in methods}
    return min(
        (float(np.linalg.norm(places[a] - places[b])), a, b)
        for a, b in itertools.combinations(methods, 2)
    )


def test_the_order_of_methods_is_fixed() -> None:
    assert style.METHOD_ORDER == (
        "AWAC",
        "SAC",
        "SAC+BC",
        "BC",
        "BCQ",
        "BEAR",
        "AWR",
        "MPO",
        "ABM-MPO",
        "DAPG",
        "BRAC",
        "IQL",
        "TD3+BC",
        "Cal-QL",
        "RLPD",
    )
    assert style.METHOD_COLOURS["AWAC"] == "#0B4FBF"


@pytest.mark.parametrize("sight", list(SIGHT))
def test_colours_are_distinct(sight: str) -> None:
    """Oklab distance x 100; about 2 is just noticeable side by side."""
    assert _nearest(style.METHOD_ORDER[:11], sight)[0] > (13 if sight == "normal" else 9)
    assert _nearest(style.METHOD_ORDER, sight)[0] > 7.9


@pytest.mark.parametrize("sight", list(SIGHT))
def test_no_method_is_grey_as_a_single_seed_is(sight: str) -> None:
    every = (*style.METHOD_COLOURS.values(), *style.OTHER_COLOURS)
    grey = _oklab(style.SINGLE_SEED, sight)
    nearest = min(np.linalg.norm(_oklab(c, sight) - grey) for c in style.METHOD_COLOURS.values())
    assert nearest > 6
    chroma = {colour: np.linalg.norm(_oklab(colour, "normal")[1:]) for colour in every}
    assert min(chroma.values()) > 6, min(chroma, key=lambda colour: chroma[colour])


def test_a_single_seed_is_grey_only_beside_several_and_only_of_ours() -> None:
    assert style.singles({"AWAC": 5, "SAC [a]": 1, "Mine": 1, "BC": 2}) == {"SAC [a]"}
    assert style.singles({"AWAC": 1, "SAC": 1}) == style.singles({}) == set()


def test_every_method_has_its_own_marker_and_awac_is_the_most_prominent() -> None:
    styles = [style.method_style(method) for method in style.METHOD_ORDER]
    assert len({each.marker for each in styles}) == len(styles)
    assert all(styles[0].width > each.width for each in styles[1:])
    assert all(styles[0].zorder > each.zorder for each in styles[1:])


def test_variants_differ_from_their_method_and_from_each_other() -> None:
    looks = [style.method_style("AWAC", rank) for rank in range(6)]
    assert len({(look.colour, look.line) for look in looks}) == 6
    markers = [look.marker for look in looks[1:]]
    assert len(set(markers)) == len(markers)
    assert markers[0] == looks[0].marker and not any(look.filled for look in looks[1:])


def test_variants_are_counted_among_all_that_are_drawn() -> None:
    found = style.styles_of(["AWAC [b]", "SAC [c]", "AWAC", "AWAC [a]"])
    assert list(found) == ["AWAC", "AWAC [a]", "AWAC [b]", "SAC [c]"]
    assert found["AWAC [b]"] == style.method_style("AWAC", 2)
    assert found["SAC [c]"] == style.method_style("SAC", 1)


@pytest.mark.parametrize("sight", list(SIGHT))
def test_colours_of_other_methods_are_none_of_ours(sight: str) -> None:
    ours = [_oklab(style.METHOD_COLOURS[method], sight) for method in style.METHOD_ORDER]
    others = [_oklab(colour, sight) for colour in style.OTHER_COLOURS]
    nearest = min(float(np.linalg.norm(a - b)) for a in others for b in ours)
    assert nearest > (7.5 if sight == "normal" else 6)
    apart = min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(others, 2))
    assert apart > 7.5


def test_a_method_without_an_entry_has_a_look_that_its_name_decides() -> None:
    """The numbers are bytes of SHA-256("Mine"), 0xf5 0x7a 0xfb by `sha256sum`."""
    look = style.method_style("Mine")
    assert look.colour == style.OTHER_COLOURS[0xF5 % 7]
    assert look.line == style.OTHER_LINES[0x7A % 3]
    assert look.marker == style.OTHER_MARKERS[0xFB % 5]
    ours = [style.method_style(method) for method in style.METHOD_ORDER]
    assert look.marker not in {each.marker for each in ours}
    assert look.line not in {each.line for each in ours}
    variant = style.method_style("Mine", 1)
    assert variant.marker == look.marker and variant.colour != look.colour and not variant.filled


def test_the_theme_is_not_set_globally() -> None:
    before = dict(mpl.rcParams)
    with mpl.rc_context(style.theme()):
        assert mpl.rcParams["pdf.fonttype"] == 42
    assert dict(mpl.rcParams) == before
