"""How good the demonstrations of the hand tasks are, one by one: what claim H9 is judged by.

    python reproduce/describe_demonstrations.py            # print
    python reproduce/describe_demonstrations.py --write    # and write judging/demonstrations.csv

Reads the demonstrations that runs start from (human ones where their files are found, see
docs/data.md) and counts, under both profiles, when each first succeeds. Trains nothing.
"""

from __future__ import annotations

if __name__ == "__main__":  # in one line, before an import fails
    from reproduce.commandline.installation import exit_without_training

    exit_without_training()

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from envs.data.sources import Request, find_demonstrations
from envs.tasks import HAND_TASKS
from reproduce.commandline.files import write_csv
from reproduce.commandline.options import FolderOptions
from reproduce.commandline.script import command
from reproduce.data.tasks import task_for
from reproduce.judging.demonstrations import TABLE, demonstrations
from reproduce.specs.kinds import DOOR_THRESHOLDS, ProfileName


@dataclass(frozen=True)
class DemonstrationOptions(FolderOptions):
    """Options of the count."""

    download: bool = False
    """Fetch demonstrations that are missing here and published."""
    write: bool = False
    """Also write the table that claims are judged by."""


def demonstration_rows(
    env: str, profile: ProfileName, options: DemonstrationOptions
) -> Iterator[dict[str, Any]]:
    """One row a demonstration: its length, return and the first step (from 1) with success."""
    request = Request(
        task_for(env, profile),
        data_dir=options.data_dir,
        cache=options.cache,
        download=options.download,
    )
    found = find_demonstrations(request)  # as recorded: the claim is of people, not of a replay
    for number, episode in enumerate(found.trajectories):
        there = np.flatnonzero(episode.rewards == 0)
        yield {
            "env": env,
            "profile": profile,
            "source": found.provenance.source,
            "sha256": found.content_checksum[:16],
            "episode": number,
            "steps": len(episode.rewards),
            "return": float(episode.rewards.sum()),
            "success_step": int(there[0]) + 1 if there.size else "",
        }


def check_sources(rows: Iterable[Mapping[str, Any]]) -> None:
    """Raise ValueError if a task would have demonstrations of another source than in the table.

    A machine without the human ones finds those that are shipped: the claim is of the people's.
    """
    known: dict[str, str] = dict(demonstrations()[["env", "source"]].itertuples(index=False))
    for env, source in sorted({(row["env"], row["source"]) for row in rows}):
        if source != known.get(env, source):
            raise ValueError(
                f"--write: {env} has {source} demonstrations here, the table {known[env]} ones; "
                "name their folder with --data-dir, or say --download"
            )


@command(DemonstrationOptions, __doc__)
def main(options: DemonstrationOptions) -> int:
    """Print how many demonstrations of each hand task succeed; with `--write` also the table.

    Returns the exit status: 0 done, 2 bad input or demonstrations that cannot be read.
    """
    options.check_folders()
    rows = [
        row
        for env in HAND_TASKS
        for profile in DOOR_THRESHOLDS
        for row in demonstration_rows(env, profile, options)
    ]
    for env, profile in sorted({(row["env"], row["profile"]) for row in rows}):
        mine = [row for row in rows if (row["env"], row["profile"]) == (env, profile)]
        solved = sum(row["success_step"] != "" for row in mine)
        print(f"{env}, profile {profile}: {solved} of {len(mine)} {mine[0]['source']} ones succeed")
    if options.write:
        check_sources(rows)
        write_csv(TABLE, rows)
        print(f"written: {TABLE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
