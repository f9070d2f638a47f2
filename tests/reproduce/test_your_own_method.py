"""docs/your-own-method.md: its files are written as they stand there, its commands are run."""

from __future__ import annotations

import hashlib
import importlib
import json
import re
import runpy
import shlex
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import torch

from algorithms.agent import Agent
from algorithms.catalogue.methods import METHODS
from algorithms.catalogue.profiles import PROFILES
from algorithms.catalogue.resolving import resolve
from algorithms.catalogue.variants import VARIANTS
from algorithms.data.reward_scaling import FixedFactor
from algorithms.engine.compiled import CannotCompile, Compiled
from algorithms.types import Batch
from reproduce.commandline.options import FigureOptions
from reproduce.launching.launcher import command
from reproduce.runs import own_methods, tracking
from reproduce.runs.provenance import fingerprint
from reproduce.specs.grid import RunSpec

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "your-own-method.md").read_text(encoding="utf-8")
FILES = {
    "mine.csv": re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)[0],
    **dict(
        zip(
            ("my_method.py", "my_component.py", "my_parts.py", "my_program.py"),
            re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL),
            strict=True,
        )
    ),
}
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()
]
assert len(COMMANDS) > 5, "an empty list would parametrise nothing and pass"
TINY = shlex.split(
    "--data embedded --engine eager --set offline_steps=2 --set online_steps=4 "
    "--set prior_rollouts=1 --set prior_cloning_steps=2 --set eval_episodes=1 --set eval_every=4 "
    "--set dense_eval_every=4 --set policy_hidden=8 --set q_hidden=8 --set batch_size=8 "
    "--set offline_batch_size=8 --set prior_cloning_hidden=8"
)
Main = Callable[..., int]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_rows: None) -> Path:
    """Where a user stands: the page's files, two methods of ours; registries are restored."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    small = tmp_path / "results" / "small"
    small.mkdir(parents=True)
    lines = (ROOT / "results" / "earlier" / "small" / "figure1.csv").read_text().splitlines()
    kept = [line for line in lines[1:] if {"AWAC", "BC"} & set(line.split(",")[:6])]
    (small / "figure1.csv").write_text("\n".join([lines[0], *kept, ""]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("figures.statistics.bootstrap.RESAMPLES", 50)
    monkeypatch.setattr("figures.statistics.estimates.RESAMPLES", 50)
    return tmp_path


def _main(script: str) -> Main:
    main: Main = importlib.import_module(f"reproduce.{script}").main
    return main


def _run(line: str, *more: str) -> int:
    python, script, *arguments = shlex.split(line)
    assert python == "python"
    return _main(Path(script).stem)([*arguments, *more])


def _of(word: str) -> list[str]:
    return [line for line in COMMANDS if word in line]


def test_every_command_of_the_page_is_run_here() -> None:
    known = [line for word in (*FILES, "status.py") for line in _of(word)]
    assert sorted(known) == sorted(COMMANDS) and len(COMMANDS) == 14


def test_a_csv_is_drawn_reported_and_exported(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*.csv")}
    for line in _of("mine.csv"):
        assert _run(line) == 0, capsys.readouterr().err
    small = folder / "results" / "small"
    assert (small / "figure1.compared.png").stat().st_size > 10_000
    assert not (small / "figure1.png").exists() and not (small / "verdicts.csv").exists()
    report = (small / "compared" / "REPORT.md").read_text()
    assert re.search(r"\| Mine \| 1 of 1 \| 2 \| ", report)
    exported = pd.read_csv(folder / "export" / "small" / "rows.csv")
    assert (exported["experiment"] == "mine.csv").sum() == 5
    assert all(path.read_bytes() == content for path, content in before.items())


def test_a_malformed_csv_is_one_line_and_status_2(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "mine.csv").write_text(FILES["mine.csv"].replace("0.80", "80"))
    for line in _of("mine.csv"):
        assert _run(line) == 2
        error = capsys.readouterr().err
        assert error.startswith("error: mine.csv, line 4, column success: '80' is no share; ")
        assert error.count("\n") == 1
    assert not list(folder.rglob("*.png")) and not (folder / "export").exists()


def test_a_row_of_a_file_works_in_every_script(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tensorboard")
    for line in _of("my_method.py"):
        tiny = [] if "--list" in line else TINY
        pen = ["--envs", "pen-binary-v0"] if "figure1" in line else []
        assert _run(line, *tiny, *pen) == 0, capsys.readouterr().err
        shown = capsys.readouterr().out
        assert "Mine" in shown, line
    (status,) = _of("status.py")
    assert _run(status) == 0
    assert "Mine" in capsys.readouterr().out
    (config,) = (folder / "results").rglob("config.json")
    recorded = json.loads(config.read_text())
    file = folder / "my_method.py"
    assert recorded["environment"]["methods_from"] == [str(file)]
    (digest,) = recorded["identity"]["methods_from"].values()
    assert digest == hashlib.sha256(file.read_bytes()).hexdigest()
    rows = pd.read_csv(config.parent / "progress.csv")
    _every_row_is_one_event(config.parent / tracking.FOLDER, rows)


def _every_row_is_one_event(path: Path, rows: pd.DataFrame) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(path))
    events.Reload()
    for name in ("return_mean", "success_any", "q_mean"):
        known = rows[rows[name].notna()]
        found = [(event.step, event.value) for event in events.Scalars(name)]
        assert [step for step, _ in found] == list(known["env_step"]) != []
        assert [value for _, value in found] == pytest.approx(list(known[name]))


def test_events_of_a_run_that_goes_on_stand_there_once(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    rows = [{"env_step": -5, "q_mean": 1.5, "return_mean": 1, "success_any": 0.0}]
    rows += [{"env_step": 0, "q_mean": float("nan"), "return_mean": 2, "success_any": 0.5}]
    for known in (0, 1):
        with tracking.tracking("tensorboard", tmp_path, rows[:known]) as tracked:
            for row in rows[known:]:
                tracked.add(row)
    _every_row_is_one_event(tmp_path / tracking.FOLDER, pd.DataFrame(rows))


def test_a_tracker_that_is_not_installed_is_told_before_anything_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tracking, "find_spec", lambda name: None)
    for script in ("run", "figure1"):
        assert _main(script)(["--track", "tensorboard", "--out", "new"]) == 2
        error = capsys.readouterr().err
        assert "pip install '.[track]'" in error and error.count("\n") == 1
    assert not (folder / "new").exists()


def test_a_component_of_ones_own_is_trained_and_has_settings(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line, beside = _of("my_component.py")
    assert _run(line, *TINY, "--set", "lam=0.5") == 0, capsys.readouterr().err
    assert _run(beside, *TINY) == 0, capsys.readouterr().err
    assert "AWAC[linear]" in capsys.readouterr().out
    (config,) = (folder / "results").rglob("config.json")
    shape = json.loads(config.read_text())["identity"]["method"]["objective"]["weights"]["shape"]
    assert shape == {"component": "Linear", "lam": 0.5}
    weights = resolve("AWAC[linear]").method.objective.weights  # type: ignore[union-attr]
    found = weights(torch.tensor([-0.6, -0.15, 0.0, 0.3]))
    torch.testing.assert_close(found, torch.tensor([0.0, 0.5, 1.0, 2.0]))


def test_a_critic_and_a_constraint_of_ones_own_are_trained(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for line in _of("my_parts.py"):
        assert _run(line, *TINY) == 0, capsys.readouterr().err
    said = capsys.readouterr()
    assert "changes nothing" not in said.out + said.err  # of the model that the constraint asks
    rows = [pd.read_csv(path) for path in sorted((folder / "results").rglob("progress.csv"))]
    losses = [frame["critic_loss"].dropna() for frame in rows]
    assert len(rows) == 2 and all(len(loss) for loss in losses)
    assert [("gap" in frame and frame["gap"].notna().any()) for frame in rows] == [False, True]


def test_the_program_of_the_page_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = _of("my_program.py")
    assert line == "python my_program.py"
    scope = runpy.run_path(str(folder / "my_program.py"))
    assert "policy_loss" in capsys.readouterr().out
    assert scope["agent"].updates == 300


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return torch.log(advantages.nothing)", "AttributeError: 'Tensor' object has no"),
        ("return advantages[:3]", "ValueError: "),
        ("assert False", "AssertionError"),
    ],
)
def test_a_component_that_fails_is_told_with_its_method_and_place(
    folder: Path, capsys: pytest.CaptureFixture[str], body: str, told: str
) -> None:
    """Before anything is trained, and with the other methods of the plan unharmed."""
    text = FILES["my_component.py"]
    broken = text.replace("return torch.log((1 + advantages / self.lam).clamp(min=0))", body)
    (folder / "my_component.py").write_text(broken)
    line = "python reproduce/figure1.py --methods-from my_component.py --dry-run --seeds 1"
    assert broken != text
    assert _run(line, *TINY, "--methods", "AWAC[linear]", "--envs", "pen-binary-v0") == 2
    error = capsys.readouterr().err
    assert f"error: pen-binary-v0 AWAC[linear]: one update fails with {told}" in error
    assert ("(my_component.py, line 16)" in error) == ("[:3]" not in body)  # what follows fails
    assert error.count("\n") == 1


def test_a_run_that_fails_in_an_own_component_names_its_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = FILES["my_component.py"]
    broken = text.replace(".clamp(min=0))", ".clamp(min=0)).nothing")
    (folder / "my_component.py").write_text(broken)
    (line,) = (line for line in _of("my_component.py") if "run.py" in line)
    assert _run(line, *TINY) == 1
    assert "has no attribute 'nothing' (my_component.py, line 16; see " in capsys.readouterr().out


def test_a_loss_that_reads_the_clock_gets_no_graph(folder: Path) -> None:
    """A graph would hold the number of updates fast: lam would be that of the first update."""
    text = FILES["my_component.py"] + CLOCK
    (folder / "my_component.py").write_text(text)
    own_methods.load([folder / "my_component.py"])
    settings = resolve("AWAC[clock]", settings=("policy_hidden=8", "q_hidden=8"))
    agent = Agent(settings.method, settings.config, 3, 2, seed=0)
    rng = torch.Generator().manual_seed(0)
    size, width = 8, (3, 2)
    s, following = (torch.randn(size, width[0], generator=rng) for _ in range(2))
    batch = Batch(s, torch.zeros(size, width[1]), torch.zeros(size), torch.ones(size), following)
    assert [float(agent.update(batch)["clock"]) for _ in range(3)] == [0.0, 1.0, 2.0]
    agent.compiled = Compiled(agent, lambda module, example, kept: module)
    with pytest.raises(CannotCompile, match=r"step\.updates"):
        agent.update(batch)


CLOCK = """
from algorithms.constraints.base import Constraint


