"""A task, a method, a figure and a claim are named where CONTRIBUTING says, and nowhere else.

A temporary module names a new one of each; its figure is run, collected, checked and drawn, and its
claim is judged and reported.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest

from envs.tasks import Domain
from figures import style
from figures.domains import DOMAINS
from figures.experiments import EXPERIMENTS, OF_DOMAIN
from reproduce.data.prior import KINDS
from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

TASK = """\
import math

from gymnasium.envs.mujoco.hopper_v4 import HopperEnv

from envs.locomotion import SIMULATIONS
from envs.tasks import TASKS, Task
from figures.results.schema import RESULTS, TaskFacts

TASKS["ToyHopper-v0"] = Task(
    "ToyHopper-v0", 11, 3, horizon=20, success_steps_sustained=None, domain="locomotion",
    reward_low=-math.inf, reward_high=math.inf,
)
SIMULATIONS["ToyHopper-v0"] = HopperEnv
RESULTS.tasks["ToyHopper-v0"] = TaskFacts(horizon=20)
"""

FIGURE = """\
import sys

import toy_task
from figures.experiments import EXPERIMENTS, Experiment
from figures.metrics import Metric
from reproduce.launching.experiment import figure_script

EXPERIMENTS["toy"] = Experiment(
    name="toy", domain="locomotion", tasks=("ToyHopper-v0",), methods=("Toy",),
    metrics=(Metric("return_mean", "Return"),), heading="A figure of one small task",
)
main = figure_script(EXPERIMENTS["toy"], "A toy.")

if __name__ == "__main__":
    import reproduce.judging.claims  # what reads the table of figures bears one more
    import reproduce.campaigns.chapters
    from reproduce import check_results

    sys.exit(main() or check_results.main(["out"]))
"""

METHOD = """\
from dataclasses import replace

from algorithms.catalogue.methods import METHODS
from algorithms.pretraining import NoPretraining

METHODS["Toy"] = replace(METHODS["AWAC"], pretraining=NoPretraining())
"""

CLAIM = """\
from figures.experiments import PEN
from reproduce.judging.claim import Claim, Part
from reproduce.judging.levels import Level
from reproduce.judging.paper import hand
from reproduce.judging.paper.arms import arms

hand.HAND_CLAIMS = (
    *hand.HAND_CLAIMS,
    Claim(
        "H99", "6.1", "a toy's words", "AWAC's final success on the pen is above 0.1", ("figure1",),
        (Part((Level("jt", arms("AWAC"), (PEN,), "above", 0.1),)),),
    ),
)
"""

REPORT = """\
import sys

import toy_claim
from reproduce import report
from reproduce.campaigns.ledger import Ledger
from reproduce.judging.evidence import Evidence

for want in Ledger.of(Evidence({}), 5).asked["H99"]:
    print(want.experiment, want.task, want.arm)
sys.exit(report.main(["--preset", "small", "--out", "out"]))
"""

SIZES = (
    "online_steps=20", "learning_starts=10", "eval_every=20", "dense_eval_every=20",
    "eval_episodes=1", "policy_hidden=8", "q_hidden=8", "batch_size=8", "observations=Raw",
)  # fmt: skip


def places(module: str) -> list[str]:
    """What a module assigns to: a table that gets a row (``TASKS``), or a name of its own."""
    targets = [
        target
        for statement in ast.parse(module).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
    ]
    return [ast.unparse(t.value if isinstance(t, ast.Subscript) else t) for t in targets]


def numbered(heading: str) -> list[str]:
    """The names that the numbered places of a section of CONTRIBUTING begin with."""
    section = CONTRIBUTING.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\d\. `([\w.]+)`", section, re.MULTILINE)


def test_a_new_task_method_and_figure_run_and_are_drawn(tmp_path: Path) -> None:
    files = {"toy_task.py": TASK, "toy.py": FIGURE, "toy_method.py": METHOD}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        [
            sys.executable, "toy.py", "--methods-from", "toy_method.py",
            "--data", "none", "--engine", "eager",
            "--cluster", "inline", "--out", "out", *(w for s in SIZES for w in ("--set", s)),
        ],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True,
        timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = pd.read_csv(tmp_path / "out" / "toy.csv")
    assert set(rows["env"]) == {"ToyHopper-v0"} and set(rows["status"]) == {"done"}
    assert set(rows["method"]) == {"Toy"} and list(rows["env_step"]) == [0, 20]
    assert rows["return_mean"].between(0, 100).all()
    assert (tmp_path / "out" / "toy.png").stat().st_size > 10_000


def test_a_new_claim_is_judged_reported_and_asked_of_the_campaign(tmp_path: Path) -> None:
    for name, text in {"toy_claim.py": CLAIM, "toy.py": REPORT}.items():
        (tmp_path / name).write_text(text)
    out = tmp_path / "out"
    out.mkdir()
    for name in ("figure1.csv", "figure1.manifest.json"):
        shutil.copy(ROOT / "results" / "small" / name, out)
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "toy.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("figure1 pen-binary-v0 AWAC\n")
    rows = pd.read_csv(out / "verdicts.csv").set_index("claim").loc["H99"]
    verdicts = rows.set_index("profile")["claim_verdict"]
    assert set(verdicts.index) == {"paper", "released"} and verdicts["paper"] == "supported"
    for page in ("REPORT.md", "report.html"):
        text = (out / page).read_text(encoding="utf-8")
        assert "H99" in text and "a toy" in text, page
    run = [profile for profile, verdict in verdicts.items() if verdict != "not run"]
    assert {path.name for path in out.glob("report/H99-*")} == {
        f"H99-{what}-{profile}.png" for profile in run for what in ("effects", "figure1-hand")
    }


@pytest.mark.parametrize(
    ("heading", "module", "more"),
    [
        ("Add a task", TASK, ["EXPERIMENTS"]),  # its place in the row of a figure
        ("Add a method", METHOD, []),
        ("Add a figure", FIGURE, []),
        ("Add a claim", CLAIM, []),
    ],
)
def test_contributing_names_these_places(heading: str, module: str, more: list[str]) -> None:
    assert numbered(heading) == [*places(module), *more]


def test_a_method_without_a_colour_has_one() -> None:
    assert "Toy" not in style.METHOD_ORDER
    look = style.method_style("Toy")
    assert look.colour not in style.METHOD_COLOURS.values() and look.colour in style.OTHER_COLOURS


def test_tables_by_domain_have_every_domain() -> None:
    domains = set(get_args(Domain))
    assert domains == set(DOMAINS) == set(OF_DOMAIN) == set(KINDS)
    assert all(EXPERIMENTS[row.name] is row for row in OF_DOMAIN.values())
