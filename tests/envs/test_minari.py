"""D4RL's data in a Minari store that the tests make: reading, verifying, downloading."""

from __future__ import annotations

import shutil
import sys
import types
from collections.abc import Callable
from pathlib import Path

import h5py  # type: ignore[import-untyped]
import numpy as np
import pytest

from envs.adroit import AdroitBinary
from envs.data import minari_store
from envs.data.demonstration_replay import replay
from envs.data.minari_store import download_minari, minari_id, read_minari, store
from envs.data.sources import Request, find_demonstrations
from envs.success import binary_rewards
from envs.tasks import HAND_TASKS, TASKS
from envs.trajectory import DataError

from .minari_sets import save_minari

DOOR = TASKS["door-binary-v0"]
HUMAN = "D4RL/door/human-v2"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty data folder."""
    made = tmp_path / "data"
    made.mkdir()
    return made


def test_ids() -> None:
    assert minari_id("relocate-binary-v0", "human") == "D4RL/relocate/human-v2"
    with pytest.raises(ValueError, match="human, cloned, expert data of the hand, not 'robot'"):
        minari_id("pen-binary-v0", "robot")


def test_the_store_is_minaris(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert store() == tmp_path / "minari"  # by MINARI_DATASETS_PATH
    monkeypatch.delenv("MINARI_DATASETS_PATH")
    assert store() == Path.home() / ".minari" / "datasets"


@pytest.mark.parametrize("task_id", HAND_TASKS)
def test_episodes_become_trajectories(task_id: str) -> None:
    """T + 1 observations give T transitions; actions clipped, rewards binary, nothing terminal."""
    name = minari_id(task_id, "human")
    folder = save_minari(store(), name, [230, 5])
    dataset = read_minari(folder, TASKS[task_id])
    assert [len(t.rewards) for t in dataset.trajectories] == [230, 5]
    with h5py.File(folder / "data" / "main_data.hdf5") as file:
        seen, acted = np.array(file["episode_1/observations"]), np.array(file["episode_1/actions"])
    t = dataset.trajectories[1]
    np.testing.assert_array_equal(t.observations, seen[:-1].astype(np.float32))
    np.testing.assert_array_equal(t.next_observations, seen[1:].astype(np.float32))
    np.testing.assert_array_equal(t.actions, np.clip(acted, -1, 1))
    assert np.abs(acted).max() > 1
    np.testing.assert_array_equal(t.rewards, binary_rewards(TASKS[task_id], t.next_observations))
    assert not any(t.terminals.any() for t in dataset.trajectories)
    provenance = dataset.provenance
    assert (provenance.source, provenance.origin) == ("human", name)
    assert provenance.note.startswith("2 of 2 episodes")
    assert dataset.initial_states == ()


def test_large_sets_are_read_in_part_evenly_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minari_store, "EPISODES", {"human": None, "cloned": 4, "expert": 3})
    cloned = read_minari(
        save_minari(store(), "D4RL/pen/cloned-v2", range(1, 9)), TASKS["pen-binary-v0"]
    )
    assert [len(t.rewards) for t in cloned.trajectories] == [1, 3, 5, 7]
    assert cloned.provenance.source == "cloned"
    assert cloned.provenance.note.startswith("4 of 8 episodes")
    expert = read_minari(save_minari(store(), "D4RL/pen/expert-v2", [2, 3]), TASKS["pen-binary-v0"])
    assert [len(t.rewards) for t in expert.trajectories] == [2, 3]
    assert expert.provenance.source == "expert"


def test_relocates_human_demonstrations_are_minaris(folder: Path) -> None:
    """They have no other published address; files in the data folder go before them."""
    save_minari(store(), "D4RL/relocate/human-v2", [6, 7])
    dataset = find_demonstrations(Request(TASKS["relocate-binary-v0"], "human", data_dir=folder))
    assert dataset.provenance.origin == "D4RL/relocate/human-v2"
    assert (dataset.provenance.source, dataset.provenance.rewards) == ("human", "relabelled")
    auto = find_demonstrations(Request(TASKS["relocate-binary-v0"], data_dir=folder))
    assert auto.content_checksum == dataset.content_checksum
    (folder / "relocate2_sparse.npy").write_bytes(b"no data")
    with pytest.raises(DataError, match="relocate2_sparse.npy"):
        find_demonstrations(Request(TASKS["relocate-binary-v0"], "human", data_dir=folder))
    again = find_demonstrations(
        Request(TASKS["relocate-binary-v0"], "minari-human", data_dir=folder)
    )
    assert again.content_checksum == dataset.content_checksum


@pytest.mark.parametrize(
    ("data", "source"), [("minari-cloned", "cloned"), ("minari-expert", "expert")]
)
def test_cloned_and_expert_by_id(data: str, source: str, folder: Path) -> None:
    save_minari(store(), f"D4RL/door/{source}-v2", [4])
    dataset = find_demonstrations(Request(TASKS["door-binary-v0"], data, data_dir=folder))  # type: ignore[arg-type]
    assert (dataset.provenance.source, dataset.steps) == (source, 4)


def test_initial_states_let_a_set_be_replayed() -> None:
    """Where the options of a reset are stored, the replay shows the simulator's own episode."""
    env = AdroitBinary("door-binary-v0")
    first, _ = env.reset(seed=3)
    state = env.unwrapped.get_env_state()  # type: ignore[attr-defined]
    actions = np.random.default_rng(1).uniform(-1, 1, (4, DOOR.action_dim)).astype(np.float32)
    seen = [env.step(action)[0] for action in actions]
    folder = save_minari(store(), HUMAN, [4], states=[state], actions=[actions])
    with h5py.File(folder / "data" / "main_data.hdf5", "a") as file:
        file["episode_0/observations"][:, 28] = 0.0  # else the random door departs from the replay
    dataset = read_minari(folder, DOOR)
    (t,) = replay(dataset).trajectories
    np.testing.assert_allclose(t.observations[0], first, atol=1e-6)
    np.testing.assert_allclose(t.next_observations, seen, atol=1e-4)


