"""Checks on trajectories, data set properties, checksums and relabelling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from envs.success import binary_rewards
from envs.tasks import TASKS, task
from envs.trajectory import (
    DataError,
    Dataset,
    Provenance,
    Trajectory,
    check_trajectory,
    content_checksum,
    relabel,
)

from .conftest import MakeTrajectory

PEN = TASKS["pen-binary-v0"]


@pytest.mark.parametrize("name", Trajectory._fields)
def test_wrong_shape_names_the_array(make_trajectory: MakeTrajectory, name: str) -> None:
    t = make_trajectory()
    bad = np.repeat(getattr(t, name)[..., None], 2, axis=-1)
    with pytest.raises(DataError, match=f"here, path 3: ({name}|observations)"):
        check_trajectory(t._replace(**{name: bad}), PEN, "here, path 3")


@pytest.mark.parametrize("name", ["observations", "actions", "rewards", "next_observations"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_non_finite_is_refused(make_trajectory: MakeTrajectory, name: str, value: float) -> None:
    t = make_trajectory()
    getattr(t, name).flat[-1] = value
    with pytest.raises(DataError, match=f"x.npz: {name} contains NaN or infinity"):
        check_trajectory(t, PEN, "x.npz")


def test_float64_is_refused(make_trajectory: MakeTrajectory) -> None:
    t = make_trajectory()
    with pytest.raises(DataError, match="rewards is float64"):
        check_trajectory(t._replace(rewards=t.rewards.astype(np.float64)), PEN, "x")


def test_actions_out_of_range_are_refused(make_trajectory: MakeTrajectory) -> None:
    t = make_trajectory()
    t.actions[0, 0] = 1.3
    with pytest.raises(DataError, match=r"\|action\| reaches 1.3; clip"):
        check_trajectory(t, PEN, "x")


def test_empty_and_foreign_are_refused(make_trajectory: MakeTrajectory) -> None:
    with pytest.raises(DataError, match="no steps"):
        check_trajectory(make_trajectory(steps=0), PEN, "x")
    with pytest.raises(DataError, match="another task"):
        check_trajectory(make_trajectory("door-binary-v0"), PEN, "x")


def test_dataset_properties(dataset: Dataset) -> None:
    rewards = [t.rewards for t in dataset.trajectories]
    assert dataset.steps == 15
    assert dataset.returns.tolist() == [r.sum() for r in rewards]


@pytest.mark.parametrize("task_id", ["SawyerPush-v0", "Ant-v2"])
def test_rewards_of_other_tasks_do_not_tell_success(
    make_trajectory: MakeTrajectory, task_id: str
) -> None:
    t = make_trajectory(task_id)
    check_trajectory(t, TASKS[task_id], "x")
    with pytest.raises(ValueError, match="no hand task"):
        relabel(Dataset(task_id, (t,), relabel_provenance()), TASKS[task_id])


def test_checksum_sees_every_change(dataset: Dataset) -> None:
    base = dataset.content_checksum
    assert base == content_checksum(dataset.task_id, list(dataset.trajectories))
    assert content_checksum("door-binary-v0", dataset.trajectories) != base
    assert content_checksum(dataset.task_id, dataset.trajectories[::-1]) != base
    first = dataset.trajectories[0]
    for name in Trajectory._fields:
        changed = getattr(first, name).copy()
        changed.flat[0] = not changed.flat[0] if name == "terminals" else changed.flat[0] + 1
        other = (first._replace(**{name: changed}), dataset.trajectories[1])
        assert content_checksum(dataset.task_id, other) != base


def test_checksum_does_not_depend_on_memory_layout(dataset: Dataset) -> None:
    layouts = tuple(
        t._replace(observations=np.asfortranarray(t.observations), actions=t.actions.astype(">f4"))
        for t in dataset.trajectories
    )
    assert content_checksum(dataset.task_id, layouts) == dataset.content_checksum


def test_checksum_is_the_same_on_every_machine() -> None:
    ones = np.ones((1, 2), dtype=np.float32)
    reward, end = np.array([-1.0], dtype=np.float32), np.array([False])
    t = Trajectory(ones, ones, reward, ones, end)
    assert content_checksum("pen-binary-v0", [t]) == (
        "7112b85d57eb5757b69df64eee0ad2b6061891e36c9b67adc4ba00f9efbcacd6"
    )


def test_relabel(dataset: Dataset) -> None:
    pen = TASKS["pen-binary-v0"]
    relabelled = relabel(dataset, pen)
    assert relabelled.provenance == replace(dataset.provenance, rewards="relabelled")
    for old, new in zip(dataset.trajectories, relabelled.trajectories, strict=True):
        expected = binary_rewards(pen, old.next_observations)
        np.testing.assert_array_equal(new.rewards, expected)
        assert new.rewards.dtype == np.float32
        np.testing.assert_array_equal(new.observations, old.observations)
    assert relabel(relabelled, pen).content_checksum == relabelled.content_checksum


def test_relabel_takes_the_door_threshold(make_trajectory: MakeTrajectory) -> None:
    t = make_trajectory("door-binary-v0", steps=2)
    t.next_observations[:, 28] = [1.38, 1.41]
    door = Dataset("door-binary-v0", (t,), relabel_provenance())
    assert relabel(door, task("door-binary-v0")).trajectories[0].rewards.tolist() == [-1.0, 0.0]
    released = task("door-binary-v0", door_threshold=1.35)
    assert relabel(door, released).trajectories[0].rewards.tolist() == [0.0, 0.0]


def relabel_provenance() -> Provenance:
    return Provenance("human", "a test", "", "stored")
