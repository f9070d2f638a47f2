"""Damaged files: another copy is used, or the file is made again, or it is named. Never garbage."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from reproduce.runs.folder import DamagedRun, RunFolder
from tests.faults.conftest import Start, assert_same_bits, left_over
from tests.reproduce.test_run import only_folder

Damage = Callable[[bytes], bytes]


def _flip_in_the_middle(content: bytes) -> bytes:
    """One bit, in the values of a tensor: torch.load does not notice."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGES: dict[str, Damage] = {
    "truncated": lambda content: content[: len(content) // 3],
    "empty": lambda content: b"",
    "garbage": lambda content: random.Random(0).randbytes(len(content)),
    "flipped": _flip_in_the_middle,
}


@pytest.fixture
def out(half_way: Path, tmp_path: Path) -> Path:
    """A copy of the results of a run that was killed half way."""
    shutil.copytree(half_way.parents[4], tmp_path / "out")
    return tmp_path / "out"


def _damage(path: Path, how: str) -> None:
    path.write_bytes(DAMAGES[how](path.read_bytes()))


@pytest.mark.parametrize(
    "how",
    ["truncated", "flipped"]
    + [pytest.param(how, marks=pytest.mark.slow) for how in ("empty", "garbage")],
)
def test_damaged_checkpoint_is_passed_over(
    how: str, out: Path, start: Start, uninterrupted: Path
) -> None:
    folder = only_folder(out)
    _damage(folder / "checkpoint.pt", how)
    child = start(out)
    assert child.wait() == 0, child.output
    assert f"{folder / 'checkpoint.pt'} cannot be read" in child.output
    assert "continues at step 0" in child.output
    assert_same_bits(folder, uninterrupted)


def test_without_a_checkpoint_left_it_starts_again(
    out: Path, start: Start, uninterrupted: Path
) -> None:
    folder = only_folder(out)
    _damage(folder / "checkpoint.pt", "truncated")
    _damage(folder / "checkpoint.previous.pt", "flipped")
    child = start(out)
    assert child.wait() == 0, child.output
    assert "no checkpoint can be read; the run starts from the beginning" in child.output
    assert "continues at step" not in child.output
    assert_same_bits(folder, uninterrupted)


def test_no_flipped_bit_of_a_checkpoint_is_believed(tmp_path: Path) -> None:
    """Anywhere in the file: the checkpoint is refused, or the bit was one that says nothing."""
    folder = RunFolder(tmp_path)
    state = {"weights": torch.arange(50.0), "step": 7, "rng": {"state": 2**100}, "rows": [{"x": 1}]}
    folder.save_checkpoint(state)
    path, dice, refused = tmp_path / "checkpoint.pt", random.Random(0), 0
    whole = path.read_bytes()
    for at in dice.sample(range(len(whole)), 200):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)
        found = folder.load_checkpoint()
        if found is None:
            refused += 1
            continue
        assert torch.equal(found.pop("weights"), state["weights"])
        assert found == {name: value for name, value in state.items() if name != "weights"}
    assert refused > 100


def test_newest_checkpoint_is_used_that_had_not_got_its_name(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for step in (1, 2):
        folder.save_checkpoint({"step": step})
    (tmp_path / "checkpoint.pt").replace(tmp_path / "checkpoint.new.pt")
    assert folder.state() == "resumable"
    assert folder.load_checkpoint() == {"step": 2}


def test_damaged_rows_and_status_are_written_again(
    out: Path, start: Start, uninterrupted: Path
) -> None:
    folder = only_folder(out)
    _damage(folder / "progress.csv", "garbage")
    with pytest.raises(DamagedRun, match=r"progress\.csv is damaged.*delete it"):
        RunFolder(folder).rows()
    _damage(folder / "status.json", "truncated")
    assert RunFolder(folder).status() == {}
    child = start(out)
    assert child.wait() == 0, child.output
    assert_same_bits(folder, uninterrupted)
    assert RunFolder(folder).status()["step"] == 400


def test_changed_rows_of_a_finished_run_are_noticed_and_made_again(
    uninterrupted: Path, start: Start, tmp_path: Path
) -> None:
    shutil.copytree(uninterrupted.parents[4], tmp_path / "out")
    folder = only_folder(tmp_path / "out")
    path = folder / "progress.csv"
    path.write_text(path.read_text().replace("-200.0", "-100.0"))
    with pytest.raises(DamagedRun, match="checksum.*delete it, and `done`"):
        RunFolder(folder).rows()
    for name in ("progress.csv", "done"):  # as the message says
        (folder / name).unlink()
    assert start(tmp_path / "out").wait() == 0
    assert_same_bits(folder, uninterrupted)


@pytest.mark.parametrize("how", ["truncated", "empty", "garbage"])
def test_damaged_configuration_is_one_clear_error(how: str, out: Path, start: Start) -> None:
    folder = only_folder(out)
    _damage(folder / "config.json", how)
    before = (folder / "checkpoint.pt").read_bytes()
    child = start(out)
    assert child.wait() == 2, child.output
    assert f"error: {folder / 'config.json'} is damaged" in child.output
    assert "Traceback" not in child.output
    assert (folder / "checkpoint.pt").read_bytes() == before


@pytest.mark.parametrize("value", ["3", "[]", "{}", '{"step": "x"}', "null"])
def test_status_of_another_form_counts_as_none(value: str, tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    (tmp_path / "status.json").write_text(value)
    assert RunFolder(tmp_path).status() == {}
    assert RunFolder(tmp_path).state() == "pending"
    with RunFolder(tmp_path).hold() as held:
        held.check()


def test_config_without_its_parts_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"identity": {}}))
    with pytest.raises(DamagedRun, match=r"config\.json is damaged"):
        RunFolder(tmp_path).config()


@pytest.mark.slow
def test_checkpoint_does_not_hold_the_prior_data(start: Start, tmp_path: Path) -> None:
    sizes = []
    for rollouts in ("2", "10"):
        child = start(tmp_path / rollouts, prior_rollouts=rollouts, online_steps="200")
        assert child.wait() == 0, child.output
        sizes.append((child.folder / "checkpoint.pt").stat().st_size)
        assert left_over(child.folder) == []
    more_data = 8 * 200 * (2 * 45 + 24 + 1) * 4  # bytes of eight episodes
    assert abs(sizes[1] - sizes[0]) < more_data / 100