def _cut_observations(file: h5py.File) -> None:
    kept = file["episode_1/observations"][:-3]
    del file["episode_1/observations"]
    file["episode_1/observations"] = kept


def _forget_steps(file: h5py.File) -> None:
    file["episode_1"].attrs["total_steps"] = 2


DAMAGES: list[tuple[Callable[[h5py.File], None], str]] = [
    (_cut_observations, r"episode 1: 4 observations for 6 steps, 7 are needed: truncated"),
    (lambda file: file.__delitem__("episode_0/actions"), r"episode 0: no array 'actions'"),
    (lambda file: file.__delitem__("episode_0/truncations"), r"episode 0: no array 'truncations'"),
    (lambda file: file.__delitem__("episode_1"), r"has 1 episodes, its metadata say 2: truncated"),
    (lambda file: file.move("episode_1", "episode_7"), r"lacks episode_1"),
    (_forget_steps, r"has 7 steps, its metadata say 11: truncated"),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGES)
def test_what_is_missing_or_cut_short_is_named_in_one_line(
    damage: Callable[[h5py.File], None], message: str
) -> None:
    folder = save_minari(store(), HUMAN, [5, 6])
    with h5py.File(folder / "data" / "main_data.hdf5", "a") as file:
        damage(file)
    with pytest.raises(DataError, match=message) as caught:
        read_minari(folder, DOOR)
    text = str(caught.value)
    assert "\n" not in text and HUMAN in text and f"minari download {HUMAN}" in text


def _linked_array(file: h5py.File, other: Path) -> None:
    del file["episode_1/actions"]
    file["episode_1/actions"] = h5py.ExternalLink(other, "episode_1/actions")


def _linked_episode(file: h5py.File, other: Path) -> None:
    del file["episode_1"]
    file["episode_1"] = h5py.ExternalLink(other, "episode_1")


def _virtual_array(file: h5py.File, other: Path) -> None:
    del file["episode_1/actions"]
    layout = h5py.VirtualLayout((6, DOOR.action_dim), np.float32)
    layout[:] = h5py.VirtualSource(other, "episode_1/actions", (6, DOOR.action_dim))
    file.create_virtual_dataset("episode_1/actions", layout)


