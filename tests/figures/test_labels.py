"""A method with its variant is spelled and read in one place, and reading undoes spelling."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.catalogue.variants import VARIANTS
from figures import labels
from reproduce.judging.claims import CLAIMS
from reproduce.specs.grid import RunSpec

ROOT = Path(__file__).resolve().parents[2]

METHOD = st.text("AWCQ3+-.", min_size=1, max_size=6)
NAMED = st.text("aZ9()-.", max_size=6)
VALUE = st.lists(st.text("a1.()-", min_size=1, max_size=4), min_size=1, max_size=3).map(",".join)
SETTING = st.builds("{}={}".format, st.text("lm_.", min_size=1, max_size=5), VALUE)

# registered name, variant of a row, label
SPELLINGS = [
    ("AWAC", "AWAC", ()),
    ("AWAC[batch]", "AWAC [batch]", ()),
    ("AWAC", "AWAC [lam=0.3]", ("lam=0.3",)),
    ("AWAC[batch]", "AWAC [batch,lam=0.3,tau=0.01]", ("tau=0.01", "lam=0.3")),
    ("SAC+BC[Q-filter]", "SAC+BC [Q-filter,q_hidden=16,16]", ("q_hidden=16,16",)),
    ("AWAC[Z(s)-50]", "AWAC [Z(s)-50]", ()),
]


@pytest.mark.parametrize(("name", "label", "changes"), SPELLINGS)
def test_a_run_is_spelled_as_in_the_registry_and_as_in_the_rows(
    name: str, label: str, changes: tuple[str, ...]
) -> None:
    method, named = labels.split_registered(name)
    spec = RunSpec("quick", "paper", "pen-binary-v0", method, 3, "human", "stored", changes, named)
    assert (spec.registered, spec.label) == (name, label)
    assert str(spec) == f"pen-binary-v0 {label} seed 3"
    assert labels.split_label(label) == (method, spec.variant)
    assert labels.split_variant(spec.variant) == (named, tuple(sorted(changes)))


@settings(max_examples=60)
@given(METHOD, NAMED, st.lists(SETTING, max_size=3))
def test_reading_undoes_spelling(method: str, named: str, changes: list[str]) -> None:
    variant = labels.variant(named, changes)
    assert labels.split_registered(labels.registered(method, named)) == (method, named)
    assert labels.split_label(labels.label(method, variant)) == (method, variant)
    assert labels.method_of(labels.label(method, variant)) == method
    assert labels.split_variant(variant) == (named, tuple(sorted(changes)))


def test_every_name_of_the_registry_and_of_the_claims_is_read_back() -> None:
    for name, variant in VARIANTS.items():
        method, named = labels.split_registered(name)
        assert method == variant.base
        assert labels.registered(method, named) == name
    for arm in (arm for claim in CLAIMS for arm in claim.arms()):
        method, named = labels.split_label(arm.label)
        assert labels.label(method, named) == arm.label


def test_nothing_else_takes_a_name_apart() -> None:
    own = re.compile(r"""(partition|split)\(['"] ?\[['"]|\} ?\[\{(self\.)?(variant|named)""")
    files = [p for room in ("figures", "reproduce") for p in (ROOT / room).rglob("*.py")]
    found = {p.name for p in files if own.search(p.read_text(encoding="utf-8"))}
    assert found == {"labels.py"}
