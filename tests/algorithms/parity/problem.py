"""A method's agent with random parameters, a batch and noise, and its losses held against NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from numpy import ndarray

from algorithms.agent import Agent
from algorithms.catalogue.resolving import resolve
from algorithms.engine.update import losses_of
from algorithms.networks.mlp import MLP
from algorithms.types import Batch
from tests.algorithms.parity.networks import OBS, WIDTH, A
from tests.algorithms.parity.numerics import gradient

B, SEED, TOLERANCE, DISCOUNT = 6, 21, 1e-10, 0.99
SIZES = {
    "policy_hidden": (WIDTH,),
    "q_hidden": (WIDTH,),
    "behavior.vae_hidden": (WIDTH,),
    "critic.hidden": (WIDTH,),
    "objective.trajectories": 2,
}
Losses = dict[str, Callable[[ndarray], Any]]
"""Network -> its loss as a function of its parameters; all else is a constant to it."""


@contextmanager
def double_precision() -> Iterator[None]:
    previous = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(previous)


class Noise:
    """The draws that an agent makes from a generator of the same seed, in the same order."""

    def __init__(self) -> None:
        self._generator = torch.Generator().manual_seed(SEED)

    def normal(self, *shape: int) -> ndarray:
        return torch.randn(shape, generator=self._generator, dtype=torch.float64).numpy()

    def uniform(self, *shape: int) -> ndarray:
        return torch.rand(shape, generator=self._generator, dtype=torch.float64).numpy()

    def permutation(self, length: int) -> ndarray:
        return torch.randperm(length, generator=self._generator).numpy()


def batch_of(seed: int) -> SimpleNamespace:
    """B transitions; the last return is not known, the second is a true terminal."""
    rng = np.random.default_rng(seed)
    masks, returns = np.ones(B), rng.uniform(-3, 0, B)
    masks[1], returns[-1] = 0.0, -np.inf
    actions = rng.uniform(-1, 1, (B, A))
    actions[0, 0] = 1.0  # at a bound
    return SimpleNamespace(
        s=rng.normal(size=(B, OBS)),
        a=actions,
        r=-rng.integers(0, 2, B).astype(float),
        m=masks,
        following=rng.normal(size=(B, OBS)),
        returns=returns,
        targets=rng.uniform(-3, 0, B),
        advantages=rng.normal(size=B),
    )


def as_torch(b: SimpleNamespace) -> Batch:
    columns = (b.s, b.a, b.r, b.m, b.following, b.returns, b.targets, b.advantages)
    return Batch(*(torch.from_numpy(column) for column in columns))


class Problem:
    """To be made and used under `double_precision`."""

    def __init__(self, name: str, *changes: str, updates: int = 0) -> None:
        settings = resolve(name, preset=SIZES, settings=changes)
        self.method = settings.method
        self.agent = Agent(settings.method, settings.config, OBS, A, seed=0)
        self.agent.updates = updates
        generator = torch.Generator().manual_seed(9)
        for network in self.agent.networks.values():
            for module in network.modules():
                if isinstance(module, MLP):
                    module.compute_dtype = torch.float64
            for parameter in network.parameters():
                parameter.data.copy_(0.6 * torch.randn(parameter.shape, generator=generator))
        self.batch, self.demonstrations = batch_of(1), batch_of(2)
        self.theta = {
            name: np.concatenate([p.detach().numpy().ravel() for p in network.parameters()])
            for name, network in self.agent.networks.items()
            if name != "observations"  # has no parameters
        }
        self.noise = Noise()

    def losses(self) -> dict[str, torch.Tensor]:
        """As `Agent.update` makes them, in its order."""
        self.agent.generator.manual_seed(SEED)
        step = self.agent._step(as_torch(self.batch), as_torch(self.demonstrations))
        losses, _ = losses_of(self.agent.method, step)
        return losses

    def compare(self, expected: Losses) -> None:
        """Losses, gradients and their norms of every trained network."""
        actual = self.losses()
        assert set(actual) == set(expected)
        for name, function in expected.items():
            value = float(np.real(function(self.theta[name])))
            slopes = gradient(function, self.theta[name])
            assert np.isfinite(value) and np.linalg.norm(slopes) > 1e-6, name
            parameters = list(self.agent.networks[name].parameters())
            found = torch.autograd.grad(
                actual[name].sum(), parameters, retain_graph=True, allow_unused=True
            )
            flat = np.concatenate(
                [
                    np.zeros(p.numel()) if g is None else g.numpy().ravel()
                    for g, p in zip(found, parameters, strict=True)
                ]
            )
            np.testing.assert_allclose(
                actual[name].sum().item(), value, rtol=TOLERANCE, err_msg=f"loss of {name}"
            )
            scale = np.linalg.norm(slopes)
            np.testing.assert_allclose(
                np.linalg.norm(flat), scale, rtol=TOLERANCE, err_msg=f"gradient norm of {name}"
            )
            np.testing.assert_allclose(
                flat, slopes, rtol=0, atol=TOLERANCE * scale, err_msg=f"gradient of {name}"
            )


Case = tuple[str, tuple[str, ...], int, Callable[[Problem], Losses]]
"""Row or variant, as `--set`, updates already made, and its losses in plain NumPy."""


def name_of(case: Case) -> str:
    return case[0]


def check(case: Case) -> None:
    """Losses and gradients of the row are those of its reference."""
    name, changes, updates, reference = case
    with double_precision():
        problem = Problem(name, *changes, updates=updates)
        problem.compare(reference(problem))