@pytest.mark.parametrize(
    ("link", "message"),
    [
        (_linked_array, r"episode 1: actions is a link into another file, .*other\.hdf5; delete"),
        (_linked_episode, r"episode_1 is a link into another file, .*other\.hdf5; delete"),
        (_virtual_array, r"episode 1: actions keeps its numbers in other files; delete"),
    ],
)
def test_numbers_in_another_file_are_refused(
    link: Callable[[h5py.File, Path], None], message: str, tmp_path: Path
) -> None:
    """The checksum of this file, which results name, does not cover them."""
    folder = save_minari(store(), HUMAN, [5, 6])
    path = folder / "data" / "main_data.hdf5"
    shutil.copy(path, tmp_path / "other.hdf5")
    with h5py.File(path, "a") as file:
        link(file, tmp_path / "other.hdf5")
    with pytest.raises(DataError, match=message):
        read_minari(folder, DOOR)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"total_steps": None}, r"metadata\.json lacks total_steps"),
        (
            {"dataset_id": "D4RL/pen/human-v2"},
            r"is of D4RL/pen/human-v2, not of D4RL/door/human-v2",
        ),
        ({"data_format": "arrow"}, r"is stored as arrow, only hdf5 can be read"),
    ],
)
def test_metadata_are_checked(metadata: dict[str, object], message: str) -> None:
    folder = save_minari(store(), HUMAN, [5], metadata=metadata)
    with pytest.raises(DataError, match=message):
        read_minari(folder, DOOR)


def test_damaged_files_are_named() -> None:
    folder = save_minari(store(), HUMAN, [5])
    path = folder / "data" / "main_data.hdf5"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match=r"main_data\.hdf5 is no HDF5 file or is truncated"):
        read_minari(folder, DOOR)
    (folder / "data" / "metadata.json").write_text("{")
    with pytest.raises(DataError, match=r"metadata\.json is damaged"):
        read_minari(folder, DOOR)
    with pytest.raises(DataError, match=r"D4RL/door/cloned-v2 is not in the Minari store"):
        read_minari(store() / "D4RL/door/cloned-v2", DOOR)


def test_a_flipped_bit_is_read_or_named() -> None:
    """HDF5 answers damage with errors of several classes, by its place."""
    folder = save_minari(store(), HUMAN, [5])
    path = folder / "data" / "main_data.hdf5"
    whole, named = path.read_bytes(), 0
    for place in range(0, len(whole), 41):
        for bit in (0, 7):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << bit
            path.write_bytes(damaged)
            try:
                read_minari(folder, DOOR)
            except DataError as error:
                named += 1
                assert HUMAN in str(error) or str(path) in str(error)
    assert named > 20


def test_actions_in_another_unit_are_refused() -> None:
    folder = save_minari(store(), HUMAN, [5])
    with h5py.File(folder / "data" / "main_data.hdf5", "a") as file:
        file["episode_0/actions"][2, 1] = 57.3  # degrees
    with pytest.raises(
        DataError, match=r"episode 0: \|action\| reaches 57.3; .* another unit\? Rescale"
    ):
        read_minari(folder, DOOR)


def test_another_tasks_set_is_refused() -> None:
    folder = save_minari(store(), HUMAN, [5])
    with pytest.raises(DataError, match=r"episode 0: .*pen-binary-v0 needs"):
        read_minari(folder, TASKS["pen-binary-v0"])


def test_another_content_than_at_the_first_use_is_an_error(folder: Path, tmp_path: Path) -> None:
    save_minari(store(), HUMAN, [5, 6])
    find_demonstrations(Request(TASKS["door-binary-v0"], "minari-human", data_dir=folder))
    find_demonstrations(Request(TASKS["door-binary-v0"], "minari-human", data_dir=folder))
    with h5py.File(store() / HUMAN / "data" / "main_data.hdf5", "a") as file:
        file["episode_1/actions"][3, 2] = 0.25
    with pytest.raises(DataError, match=r"D4RL/door/human-v2 .* content checksum .* first use"):
        find_demonstrations(Request(TASKS["door-binary-v0"], "minari-human", data_dir=folder))


@pytest.mark.parametrize("lengths", [[5, 7], [5], [5, 6, 4]])
def test_another_length_than_at_the_first_use_is_an_error(
    lengths: list[int], folder: Path, tmp_path: Path
) -> None:
    save_minari(store(), HUMAN, [5, 6])
    find_demonstrations(Request(TASKS["door-binary-v0"], "minari-human", data_dir=folder))
    shutil.rmtree(store() / HUMAN)
    save_minari(store(), HUMAN, lengths)
    with pytest.raises(DataError, match=r"D4RL/door/human-v2 .* content checksum .* first use"):
        find_demonstrations(Request(TASKS["door-binary-v0"], "minari-human", data_dir=folder))


