"""The committed table of demonstrations is the one that its script writes."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from reproduce.commandline.options import Common
from reproduce.describe_demonstrations import demonstration_rows
from reproduce.judging.demonstrations import demonstrations

FILES = {"pen-binary-v0": "pen2_sparse.npy", "door-binary-v0": "door-v0_demos.pickle"}


@pytest.mark.parametrize("env", [*FILES, "relocate-binary-v0"])
@pytest.mark.parametrize("profile", ["paper", "released"])
def test_the_committed_rows_are_made_again(
    env: str, profile: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(os.environ.get("AWAC_DATA_DIR", tmp_path))
    if env in FILES and not (folder / FILES[env]).is_file():
        pytest.skip(f"AWAC_DATA_DIR has no {FILES[env]}")
    options = Common(data_dir=folder, cache_dir=tmp_path)
    made = pd.DataFrame(list(demonstration_rows(env, profile, options)))
    table = demonstrations()
    kept = table[(table["env"] == env) & (table["profile"] == profile)].reset_index(drop=True)
    made["success_step"] = pd.to_numeric(made["success_step"])
    pd.testing.assert_frame_equal(made, kept, check_dtype=False)
