"""Compiled updates are the updates: C++ against PyTorch, operation by operation.

make test-engine
make test-engine EVERY=--every-method
"""

from __future__ import annotations

import torch

from algorithms.agent import Agent
from algorithms.engine.compiled import Compiled
from tests.algorithms.conftest import WARM_START, make_batch, tiny_agent, weights_of
from tests.algorithms.test_engine import assert_close

UPDATES = 200


def test_compiled_equals_eager(name: str, profile: str) -> None:
    """One update to float32's rounding, and 200 to what rounding grows to.

    The first moves targets half of their way, so that a stale one shows there, as does a moment
    that is not kept.

    Adam divides by the root of its second moment: where a gradient is all rounding, the two engines
    may step in different directions, by up to the learning rate each. So after n updates weights
    differ by at most 2 n rate in the worst case; the bound is a tenth of that, by the rate of each
    network, and by its source's for a target. A wrong sign or a missing term moves whole layers by
    n rate from the first update on.
    """
    eager, compiled = (tiny_agent(name, profile, "tau=0.5") for _ in range(2))
    compiled.compiled = Compiled(compiled)
    for agent in (eager, compiled):
        agent.updates = 1000 * WARM_START  # past every warm start
    demonstrations = make_batch(seed=1000)
    for number in range(UPDATES):
        batch = make_batch(seed=number)
        expected = eager.update(batch, demonstrations)
        found = compiled.update(batch, demonstrations)
        if number == 0:
            # some are small differences of numbers of order one: a few of float32's last places
            assert_close(expected, found, 1e-5, smallest=0.1)
            assert_close(eager.learner.state(), compiled.learner.state(), 1e-5)
    assert torch.equal(eager.generator.get_state(), compiled.generator.get_state())
    for key, value in weights_of(eager).items():
        bound = 0.1 * 2 * UPDATES * rate_of(eager, key)
        assert (value - weights_of(compiled)[key]).abs().max() < bound, key


def rate_of(agent: Agent, key: str) -> float:
    """The learning rate of a weight, or of the weight that it follows."""
    network = key.split(".")[0].removeprefix("target_")
    descents = agent.learner.descents
    return descents.get(network, descents["policy"]).learning_rate  # MPO's model is a copy
