"""Names at the ends of curves: as near as can be, never upon each other."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure

from figures.end_labels import (
    LINE,
    SIZE,
    WIDEST,
    End,
    cut_apart,
    fit,
    label_ends,
    margin,
    readable,
    short_names,
    spread,
    widest,
)
from figures.layout import elide
from figures.style import PANEL_HEIGHT


def test_places_that_are_apart_stay() -> None:
    np.testing.assert_allclose(spread(np.array([0.9, 0.1, 0.5]), 0.1, 0, 1), [0.9, 0.1, 0.5])


def test_two_that_coincide_move_by_half_a_gap_each() -> None:
    np.testing.assert_allclose(spread(np.array([0.5, 0.5]), 0.1, 0, 1), [0.45, 0.55])


def test_the_ends_of_the_panel_push_back() -> None:
    np.testing.assert_allclose(spread(np.array([1.0, 1.0, 1.0]), 0.1, 0, 1), [0.8, 0.9, 1.0])


def test_no_other_places_are_nearer() -> None:
    """Brute force over a lattice of all places that keep the gap and the order."""
    rng = np.random.default_rng(0)
    lattice = np.linspace(0, 1, 41)
    grid = np.stack(np.meshgrid(lattice, lattice, lattice), -1).reshape(-1, 3)
    for _ in range(20):
        wanted = np.sort(rng.uniform(0, 1, 3))
        allowed = grid[(np.diff(grid, axis=1) >= 0.25 - 1e-9).all(axis=1)]
        best = ((allowed - wanted) ** 2).sum(axis=1).min()
        found = spread(wanted, 0.25, 0, 1)
        assert (np.diff(found) >= 0.25 - 1e-9).all()
        assert found.min() >= -1e-9 and found.max() <= 1 + 1e-9
        assert ((found - wanted) ** 2).sum() <= best + 1e-9


def test_texts_do_not_overlap_on_paper() -> None:
    figure = Figure(figsize=(4, PANEL_HEIGHT / 0.6))
    ax = figure.add_axes((0.2, 0.2, 0.5, 0.6))
    ax.set_xlim(0, 10)
    ax.set_ylim(0, 1)
    ends = [End(f"name {n}", "#0B4FBF", 10, 0.5) for n in range(12)]
    label_ends(ax, ends)
    boxes = sorted((text.get_window_extent() for text in ax.texts), key=lambda box: box.y0)
    assert len(boxes) == 12
    assert all(above.y0 >= below.y1 - 0.5 for below, above in pairwise(boxes))
    assert len(figure.artists) == 12


def test_more_names_than_lines_have_no_room() -> None:
    most = int(PANEL_HEIGHT / LINE)
    assert fit(most) and not fit(most + 3)
    assert margin(["AWAC"] * (most + 3)) == 0.0
    long = short_names(["AWAC [a variant with a very long name indeed]"], widest(3))
    assert margin(list(long.values())) < 1.2
    assert widest(3) < widest(2)


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (
            ["AWAC", "AWAC [lam=0.1]", "AWAC [lam=0.3]"],
            ["AWAC", "AWAC [lam=0.1]", "AWAC [lam=0.3]"],
        ),
        (
            ["AWAC [batch,lam=0.01]", "AWAC [batch,lam=0.03]"],
            ["AWAC [lam=0.01]", "AWAC [lam=0.03]"],
        ),
        (["BC [words.more.c=1]", "BC [words.more.d=1]"], ["BC [c=1]", "BC [d=1]"]),
        (
            ["AWAC [policy=Gaussian]", "AWAC [policy=Tanh]", "BC [policy=Tanh]"],
            ["AWAC [Gaussian]", "AWAC [Tanh]", "BC [Tanh]"],
        ),
        (
            ["BRAC [coefficient=1]", "BRAC [coefficient=2]", "BC [weights=3]"],
            ["BRAC [1]", "BRAC [2]", "BC [weights=3]"],
        ),
        (
            ["AWAC", "AWAC [coefficient=]", "AWAC [coefficient=1]"],
            ["AWAC", "AWAC [coefficient=]", "AWAC [coefficient=1]"],
        ),
    ],
)
def test_what_variants_share_is_dropped_where_there_is_no_room(
    names: list[str], short: list[str]
) -> None:
    def cut(name: str, letters: float) -> str:
        return name if len(name) <= letters else f"{name[: int(letters) - 1]}…"

    found = cut_apart(names, 16, cut)
    assert list(found) == names
    assert [found[name] for name in names[:-1]] == short[:-1]
    assert found[names[-1]].startswith(short[-1][:15])


def test_no_two_curves_have_one_short_name() -> None:
    """Both ends are the same, and so is all that a narrow margin shows."""
    names = [f"AWAC [first words {middle} and more last words]" for middle in ("one", "two")]
    narrow = {elide(name, WIDEST, SIZE) for name in names}
    assert len(narrow) == 1
    assert len(set(short_names(names).values())) == 2


@pytest.mark.parametrize(("colour", "found"), [("#0B4FBF", "#0b4fbf"), ("#ffffff", "#8c8c8c")])
def test_light_colours_are_darkened_for_letters(colour: str, found: str) -> None:
    """0.55 of 255 is 140, 0x8c."""
    assert readable(colour) == found
