"""An update as a graph is the update: for every row, in every phase, by the same random numbers."""

from __future__ import annotations

import pytest
import torch

from algorithms.engine import Compiled, as_captured
from tests.algorithms.conftest import EVERY_ROW, WARM_START, learn, tiny_agent, weights_of

ROWS = [row for row in EVERY_ROW if not row[0].startswith("DAPG")]


@pytest.mark.parametrize(("name", "profile"), ROWS)
def test_one_update_of_every_phase(name: str, profile: str) -> None:
    eager, graph = tiny_agent(name, profile), tiny_agent(name, profile)
    graph.compiled = Compiled(graph, as_captured)
    for seed in range(WARM_START + 2):
        for agent in (eager, graph):
            metrics = learn(agent, seed)
            if agent is eager:
                expected = metrics
        assert metrics.keys() == expected.keys()
        for key in metrics:
            torch.testing.assert_close(
                metrics[key],
                expected[key].float(),
                rtol=1e-4,
                atol=1e-6,
                msg=lambda m: f"{seed} {key} {m}",
            )
        assert torch.equal(eager.generator.get_state(), graph.generator.get_state())
        a, b = weights_of(eager), weights_of(graph)
        for n in a:
            torch.testing.assert_close(
                b[n], a[n], rtol=1e-5, atol=1e-6, msg=lambda m: f"{seed} {n} {m}"
            )
