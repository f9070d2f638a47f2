"""Files of policies: arrays that do not fit each other, and any damage, are refused or harmless."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save

from envs.data.sources import ASSETS
from envs.trajectory import DataError
from reproduce.data.actors import filename, load_actor, read_actor

CHEETAH = "HalfCheetah-v2"
ARRAYS = {
    "layers.0.weight": torch.ones(17, 4),
    "layers.0.bias": torch.ones(4),
    "layers.1.weight": torch.ones(4, 12),
    "layers.1.bias": torch.ones(12),
}
METADATA = {"task": CHEETAH, "return_mean": 1.0}


def content(arrays: dict[str, torch.Tensor] = ARRAYS, metadata: object = METADATA) -> bytes:
    written: bytes = save(arrays, {"actor": json.dumps(metadata)})
    return written


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_small_policy_acts(tmp_path: Path) -> None:
    actor = read_actor(written(tmp_path / "a.safetensors", content()), CHEETAH)
    assert actor.act(np.zeros(17, np.float32)).shape == (6,)


def test_an_expert_in_the_place_of_the_shipped_one_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    path = tmp_path / filename(CHEETAH)
    path.write_bytes((ASSETS / filename(CHEETAH)).read_bytes())
    assert load_actor(CHEETAH, tmp_path, notify=told.append).path == path
    assert told == []  # it is the same one
    written(path, content())
    load_actor(CHEETAH, tmp_path, notify=told.append)
    assert told == [f"{CHEETAH}: the expert is {path}, not the one that the project ships"]


@pytest.mark.parametrize(
    "changes",
    [
        {"layers.0.bias": torch.ones(3)},
        {"layers.0.bias": torch.ones(4, 1)},
        {"layers.0.weight": torch.ones(17, 5)},
        {"layers.0.weight": torch.ones(17)},
        {"layers.1.weight": torch.ones(5, 12)},
        {"layers.0.weight": torch.ones(17, 4, dtype=torch.int64)},
        {"layers.2.weight": torch.ones(12, 12)},
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    changes: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    path = written(tmp_path / "a.safetensors", content(ARRAYS | changes))
    with pytest.raises(DataError, match=r"a\.safetensors is no policy for HalfCheetah-v2"):
        read_actor(path, CHEETAH)


def test_numbers_and_metadata_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    written(path, content(ARRAYS | {"layers.0.bias": torch.full((4,), torch.nan)}))
    with pytest.raises(DataError, match=r"layers\.0\.bias contains NaN"):
        read_actor(path, CHEETAH)
    for metadata in ([1], 3, {"task": CHEETAH}, METADATA | {"return_mean": "much"}):
        with pytest.raises(DataError, match=r"a\.safetensors is no policy"):
            read_actor(written(path, content(metadata=metadata)), CHEETAH)
    with pytest.raises(DataError, match="cannot read .*Is a directory"):
        read_actor(tmp_path, CHEETAH)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damage_is_refused_or_harmless(data: st.DataObject, tmp_path: Path) -> None:
    whole = bytearray(content())
    at = data.draw(st.integers(0, len(whole) - 1))
    if cut := data.draw(st.booleans()):
        del whole[at:]
    else:
        whole[at] ^= data.draw(st.integers(1, 255))
    path = written(tmp_path / "a.safetensors", whole)
    try:
        actor = read_actor(path, CHEETAH)
    except DataError as error:
        assert path.name in str(error)
        return
    assert not cut
    assert actor.act(np.zeros(17, np.float32)).shape == (6,)
    assert np.isfinite(actor.return_mean)
