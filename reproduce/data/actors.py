"""Policies as files: the weights of a squashed Gaussian actor, as safetensors.

Arrays ``layers.<i>.weight`` (in, out) and ``layers.<i>.bias`` (out,), float32; the last layer gives
mean and log-std. An actor that sees standardised observations has ``observations.mean`` (O,) and
``observations.std`` (O,) beside them. The metadata says how the policy came about and what it
returns.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from algorithms.config import Hyperparameters
from algorithms.data.observations import Standardisation
from algorithms.networks.blueprint import Blueprint
from algorithms.policies.policy import Policy
from algorithms.policies.squashed import SquashedGaussian
from envs.data.files import sha256_of
from envs.data.sources import ASSETS, named_data_dir
from envs.tasks import Task, task
from envs.trajectory import DataError, check_readable
from figures.files import whole_file

_STATISTICS = "observations."


@dataclass(frozen=True)
class Actor:
    """A policy that somebody else's data can be made with.

    Attributes:
        path: its file.
        policy: its network.
        metadata: what the file says about it.
        sha256: checksum of the file.
        see: observations of the task (B, O) -> as the network sees them.
    """

    path: Path
    policy: Policy
    metadata: dict[str, Any]
    sha256: str
    see: nn.Module

    @property
    def return_mean(self) -> float:
        """Mean return of its deterministic evaluation episodes."""
        return float(self.metadata["return_mean"])

    @torch.no_grad()
    def act(
        self, observation: np.ndarray, *, generator: torch.Generator | None = None
    ) -> np.ndarray:
        """(O,) -> (A,): a sample drawn from `generator`, the mode without one."""
        x = torch.as_tensor(observation, dtype=torch.float32).unsqueeze(0)
        pi = self.policy(self.see(x))
        action = pi.mode() if generator is None else pi.sample(generator)
        result: np.ndarray = action[0].clamp(-1, 1).numpy()
        return result


def filename(task_id: str) -> str:
    """Name of the file of a task's expert: halfcheetah_sac.safetensors."""
    return f"{task_id.split('-')[0].lower()}_sac.safetensors"


def save_actor(
    path: Path, policy: Policy, metadata: Mapping[str, Any], *, see: nn.Module | None = None
) -> None:
    """Write the weights, how they `see` observations, and what is to be known about them; whole or
    not at all."""
    arrays = {
        f"{_STATISTICS}{name}": value.detach().cpu().contiguous().clone()
        for name, value in (see.state_dict().items() if see is not None else ())
    }
    for index, (weight, bias) in enumerate(policy.mlp.layers()[0]):
        arrays[f"layers.{index}.weight"] = weight.detach().cpu().contiguous().clone()
        arrays[f"layers.{index}.bias"] = bias.detach().cpu().contiguous().clone()
    with whole_file(path) as file:
        file.write(save(arrays, {"actor": json.dumps(dict(metadata), sort_keys=True)}))


def load_actor(
    task_id: str, data_dir: Path | None = None, *, notify: Callable[[str], None] = print
) -> Actor:
    """The expert of a task: from the data folder, else the one that the project ships.

    `notify` is told if the former takes the place of the latter.

    Raises:
        DataError: naming the file and the way out, if there is none, or it is damaged or of
            another task.
    """
    folders = [data_dir or named_data_dir() or ASSETS, ASSETS]
    found = [folder / filename(task_id) for folder in folders]
    path = next((path for path in found if path.is_file()), None)
    if path is None:
        raise DataError(
            f"no expert for {task_id}: {filename(task_id)} is not in {folders[0]} nor in {ASSETS}; "
            f"train one with `python reproduce/train_expert.py --env {task_id}`"
        )
    actor, shipped = read_actor(path, task_id), found[-1]
    if shipped.is_file() and sha256_of(shipped) != actor.sha256:
        notify(f"{task_id}: the expert is {path}, not the one that the project ships")
    return actor


def read_actor(path: Path, task_id: str) -> Actor:
    """Read one file. Raises DataError as `load_actor` does."""
    check_readable(path, "expert policy")
    try:
        with safe_open(path, framework="pt") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = dict(json.loads((file.metadata() or {})["actor"]))
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path} is no policy of this project, or damaged ({error}); delete it and train one "
            f"with `python reproduce/train_expert.py --env {task_id}`"
        ) from error
    known = task(task_id)
    statistics = {
        name.removeprefix(_STATISTICS): arrays.pop(name)
        for name in sorted(arrays)
        if name.startswith(_STATISTICS)
    }
    layers = _layers(arrays)
    sizes = known.observation_dim, 2 * known.action_dim
    fits = (
        layers
        and (layers[0][0].shape[0], layers[-1][0].shape[1]) == sizes
        and set(statistics) in (set(), {"mean", "std"})
        and all(value.shape == sizes[:1] for value in statistics.values())
        and metadata.get("task") == task_id
        and isinstance(metadata.get("return_mean"), (int, float))
    )
    if not fits:
        raise DataError(f"{path} is no policy for {task_id} ({sizes[0]} to {sizes[1]} numbers)")
    for name, array in {**arrays, **statistics}.items():
        if not torch.isfinite(array).all():
            raise DataError(f"{path}: {name} contains NaN or infinity; get the file again")
    return Actor(
        path,
        _policy(layers, known),
        metadata,
        sha256_of(path),
        _standardisation(statistics, known),
    )


def _layers(arrays: Mapping[str, Tensor]) -> list[tuple[Tensor, Tensor]]:
    """The layers' weights (in, out) and biases (out,) in order; none if they are no network."""
    depth = len(arrays) // 2
    names = [(f"layers.{i}.weight", f"layers.{i}.bias") for i in range(depth)]
    if set(arrays) != {name for pair in names for name in pair}:
        return []
    layers = [(arrays[weight], arrays[bias]) for weight, bias in names]
    matrices = all(w.dim() == 2 and w.is_floating_point() for w, _ in layers)
    if not matrices or any(b.shape != w.shape[1:] for w, b in layers):
        return []
    chained = all(w.shape[1] == v.shape[0] for (w, _), (v, _) in itertools.pairwise(layers))
    return layers if chained else []


def _policy(layers: Sequence[tuple[Tensor, Tensor]], known: Task) -> Policy:
    blueprint = Blueprint(
        known.observation_dim,
        known.action_dim,
        Hyperparameters(policy_hidden=tuple(int(bias.shape[0]) for _, bias in layers[:-1])),
        torch.Generator().manual_seed(0),
    )
    policy = SquashedGaussian().build(blueprint)
    for (weight, bias), (recorded, of_bias) in zip(policy.mlp.layers()[0], layers, strict=True):
        weight.copy_(recorded)
        bias.copy_(of_bias)
    return policy


def _standardisation(statistics: Mapping[str, Tensor], known: Task) -> nn.Module:
    see = Standardisation(known.observation_dim) if statistics else nn.Identity()
    see.load_state_dict(dict(statistics))
    return see
