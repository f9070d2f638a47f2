"""Make the demonstrations that the project ships: rollouts of a published expert policy.

    python -m reproduce.make_embedded --policy pen_expert.npz --env pen-binary-v0

writes ``envs/assets/pen_expert5.npz``. The same arguments give the same file on one machine.
"""

from __future__ import annotations

if __name__ == "__main__":  # in one line, before an import fails
    from reproduce.commandline.installation import exit_without_training

    exit_without_training()

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from envs import seeds
from envs.data.experts import ExpertPolicy, rollout_expert
from envs.data.sources import ASSETS, shipped_file
from envs.data.storage import save_dataset
from envs.tasks import task
from reproduce.commandline.script import command


@dataclass(frozen=True)
class EmbeddedOptions:
    """Options of the demonstrations."""

    policy: Path
    """The expert's weights, an .npz file."""
    env: str
    """Task, e.g. pen-binary-v0."""
    out: Path = ASSETS
    """Folder to write to."""
    episodes: int | None = None
    """Successful episodes to keep (default: the number that the task has shipped)."""
    seed: int = seeds.EXPERT
    """Reset seed of the first attempt."""


def make_embedded(options: EmbeddedOptions) -> Path:
    """Roll out an expert and write its successful episodes.

    Returns:
        The file written, ``<task>_expert<episodes>.npz``.
    """
    known = task(options.env)
    episodes = options.episodes or known.shipped_demonstrations
    policy = ExpertPolicy.load(options.policy)
    dataset = rollout_expert(known, policy, episodes, options.seed)
    note = f"made by reproduce/make_embedded.py; {dataset.provenance.note}"
    provenance = replace(dataset.provenance, source="embedded", note=note)
    path = options.out / shipped_file(options.env, episodes)
    save_dataset(path, replace(dataset, provenance=provenance))
    print(
        f"{path.name}: {len(dataset.trajectories)} episodes, {dataset.steps} steps, "
        f"mean return {dataset.returns.mean():.1f}"
    )
    return path


@command(EmbeddedOptions, __doc__)
def main(options: EmbeddedOptions) -> int:
    """Make them; returns the exit status: 0 written, 2 bad input."""
    make_embedded(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
