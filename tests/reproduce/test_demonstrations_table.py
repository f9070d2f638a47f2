"""The committed table of demonstrations is the one that its script writes."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from reproduce.describe_demonstrations import (
    DemonstrationOptions,
    check_sources,
    demonstration_rows,
    main,
)
from reproduce.judging.demonstrations import demonstrations

FILES = {"pen-binary-v0": "pen2_sparse.npy", "door-binary-v0": "door-v0_demos.pickle"}


@pytest.mark.parametrize("env", [*FILES, "relocate-binary-v0"])
@pytest.mark.parametrize("profile", ["paper", "released"])
def test_the_committed_rows_are_made_again(
    env: str, profile: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path  # of relocate the table has the shipped ones, which need no file
    if env in FILES:
        folder = Path(os.environ.get("AWAC_DATA_DIR", tmp_path))
        if not (folder / FILES[env]).is_file():
            pytest.skip(f"AWAC_DATA_DIR has no {FILES[env]}")
    options = DemonstrationOptions(data_dir=folder, cache_dir=tmp_path)
    made = pd.DataFrame(list(demonstration_rows(env, profile, options)))
    table = demonstrations()
    kept = table[(table["env"] == env) & (table["profile"] == profile)].reset_index(drop=True)
    made["success_step"] = pd.to_numeric(made["success_step"])
    pd.testing.assert_frame_equal(made, kept, check_dtype=False)


def test_shipped_demonstrations_do_not_take_the_place_of_peoples_in_the_table() -> None:
    check_sources([{"env": "door-binary-v0", "source": "human"}])
    with pytest.raises(ValueError, match="--write: door-binary-v0 has embedded .* --data-dir"):
        check_sources([{"env": "door-binary-v0", "source": "embedded"}])


def test_options_that_it_would_not_read_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--profile", "released"])
    assert "--profile" in capsys.readouterr().err
