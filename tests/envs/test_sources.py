"""Finding demonstrations: order, checksums, downloads, substitution, and what the user is told."""

from __future__ import annotations

import http.client
import io
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from envs.data import sources
from envs.data.download import download as fetch
from envs.data.files import sha256_of
from envs.data.minari_store import store
from envs.data.sources import SOURCES, Request, find_demonstrations
from envs.tasks import HAND_TASKS, TASKS, task
from envs.trajectory import DataError, Dataset

from .successes import success_rate
from .test_experts import write_policy
from .test_readers import awac_path, dapg_demonstration, save_awac

RealFile = Callable[[str], Path]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty data folder; the environment variable names none."""
    monkeypatch.delenv("AWAC_DATA_DIR", raising=False)
    made = tmp_path / "data"
    made.mkdir()
    return made


def expect(monkeypatch: pytest.MonkeyPatch, path: Path, url: str | None = None) -> None:
    """Make the small file at ``path`` the published one of that name."""
    sha256 = sha256_of(path)
    changed = {
        task_id: tuple(
            replace(s, sha256=sha256, url=url) if s.filename == path.name else s for s in listed
        )
        for task_id, listed in SOURCES.items()
    }
    monkeypatch.setattr(sources, "SOURCES", changed)


@pytest.mark.parametrize("task_id", HAND_TASKS)
def test_embedded_sets(task_id: str, folder: Path) -> None:
    said: list[str] = []
    known = TASKS[task_id]
    dataset = find_demonstrations(Request(known, "embedded", data_dir=folder), notify=said.append)
    count = 10 if task_id.startswith("relocate") else 5
    assert [len(t.rewards) for t in dataset.trajectories] == [200] * count
    assert success_rate(dataset) == 1.0
    assert dataset.provenance.source == "embedded"
    assert len(dataset.provenance.sha256) == 64
    assert said == []
    stored = find_demonstrations(Request(known, "embedded", labels="stored", data_dir=folder))
    assert stored.content_checksum == dataset.content_checksum


@pytest.mark.parametrize("task_id", HAND_TASKS)
def test_auto_falls_back_with_a_notice(task_id: str, folder: Path, cache: Path) -> None:
    said: list[str] = []
    dataset = find_demonstrations(Request(TASKS[task_id], data_dir=folder), notify=said.append)
    assert dataset.provenance.source == "embedded"
    (notice,) = said
    searched = (str(folder), str(cache), f"the Minari store {store()}")
    for word in (task_id, "SUBSTITUTION", *searched, "human", "_sparse.npy"):
        assert word in notice
    assert "--download fetches them" in notice


def test_human_names_everything_needed(folder: Path, cache: Path) -> None:
    with pytest.raises(DataError) as caught:
        find_demonstrations(Request(TASKS["pen-binary-v0"], "human", data_dir=folder))
    pen = SOURCES["pen-binary-v0"][0]
    assert pen.sha256 and pen.url
    for word in (str(folder), str(cache), pen.filename, pen.sha256, pen.url, "AWAC_DATA_DIR"):
        assert word in str(caught.value)


def test_missing_expert_is_an_error(folder: Path) -> None:
    with pytest.raises(DataError, match=r"no expert data for pen-binary-v0.*\n.*pen_expert.npz"):
        find_demonstrations(Request(TASKS["pen-binary-v0"], "expert", data_dir=folder))


def test_the_published_policies_are_those_that_the_page_lists() -> None:
    page = (sources.ASSETS / "README.md").read_text()
    assert set(sources.PUBLISHED_EXPERTS) == set(HAND_TASKS)
    for task_id, sha256 in sources.PUBLISHED_EXPERTS.items():
        assert f"| `{task_id.split('-')[0]}_expert.npz` | `{sha256}` |" in page


def test_another_policy_than_the_published_one_is_taken_and_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, door = folder / "door_expert.npz", task("door-binary-v0", door_threshold=1.35)
    path.write_bytes(b"a policy")
    asked: list[object] = []
    said: list[str] = []

    def rolled_out(*what: object) -> Dataset:
        asked.append(what)
        return find_demonstrations(Request(TASKS["door-binary-v0"], "embedded"))

    def find() -> None:
        find_demonstrations(
            Request(door, "expert", data_dir=folder, expert_episodes=7),
            notify=said.append,
            rolled_out=rolled_out,
        )

    find()
    assert asked == [(path, door, 7)]
    (line,) = said
    assert f"{path} is not the published policy" in line and sha256_of(path)[:16] in line
    monkeypatch.setitem(sources.PUBLISHED_EXPERTS, "door-binary-v0", sha256_of(path))
    find()
    assert said == [line]


def test_an_experts_good_episodes_are_those_of_the_threshold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_policy(tmp_path / "door_expert.npz", "door-binary-v0")
    door = task("door-binary-v0", door_threshold=1.35)
    asked: list[object] = []

    def making(known: object) -> None:
        asked.append(known)
        raise KeyboardInterrupt

    monkeypatch.setattr("envs.data.experts.make_task", making)
    with pytest.raises(KeyboardInterrupt):
        sources.roll_out_expert(path, door, 1)
    assert asked == [door]


def test_unknown_names(folder: Path) -> None:
    with pytest.raises(ValueError, match="unknown task 'pen'"):
        find_demonstrations(Request(task("pen"), data_dir=folder))
    with pytest.raises(ValueError, match="data must be auto"):
        find_demonstrations(Request(TASKS["pen-binary-v0"], "robot", data_dir=folder))  # type: ignore[arg-type]


@pytest.mark.parametrize("task_id", sorted(set(TASKS) - set(HAND_TASKS)))
def test_other_tasks_have_no_demonstrations(task_id: str, folder: Path) -> None:
    assert task_id not in SOURCES
    with pytest.raises(ValueError, match=rf"{task_id} has no demonstration files.*door-binary-v0"):
        find_demonstrations(Request(TASKS[task_id], data_dir=folder))


def test_human_file_in_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save_awac(folder / "pen2_sparse.npy", [awac_path(5, 0)])
    expect(monkeypatch, path)
    relabelled = find_demonstrations(Request(TASKS["pen-binary-v0"], data_dir=folder))
    assert relabelled.provenance.rewards == "relabelled"
    assert relabelled.trajectories[0].rewards.tolist() == [-1.0] * 5
    stored = find_demonstrations(Request(TASKS["pen-binary-v0"], labels="stored", data_dir=folder))
    assert stored.provenance.rewards == "stored"
    assert stored.trajectories[0].rewards.tolist() == [-1.0] * 4 + [0.0]


def test_environment_variable_names_the_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expect(monkeypatch, save_awac(folder / "pen2_sparse.npy", [awac_path(5, 0)]))
    monkeypatch.setenv("AWAC_DATA_DIR", str(folder))
    assert (
        find_demonstrations(Request(TASKS["pen-binary-v0"], "human")).provenance.source == "human"
    )


def test_wrong_checksum_is_an_error_also_for_auto(folder: Path) -> None:
    path = save_awac(folder / "pen2_sparse.npy", [awac_path(5, 0)])
    with pytest.raises(DataError, match=r"pen2_sparse\.npy has sha256 .*expected f6b8.*delete"):
        find_demonstrations(Request(TASKS["pen-binary-v0"], data_dir=folder))
    assert path.exists()


def test_relocate_file_without_known_checksum(folder: Path) -> None:
    path = folder / "relocate2_sparse.npy"
    task = TASKS["relocate-binary-v0"]
    record = awac_path(5, 0)
    record.update(
        observations=np.zeros((5, task.observation_dim)),
        next_observations=np.ones((5, task.observation_dim)),
        actions=np.zeros((5, task.action_dim)),
    )
    save_awac(path, [record])
    dataset = find_demonstrations(Request(TASKS["relocate-binary-v0"], data_dir=folder))
    assert dataset.provenance.source == "human"
    assert dataset.provenance.sha256 == sha256_of(path)


def test_stored_dense_rewards_are_not_taken_for_binary(folder: Path) -> None:
    record = awac_path(5, 0)
    task = TASKS["relocate-binary-v0"]
    record.update(
        observations=np.zeros((5, task.observation_dim)),
        next_observations=np.ones((5, task.observation_dim)),
        actions=np.zeros((5, task.action_dim)),
        rewards=np.full(5, 3.7),
    )
    save_awac(folder / "relocate2_sparse.npy", [record])
    named = rf"{folder}/relocate2_sparse\.npy: .* not binary; --labels relabelled"
    with pytest.raises(DataError, match=named):
        find_demonstrations(Request(TASKS["relocate-binary-v0"], labels="stored", data_dir=folder))


def test_door_threshold_and_labels(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "door-v0_demos.pickle"
    path.write_bytes(pickle.dumps([dapg_demonstration(101, 0)]))
    expect(monkeypatch, path)
    paper = find_demonstrations(Request(TASKS["door-binary-v0"], data_dir=folder))
    released = find_demonstrations(
        Request(task("door-binary-v0", door_threshold=1.35), data_dir=folder)
    )
    assert released.returns[0] > paper.returns[0]
    assert "1.35" in released.provenance.note
    said: list[str] = []
    stored = find_demonstrations(
        Request(TASKS["door-binary-v0"], labels="stored", data_dir=folder), notify=said.append
    )
    assert stored.provenance.rewards == "relabelled"
    assert "stores no binary labels" in said[0]


def test_the_authors_file_leads(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "pen-v0_demos.pickle").write_bytes(b"never read")
    expect(monkeypatch, save_awac(folder / "pen2_sparse.npy", [awac_path(5, 0)]))
    dataset = find_demonstrations(Request(TASKS["pen-binary-v0"], data_dir=folder))
    assert dataset.provenance.origin == "pen2_sparse.npy"


def test_download(
    tmp_path: Path, folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = save_awac(tmp_path / "pen2_sparse.npy", [awac_path(5, 0)])
    expect(monkeypatch, published, published.as_uri())
    said: list[str] = []

    def find(download: bool) -> str:
        dataset = find_demonstrations(
            Request(TASKS["pen-binary-v0"], data_dir=folder, download=download), notify=said.append
        )
        return dataset.provenance.source

    folder.chmod(0o555)  # downloads go to the cache, never to the data folder
    before = sorted(folder.iterdir())
    assert find(download=False) == "embedded"
    said.clear()
    assert find(download=True) == "human"
    assert "downloaded pen2_sparse.npy" in said[0]
    assert [p.name for p in cache.iterdir()] == ["pen2_sparse.npy"]
    published.unlink()
    assert find(download=False) == "human"  # now from the cache
    assert sorted(folder.iterdir()) == before  # the superuser could have written there


def test_failed_download(
    tmp_path: Path, folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = save_awac(tmp_path / "pen2_sparse.npy", [awac_path(5, 0)])
    expect(monkeypatch, published, published.as_uri())
    published.write_bytes(b"something else")
    said: list[str] = []
    dataset = find_demonstrations(
        Request(TASKS["pen-binary-v0"], data_dir=folder, download=True), notify=said.append
    )
    assert dataset.provenance.source == "embedded"
    assert "it was not kept" in said[0] and "SUBSTITUTION" in said[1]
    assert "--download" in said[1]  # the Minari store was not asked
    assert list(cache.iterdir()) == []
    with pytest.raises(DataError, match="no human data"):
        find_demonstrations(
            Request(TASKS["pen-binary-v0"], "human", data_dir=folder, download=True),
            notify=said.append,
        )


def test_unreachable_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")  # a proxy would answer for the address
    with pytest.raises(DataError, match=r"could not download http://127.0.0.1:9/x"):
        fetch("http://127.0.0.1:9/x", "0" * 64, tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "wrong", [http.client.IncompleteRead(b"half"), http.client.BadStatusLine("nonsense")]
)
def test_an_answer_that_breaks_off(
    wrong: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Answer(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise wrong

    monkeypatch.setattr("envs.data.download.urllib.request.urlopen", lambda *_, **__: Answer())
    with pytest.raises(DataError, match=r"could not download http://a/x to .*x: .*(4 bytes|nonse)"):
        fetch("http://a/x", "0" * 64, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_default_folder(monkeypatch: pytest.MonkeyPatch, cache: Path, tmp_path: Path) -> None:
    monkeypatch.delenv("AWAC_DATA_DIR", raising=False)
    assert sources.default_data_dir() == cache
    monkeypatch.setenv("AWAC_DATA_DIR", str(tmp_path))
    assert sources.default_data_dir() == tmp_path


def test_published_files_are_found(real_file: RealFile) -> None:
    pen = find_demonstrations(
        Request(TASKS["pen-binary-v0"], "human", data_dir=real_file("pen2_sparse.npy").parent)
    )
    assert (len(pen.trajectories), pen.steps, success_rate(pen)) == (25, 4975, 1.0)
    door = find_demonstrations(
        Request(TASKS["door-binary-v0"], data_dir=real_file("door-v0_demos.pickle").parent)
    )
    assert (len(door.trajectories), door.provenance.source) == (25, "human")


@pytest.mark.parametrize("task_id", HAND_TASKS)
def test_published_experts(task_id: str, real_file: RealFile) -> None:
    folder = real_file(f"{task_id.split('-')[0]}_expert.npz").parent
    dataset = find_demonstrations(Request(TASKS[task_id], "expert", data_dir=folder))
    assert len(dataset.trajectories) == TASKS[task_id].shipped_demonstrations
    assert success_rate(dataset) == 1.0
    assert dataset.provenance.source == "expert"


def test_an_expert_shows_as_many_episodes_as_asked(real_file: RealFile) -> None:
    folder = real_file("pen_expert.npz").parent
    pen = find_demonstrations(
        Request(TASKS["pen-binary-v0"], "expert", data_dir=folder, expert_episodes=7)
    )
    assert len(pen.trajectories) == 7
    five = find_demonstrations(Request(TASKS["pen-binary-v0"], "expert", data_dir=folder))
    for longer, shorter in zip(pen.trajectories, five.trajectories, strict=False):
        np.testing.assert_array_equal(longer.observations, shorter.observations)
