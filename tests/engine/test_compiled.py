"""Compiled updates are the updates: C++ against PyTorch, operation by operation.

make test-engine
make test-engine EVERY=--every-method
"""

from __future__ import annotations

import torch

from algorithms.engine.compiled import Compiled
from tests.algorithms.conftest import WARM_START, make_batch, tiny_agent, weights_of
from tests.algorithms.test_engine import assert_close

UPDATES = 200


def test_compiled_equals_eager(name: str, profile: str) -> None:
    """One update to float32's rounding, and 200 to what rounding grows to.

    Adam divides by the root of its second moment: where a gradient is all rounding, the two engines
    may step in different directions, by up to the learning rate each. So after n updates weights
    differ by at most 2 n rate in the worst case; the bound is a tenth of that. A wrong sign, a
    stale target or a missing term moves whole layers by n rate from the first update on.
    """
    eager, compiled = tiny_agent(name, profile), tiny_agent(name, profile)
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
            assert_close(weights_of(eager), weights_of(compiled), 1e-5)
    assert torch.equal(eager.generator.get_state(), compiled.generator.get_state())
    rates = [descent.learning_rate for descent in eager.learner.descents.values()]
    for key, value in weights_of(eager).items():
        assert (value - weights_of(compiled)[key]).abs().max() < 0.1 * 2 * UPDATES * max(rates), key