def test_absent_sets_say_how_to_get_them(folder: Path) -> None:
    with pytest.raises(DataError) as caught:
        find_demonstrations(Request(TASKS["pen-binary-v0"], "minari-cloned", data_dir=folder))
    text = str(caught.value)
    assert "\n" not in text
    for word in ("D4RL/pen/cloned-v2", str(store()), "MINARI_DATASETS_PATH", "--download"):
        assert word in text


def _fake_minari(monkeypatch: pytest.MonkeyPatch, download: Callable[[str], None]) -> None:
    """The one function of Minari that is used, with a hub that answers."""
    module = types.ModuleType("minari")
    module.download_dataset = download  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "minari", module)
    monkeypatch.setattr(minari_store.urllib.request, "urlopen", lambda *_, **__: None)


def test_a_download_arrives_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Minari writes into a folder of its own; the store gets the set by one renaming."""
    wrote: list[Path] = []

    def download(name: str) -> None:
        wrote.append(save_minari(store(), name, [4]))

    _fake_minari(monkeypatch, download)
    final, said = store(), []
    dataset = find_demonstrations(
        Request(TASKS["relocate-binary-v0"], data_dir=folder, minari_download=True),
        notify=said.append,
    )
    assert dataset.provenance.origin == "D4RL/relocate/human-v2"
    assert "downloaded D4RL/relocate/human-v2" in said[0]
    assert store() == final and final not in wrote[0].parents[:3]
    assert [path.name for path in final.iterdir()] == ["D4RL"]


def test_a_download_that_fails_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def download(name: str) -> None:
        save_minari(store(), name, [4])
        raise ConnectionError("the line is cut\nand more")

    _fake_minari(monkeypatch, download)
    with pytest.raises(DataError, match=r"could not be downloaded to .*: the line is cut$"):
        download_minari(HUMAN)
    assert list(store().iterdir()) == []


def test_what_is_in_the_way_of_a_download_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _fake_minari(monkeypatch, lambda _: pytest.fail("downloaded for nothing"))
    left = store() / HUMAN
    left.mkdir(parents=True)
    (left / "something").touch()
    with pytest.raises(DataError, match=rf"{left} is in the way: .*; delete it"):
        download_minari(HUMAN)


def test_a_set_that_another_process_has_fetched_meanwhile_is_taken(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    final = store()

    def download(name: str) -> None:
        save_minari(store(), name, [4])
        save_minari(final, name, [5])

    _fake_minari(monkeypatch, download)
    dataset = find_demonstrations(
        Request(TASKS["door-binary-v0"], "minari-human", data_dir=folder, minari_download=True)
    )
    assert dataset.steps == 5
    assert [path.name for path in final.iterdir()] == ["D4RL"]


def test_without_network_one_line_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("minari")  # without the function: it must not be reached
    monkeypatch.setitem(sys.modules, "minari", module)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "*")  # a proxy would answer for the address
    with pytest.raises(DataError, match=r"http://127\.0\.0\.1:9 cannot be reached") as caught:
        download_minari(HUMAN)
    assert "\n" not in str(caught.value)
    said: list[str] = []
    dataset = find_demonstrations(
        Request(TASKS["relocate-binary-v0"], data_dir=folder, minari_download=True),
        notify=said.append,
    )
    assert dataset.provenance.source == "embedded"
    assert "cannot be reached" in said[0] and "SUBSTITUTION" in said[1]
    with pytest.raises(DataError, match="cannot be reached"):
        find_demonstrations(
            Request(TASKS["relocate-binary-v0"], "human", data_dir=folder, minari_download=True)
        )


def test_without_minari_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "minari", None)
    with pytest.raises(
        DataError, match=r"D4RL/door/human-v2: downloading needs Minari: pip install"
    ):
        download_minari(HUMAN)


def test_minari_itself_reads_the_tests_sets() -> None:
    minari = pytest.importorskip("minari")
    save_minari(store(), HUMAN, [5, 6])
    assert HUMAN in minari.list_local_datasets()
    with h5py.File(store() / HUMAN / "data" / "main_data.hdf5") as file:
        assert len(file) == minari.list_local_datasets()[HUMAN]["total_episodes"]
