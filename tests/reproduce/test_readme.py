"""Every command that the README and the pages in docs/ print can be typed as it stands.

The README's are run, in a copy of `results/`: as they stand where they train nothing, with
`--dry-run` where they would train, and otherwise up to their options (`--help`).
"""

from __future__ import annotations

import csv
import re
import shlex
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from reproduce.judging.claims import CLAIMS
from reproduce.judging.conditions import Verdict
from reproduce.reporting.wording import WORDS
from tests.forked import run
from tests.patience import PATIENCE_S
from tests.reproduce.conftest import environment

ROOT = Path(__file__).parents[2]
TRAINING = ("figure1", "figure2", "figure3", "ablations", "run", "study")
READING = ("--plot-only", "--list", "--list-settings", "--show", "--dry-run", "--plan")
ONLY_HELP = ("prior_data", "render", "status", "campaign", "report")
"""What makes data, what needs a run that is not committed, and what has long tests of its own."""
COMMAND = re.compile(r"^ {4}(?P<line>(?:\\\n|[^\n])+)", re.MULTILINE)


def commands(page: Path) -> list[str]:
    """The lines of `page` that stand in indented blocks, continued ones joined, remarks cut."""
    lines = (found["line"].replace("\\\n", " ") for found in COMMAND.finditer(page.read_text()))
    return [re.sub(r"\s+#\s.*", "", line).strip() for line in lines]


