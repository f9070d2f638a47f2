"""The runs whose numbers are kept in `golden/`, and how they are made.

    python -m tests.reproduce.golden_runs --write  # after a change that is meant to change them
    python -m tests.reproduce.golden_runs --write pen-binary-v0-AWAC-eager  # one of them
    python -m tests.reproduce.golden_runs --exact  # which differ in any digit, on one machine

A refactoring changes nothing in them. The last bits differ from one kind of processor to another:
the tests compare with a tolerance, `--exact` without. `test_golden.py` has the eager runs,
`tests/engine/test_golden.py` the compiled ones.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch

from reproduce.run import main as run

HERE = Path(__file__).parent / "golden"
TINY = {
    "offline_steps": "40",
    "online_steps": "60",
    "eval_every": "20",
    "eval_episodes": "1",
    "dense_eval_every": "20",
    "dense_until": "60",
    "prior_rollouts": "2",
    "prior_cloning_steps": "20",
    "policy_hidden": "16,16",
    "q_hidden": "16,16",
    "batch_size": "16",
    "offline_batch_size": "16",
    "cloning_steps": "20",
    # what the preset quick had when they were recorded
    "sampled_eval_episodes": "1",
    "prior_cloning_hidden": "256,256",
    "prior_cloning_batch_size": "256",
    "vae_hidden": "256,256",
}
DATA = {"pen-binary-v0": "embedded", "SawyerPush-v0": "random", "HalfCheetah-v2": "expert"}
_TIMES = ("wall_s", "steps_per_s")


@dataclass(frozen=True)
class Golden:
    """One tiny run."""

    env: str
    method: str
    engine: str = "eager"
    settings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.env}-{self.method}-{self.engine}"

    def run_in(self, out: Path) -> Path:
        """Train it below `out`, in this process; its folder."""
        changed = TINY | dict(text.split("=") for text in self.settings)
        if not self._clones:
            del changed["cloning_steps"]
        if self.method not in ("BEAR", "BCQ"):
            del changed["vae_hidden"]
        if DATA[self.env] == "expert":
            changed["expert_demonstrations"] = "1"
        texts = [f"{key}={value}" for key, value in changed.items()]
        more = [part for text in texts for part in ("--set", text)]
        status = run(
            [
                "--env",
                self.env,
                "--method",
                self.method,
                "--data",
                DATA[self.env],
                "--engine",
                self.engine,
                "--out",
                str(out),
                *more,
            ]
        )
        assert status == 0, self.name
        (done,) = out.glob("runs/*/*/*/seed0/done")
        return done.parent

    @property
    def _clones(self) -> bool:
        return self.method in ("SAC", "SAC+BC", "DAPG")


EAGER = (
    *(Golden(env, method) for env in DATA for method in ("AWAC", "BEAR", "AWR")),
    Golden("pen-binary-v0", "MPO"),
    Golden("pen-binary-v0", "ABM-MPO"),
    # the text's damping leaves conjugate gradients to the last bits of a processor
    Golden("pen-binary-v0", "DAPG", settings=("trajectories=1", "online_steps=400", "damping=0.1")),
    Golden("HalfCheetah-v2", "SAC+BC"),
    Golden("SawyerPush-v0", "BCQ", settings=("vae_hidden=16,16",)),
)
COMPILED = (
    *(Golden(env, "AWAC", "compiled") for env in DATA),
    Golden("pen-binary-v0", "BEAR", "compiled"),
    Golden("pen-binary-v0", "AWR", "compiled"),
)


def rows_of(folder: Path) -> list[dict[str, str]]:
    """Its rows, without what a clock measures."""
    with (folder / "progress.csv").open(newline="") as file:
        return [
            {key: value for key, value in row.items() if key not in _TIMES}
            for row in csv.DictReader(file)
        ]


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    """Every weight of its last checkpoint, by name."""
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    networks: dict[str, torch.Tensor] = state["agent"]["networks"]
    return networks


def identity_of(folder: Path) -> dict[str, object]:
    """What its folder says it is; without the checksum of data, whose last bits may differ."""
    identity: dict[str, object] = json.loads((folder / "config.json").read_text())["identity"]
    data = identity["data"]
    assert isinstance(data, dict)
    return identity | {"data": {key: value for key, value in data.items() if key != "checksum"}}


def summary(folder: Path) -> dict[str, object]:
    """What `golden/` keeps of a run."""
    norms = [float(value.double().norm()) for value in weights_of(folder).values()]
    return {"identity": identity_of(folder), "rows": rows_of(folder), "norms": norms}


def kept(golden: Golden) -> dict[str, object]:
    """What `golden/` has of it."""
    found: dict[str, object] = json.loads((HERE / f"{golden.name}.json").read_text())
    return found


def main(arguments: list[str]) -> int:
    """Make runs once, all or the named; write `golden/`, or say which differ in any digit."""
    differing, (mode, *names) = [], arguments or ("--exact",)
    for golden in EAGER + COMPILED:
        if names and golden.name not in names:
            continue
        with tempfile.TemporaryDirectory() as out:
            found = json.loads(json.dumps(summary(golden.run_in(Path(out)))))
        if mode == "--write":
            (HERE / f"{golden.name}.json").write_text(json.dumps(found, indent=1) + "\n")
        elif found != kept(golden):
            differing.append(golden.name)
    print("differing:", ", ".join(differing) or "none")
    return int(bool(differing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
