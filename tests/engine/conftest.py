"""Option of the tests that compile: how many methods."""

from __future__ import annotations

import pytest
import torch

from tests.algorithms.test_engine import different_graphs

FEW = [("AWAC", "paper"), ("SAC", "paper"), ("BEAR", "paper")]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-method", action="store_true", help="compile every method: an hour or more"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if {"name", "profile"} <= set(metafunc.fixturenames):
        every = metafunc.config.getoption("--every-method", default=False)
        metafunc.parametrize(("name", "profile"), different_graphs() if every else FEW)


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)