def scripts(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Name of the script and its arguments, for every `python reproduce/...` on the page."""
    for line in commands(page):
        if line.startswith("python reproduce/"):
            words = shlex.split(line)
            yield Path(words[1]).stem, [word for word in words[2:] if word != "..."]


MENTION = re.compile(r"python (?:reproduce/|-m reproduce\.)(?P<script>\w+)(?P<rest>.*)")


def mentioned(page: Path) -> Iterator[tuple[str, set[str]]]:
    """Script and options of every command with one of ours, wherever on the page it stands.

    That is in an indented block, in a block of shell, or in backticks; inside of another command
    (`sbatch --wrap`) too, and with brackets around what may be left out.
    """
    text = page.read_text()
    shell = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    prose = COMMAND.sub("", prose)
    lines = [*commands(page), *"".join(shell).splitlines(), *re.findall(r"`([^`]+)`", prose)]
    for line in lines:
        if found := MENTION.search(" ".join(line.split())):
            yield found["script"], set(re.findall(r"(?<![^\s[])--[\w-]+", found["rest"]))


README = list(dict.fromkeys((name, tuple(words)) for name, words in scripts(ROOT / "README.md")))
PAGES = sorted((ROOT / "docs").glob("*.md"))
MENTIONING = [
    page
    for page in (
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "results/earlier/README.md")),
        *sorted((ROOT / "docs").rglob("*.md")),
        *sorted((ROOT / "envs").rglob("*.md")),
    )
    if MENTION.search(page.read_text())
]


def test_commands_are_found_in_the_pages() -> None:
    """An empty list would parametrise nothing and pass."""
    assert {"figure1", "figure2", "figure3", "ablations", "report"} <= {name for name, _ in README}
    assert ROOT / "README.md" in MENTIONING and len(MENTIONING) > 5


def tiny(name: str, words: tuple[str, ...]) -> list[str]:
    """The same command in the form that trains nothing and ends."""
    if name in ONLY_HELP:
        return [*words, "--help"]
    if name in TRAINING and not set(READING) & set(words):
        return [*words, "--dry-run"]
    return list(words)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "results", folder / "results")
    (folder / "mine.csv").write_text(
        "env,method,seed,env_step,success\npen-binary-v0,Mine,0,0,0.1\npen-binary-v0,Mine,0,100,0.5\n"
    )
    return folder


@pytest.fixture(scope="module")
def surroundings(shared_cache: Path) -> Mapping[str, str]:
    return environment(shared_cache) | {"COLUMNS": "200"}


@pytest.mark.parametrize(
    ("name", "words"), README, ids=[" ".join((name, *words)) for name, words in README]
)
def test_command_of_the_readme(
    name: str, words: tuple[str, ...], copy: Path, surroundings: Mapping[str, str]
) -> None:
    ended = run(name, *tiny(name, words), env=surroundings, cwd=copy, timeout=PATIENCE_S)
    assert ended.returncode == 0, f"{name} {words}: {ended.stderr or ended.stdout}"
    assert ended.stdout.strip()
    assert not (copy / "results/small/runs").exists(), "a command that trains was started"


def test_targets_of_make_that_pages_name_exist() -> None:
    named = {
        word
        for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES)
        for word in re.findall(r"(?:^ {4}|`|: )make ([a-z][\w-]*)", page.read_text(), re.MULTILINE)
    }
    assert {"figure1", "test", "report"} <= named
    ended = subprocess.run(
        ["make", "--dry-run", *sorted(named)], cwd=ROOT, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr


def test_make_plot_draws_what_is_committed_and_no_figure_without_rows() -> None:
    lines = subprocess.run(
        ["make", "-n", "plot"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    drawn = sorted(Path(shlex.split(line)[1]).stem for line in lines if "--plot-only" in line)
    pictures = [path.stem for path in (ROOT / "results" / "small").glob("*.png")]
    pictures = sorted(name for name in pictures if "." not in name)  # not .pairs, .profiles
    assert drawn == pictures != []


def test_extras_that_the_readme_installs_exist() -> None:
    import tomllib

    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = set(re.findall(r"pip install '\.\[(\w+)\]'", (ROOT / "README.md").read_text()))
    assert named and named <= set(declared["optional-dependencies"])


@pytest.fixture(scope="module")
def options_of(copy: Path, surroundings: Mapping[str, str]) -> Callable[[str], set[str]]:
    """The options that a script's `--help` names."""

    @cache
    def look(name: str) -> set[str]:
        text = run(f"{name}.py", "--help", env=surroundings, cwd=copy, timeout=PATIENCE_S).stdout
        return set(re.findall(r"--[\w-]+", text))

    return look


@pytest.mark.parametrize("page", MENTIONING, ids=lambda page: str(page.relative_to(ROOT)))
def test_options_on_a_page_exist(page: Path, options_of: Callable[[str], set[str]]) -> None:
    """A page's commands need files and clusters that are not here: their options are looked up."""
    found = list(mentioned(page))
    assert len(found) == len(MENTION.findall(page.read_text())), "some were not recognised"
    for name, asked in found:
        assert (ROOT / "reproduce" / f"{name}.py").is_file(), f"{page.name}: {name}.py"
        unknown = asked - options_of(name) if asked else set()
        assert not unknown, f"{page.name}: {name} has no {', '.join(unknown)}"


def test_commands_are_found_wherever_they_stand(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "    python reproduce/a.py --one  # and --none\n"
        "    sbatch --wrap 'x python reproduce/b.py --two \\\n        --three=3'\n\n"
        "Here `python reproduce/c.py\n[--four] FILE` and `python -m reproduce.d`, without `--no`.\n"
        "```python\nprint('--no')\n```\n```sh\npython reproduce/e.py --five\n```\n"
    )
    assert list(mentioned(page)) == [
        ("a", {"--one"}),
        ("b", {"--two", "--three"}),
        ("e", {"--five"}),
        ("c", {"--four"}),
        ("d", set()),
    ]


def test_tiny_forms_refuse_what_a_typing_error_makes(
    copy: Path, surroundings: Mapping[str, str]
) -> None:
    wrong = tiny("figure1", ("--preset", "smal"))
    assert run("figure1", *wrong, env=surroundings, cwd=copy, timeout=PATIENCE_S).returncode == 2


def test_readme_is_short_and_its_first_screen_has_what_is_needed() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()
    assert len(lines) <= 150
    first = lines[: lines.index("## What to run next")]
    assert len(first) <= 45
    text = "\n".join(first)
    for needed in ("What was found", ".png", "make figure1", "make test", "make report"):
        assert needed in text


def test_the_readme_counts_the_verdicts_as_the_report_does() -> None:
    """One claim a row of the report's first table; `verdicts.csv` has a row for each effect."""
    again = {claim.id for claim in CLAIMS if claim.again}
    with (ROOT / "results/small/verdicts.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["profile"] == "paper"]
    verdicts = {row["claim"]: row["claim_verdict"] for row in rows if row["claim"] not in again}
    count = Counter(verdict for verdict in verdicts.values() if verdict != "not testable")
    text = " ".join((ROOT / "README.md").read_text().split())
    found = re.search(
        r"(\d+) questions about the paper's sentences; at preset `small` ([^.]*)\.", text
    )
    assert found is not None
    pairs = re.findall(r"(\d+) (?:is|are) ([a-z ]+)", found[2])
    told = {word: int(number) for number, word in pairs if number != "0"}
    assert told == {WORDS[Verdict(name)]: number for name, number in count.items()}
    assert int(found[1]) == count.total()
    assert len(again) == 4 and "Four more questions ask again with the authors' values" in text
    closed = [
        line
        for line in (ROOT / "results/small/REPORT.md").read_text().splitlines()
        if line.startswith("| [") and "more runs cannot make it seen" in line
        if line.split(" | ")[2] == "**not seen at small**"
    ]
    assert f"Of those not seen, {len(closed)} cannot be seen with more runs" in text
