"""Which runs of a results folder are jobs of SLURM. Every launch writes this down.

<results>/launches/<launch>/
    launch.json           when, where, by whom, with which command and code
    changes.patch         the difference between the commit and the working tree
    array0.json, ...      name of a job array, and the run folders of each of its elements
    jobs/                 scripts and output of the jobs, written by submitit
    refused.json          a job found other code than was submitted

Each array has a unique name. Its file is written before submission. Anybody can match jobs and runs
again, whichever process dies. Job ids are not unique: a cluster that is set up anew counts from 1
again.
"""

from __future__ import annotations

import getpass
import json
import secrets
import socket
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figures.files import write_text
from reproduce.commandline.files import write_json
from reproduce.launching import slurm_client
from reproduce.runs.folder import RunFolder
from reproduce.runs.provenance import commit, fingerprint, uncommitted
from reproduce.specs.grid import RunSpec

Jobs = dict[RunSpec, tuple[slurm_client.Job, Path]]
"""A run's newest job that SLURM knows, and the folder of its launch."""


@dataclass(frozen=True)
class Launch:
    """One call of a script that submits jobs: a folder, and the code as it was then."""

    folder: Path
    code: str

    @property
    def jobs(self) -> Path:
        """The folder of submitit's scripts, and of the jobs' output."""
        return self.folder / "jobs"

    def array(self, packs: Sequence[Sequence[Path]], out: Path) -> str:
        """Write down an array that will be submitted next; returns its name."""
        number = len(list(self.folder.glob("array*.json")))
        name = f"awac-{self.folder.name}-{number}"
        runs = [[path.relative_to(out).as_posix() for path in pack] for pack in packs]
        write_json(self.folder / f"array{number}.json", {"name": name, "runs": runs})
        return name


def new_launch(out: Path, *files: Path) -> Launch:
    """Make a launch with its folder under `out`. The user's `files` are part of its code."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    launch = Launch(out / "launches" / f"{stamp}-{secrets.token_hex(3)}", fingerprint(*files))
    launch.jobs.mkdir(parents=True)
    changes = uncommitted()
    if changes:
        write_text(launch.folder / "changes.patch", changes)
    write_json(
        launch.folder / "launch.json",
        {
            "command": sys.argv,
            "at": time.time(),
            "host": socket.gethostname(),
            "user": getpass.getuser(),
            "commit": commit(),
            "code": launch.code,
        },
    )
    return launch


def refusal(launch: Path) -> str:
    """Why a job of that launch has refused the code that it found; "" if none has."""
    try:
        said = json.loads((launch / "refused.json").read_text())
    except (OSError, ValueError):
        return ""
    return f"the code was changed since submission ({said['submitted']} -> {said['found']})"


def jobs_of(specs: Iterable[RunSpec], out: Path) -> Jobs:
    """Find each run's newest job among those that SLURM still knows. Live jobs come first.

    Raises SlurmError if SLURM does not answer.
    """
    wanted = {spec.folder(out).relative_to(out).as_posix(): spec for spec in specs}
    arrays: dict[str, tuple[list[list[str]], Path]] = {}
    for path in sorted((out / "launches").glob("*/array*.json")):
        with suppress(OSError, ValueError, KeyError):
            entry: dict[str, Any] = json.loads(path.read_text())
            if any(run in wanted for pack in entry["runs"] for run in pack):
                arrays[entry["name"]] = entry["runs"], path.parent
    found: Jobs = {}
    known = [job for job in slurm_client.jobs(list(arrays)) if job.name in arrays]
    for job in sorted(known, key=lambda job: (job.live, job.name, job.id)):
        packs, launch = arrays[job.name]
        if job.index < len(packs):
            found |= {wanted[run]: (job, launch) for run in packs[job.index] if run in wanted}
    return found


def refresh(specs: Sequence[RunSpec], out: Path) -> Jobs:
    """Make the runs' notes agree with SLURM: a live job, or none. Returns what `jobs_of` does.

    Raises SlurmError if SLURM does not answer. No note is changed then.
    """
    jobs = jobs_of(specs, out)
    for spec in specs:
        folder = RunFolder(spec.folder(out))
        if not folder.path.exists():
            continue
        state = folder.state()
        job = jobs[spec][0] if spec in jobs and jobs[spec][0].live else None
        if state == "queued" and job is None and folder.queued().get("cluster") == "slurm":
            (folder.path / "queued.json").unlink(missing_ok=True)
        elif state in ("pending", "resumable") and job is not None:  # e.g. preempted
            folder.queue(note(job.id))
    return jobs


def note(job: str) -> dict[str, Any]:
    """What a run's queued.json says."""
    return {"cluster": "slurm", "job": job, "at": time.time(), "by": socket.gethostname()}
