"""Where the wall time of a whole run goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from algorithms.training import use_one_core
from reproduce.runs.assemble import assemble
from reproduce.runs.resolved import resolved
from reproduce.specs.grid import RunSpec
from reproduce.specs.place import Place


def test_update_and_simulator_take_most_of_a_run(tmp_path: Path, benchmark: Any) -> None:
    use_one_core()
    settings = ("offline_steps=1000", "online_steps=2000", "prior_rollouts=4")
    spec = RunSpec("small", "paper", "pen-binary-v0", "AWAC", 0, "embedded", settings=settings)
    training = assemble(resolved(spec), Place(tmp_path)).training
    benchmark.pedantic(training.run, rounds=1, iterations=1)
    total = training.seconds["total"]
    shares = {name: s / total for name, s in training.seconds.items() if name != "total"}
    print("\nshare of wall time: " + ", ".join(f"{k} {v:.1%}" for k, v in shares.items()))
    simulator = shares["simulate"] + shares["evaluate"]
    assert shares["update"] + simulator >= 0.85