@dataclass(frozen=True)
class Clock(Constraint):
    def policy_term(self, step):
        return 0.0 * step.pi.mode().sum(), {}, {"clock": torch.tensor(float(step.updates))}


VARIANTS["AWAC[clock]"] = Variant("AWAC", {"constraint": Clock()}, "reads the clock")
"""


def test_a_run_goes_on_only_with_the_same_content(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (dict(METHODS), dict(VARIANTS), own_methods._profile_values())
    line = "python reproduce/run.py --methods-from my_method.py --method Mine"
    assert _run(line, *TINY) == 0
    assert _run(line, *TINY) == 0  # done already
    file = folder / "my_method.py"
    file.write_text(file.read_text() + "\n# another thought\n")
    capsys.readouterr()
    assert _run(line, *TINY) == 2
    assert "my_method.py: was changed since it was read; start again" in capsys.readouterr().err
    own_methods._restore(before)  # as in a new process
    own_methods._sources.clear()
    own_methods._origin.clear()
    assert _run(line, *TINY) == 2
    error = capsys.readouterr().err
    assert "was made with another configuration (methods_from.my_method.py: " in error
    assert error.count("\n") == 1


def test_our_own_rows_are_as_they_were(folder: Path) -> None:
    """A file that is given changes neither identity nor folder of a run that does not use it."""
    from reproduce.runs.resolved import resolved

    spec = RunSpec("quick", "paper", "pen-binary-v0", "AWAC", 0, "embedded")
    before = resolved(spec).identity
    own_methods.load([folder / "my_method.py"])
    assert resolved(spec).identity == before and own_methods.environment("AWAC") == {}
    assert own_methods.sources_of("AWAC[mine]") == own_methods.sources_of("Mine[sharp]")


def test_other_processes_and_jobs_get_the_file(folder: Path) -> None:
    spec = RunSpec("quick", "paper", "pen-binary-v0", "Mine", 0, "embedded")
    options = FigureOptions(preset="quick", methods_from=(Path("my_method.py"),))
    words = command(spec, options)
    assert words[words.index("--methods-from") + 1] == str(folder / "my_method.py")
    file = folder / "my_method.py"
    codes = [fingerprint(), fingerprint(file)]
    file.write_text("")
    codes.append(fingerprint(file))
    file.unlink()
    assert len({*codes}) == 3 and fingerprint(file) == codes[2]


HEAD = (
    "from algorithms.catalogue.methods import METHODS\n"
    "from algorithms.catalogue.variants import VARIANTS, Variant\n"
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\n", ": adds no row; write METHODS['Mine']"),
        ("x = 1\ny = z\n", ", line 2: NameError: name 'z' is not defined"),
        ("def f(:\n", ", line 1: SyntaxError: "),
        (HEAD + "METHODS['AWAC'] = METHODS['SAC']\n", ": changes 'AWAC', which is ours"),
        (HEAD + "METHODS['Mine'] = 3\n", ": METHODS['Mine'] is no Method"),
        (HEAD + "METHODS['a/b'] = METHODS['SAC']\n", ": 'a/b' is no name of a row"),
        (
            HEAD + "VARIANTS['x'] = Variant('AWAC', {}, '')\n",
            ": 'x' is a variant: call it AWAC[...]",
        ),
        (HEAD + "VARIANTS['X[y]'] = Variant('X', {}, '')\n", ": VARIANTS['X[y]'] is no Variant"),
        (
            HEAD + "VARIANTS['AWAC[x]'] = Variant('AWAC', "
            "{'objective.weights.shape.lam': '0.3'}, 'a word for a number')\n",
            ": AWAC[x]: objective.weights.shape.lam='0.3': '<=' not supported",
        ),
        (
            HEAD + "VARIANTS['AWAC[x]'] = Variant('AWAC', {'objective.weights.shap': 1}, '')\n",
            ": AWAC[x]: objective.weights.shap=1: Weights has no shap; did you mean shape?",
        ),
        (
            HEAD + "VARIANTS['AWAC[x]'] = Variant('AWAC', {'lam': 1.0}, 'an ending of a path')\n",
            ": AWAC[x]: lam=1.0: did you mean objective.weights.shape.lam?",
        ),
        (
            HEAD + "VARIANTS['AWAC[x]'] = Variant('AWAC', {'critic': 5}, '')\n",
            ": AWAC[x]: critic is 5, must be a component such as NoCritic()",
        ),
        (
            HEAD + "from algorithms.catalogue.profiles import PROFILES\n"
            "METHODS['Mine'] = METHODS['SAC']\nPROFILES['paper']['hand']['SAC'] = {}\n",
            ": changes PROFILES of our rows",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_told_and_leaves_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    before = (dict(METHODS), dict(VARIANTS), own_methods._profile_values())
    (folder / "bad.py").write_text(text)
    assert _main("run")(["--methods-from", "bad.py", "--list"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: --methods-from bad.py{told}") and error.count("\n") == 1
    assert (dict(METHODS), dict(VARIANTS), own_methods._profile_values()) == before
    assert PROFILES["paper"]["hand"]["SAC"]


def test_a_variant_may_be_meant_for_one_domain_alone(folder: Path) -> None:
    """The hand's rewards have no factor, those of locomotion have."""
    text = (
        "VARIANTS['AWAC[half]'] = Variant('AWAC', {'reward_scaling.by': 0.05}, 'half as large')\n"
    )
    (folder / "half.py").write_text(HEAD + text)
    own_methods.load([folder / "half.py"])
    assert resolve("AWAC[half]", domain="locomotion").method.reward_scaling == FixedFactor(0.05)
    with pytest.raises(ValueError, match="TaskUnits has no by"):
        resolve("AWAC[half]")


def test_a_file_that_is_not_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _main("figure1")(["--methods-from", "none.py", "--dry-run"]) == 2
    assert "--methods-from none.py: cannot be read (No such file" in capsys.readouterr().err
