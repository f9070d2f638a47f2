r"""Table 1: every hyper-parameter of a method, as the paper and the released code have it.

    python reproduce/table1.py                # AWAC: results/table1.md, .tex and .csv
    python reproduce/table1.py --method SAC   # another method, or a variant, into the same files
    python reproduce/table1.py --all          # every method

Prints the Markdown; values that differ between the profiles are bold, and marked in the CSV. The
values are those of the hand tasks without a preset: `quick` and `small` shrink some of them.

All values are read from the code but for one fact, which is fixed text since nothing can be set
there: hidden layers are ReLU. "Exploration Noise" is read from the policy's class. The LaTeX needs
\usepackage{booktabs,longtable}. Trains nothing.
"""

from __future__ import annotations

if __name__ == "__main__":  # in one line, before an import fails
    from reproduce.commandline.installation import exit_without_training

    exit_without_training()

import dataclasses
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from algorithms.catalogue.method import Method
from algorithms.catalogue.methods import METHODS
from algorithms.catalogue.profiles import PROFILES
from algorithms.catalogue.resolving import resolve
from algorithms.catalogue.settings import Settings
from algorithms.config import LONGEST_RUN
from algorithms.data.reward_scaling import FixedFactor, ReturnRange
from algorithms.policies.deterministic import DeterministicTanh
from reproduce.commandline.script import command
from reproduce.reporting.tables import (
    FormattedText,
    Section,
    code,
    maths,
    publish,
    text,
    to_latex,
    to_markdown,
)


def exploration_noise(method: Method) -> str:
    """What is added to the policy's actions; a stochastic policy explores by itself."""
    if isinstance(method.policy, DeterministicTanh):
        return f"Gaussian, std {method.policy.exploration_noise:g}"
    return "None (stochastic policy)"


def reward_scaling(method: Method) -> str:
    """What rewards are multiplied by."""
    scaling = method.reward_scaling
    if isinstance(scaling, ReturnRange):
        return f"{scaling.target_range:g} / range of returns"
    if isinstance(scaling, FixedFactor):
        return f"{scaling.by:g}"
    return "1"


PAPER_TABLE: tuple[tuple[str, str | Callable[[Method], str]], ...] = (
    ("Training Batches Per Timestep", "updates_per_step"),
    ("Exploration Noise", exploration_noise),
    ("RL Batch Size", "batch_size"),
    ("Discount Factor", "discount"),
    ("Reward Scaling", reward_scaling),
    ("Replay Buffer Size", "replay_buffer_size"),
    ("Number of pretraining steps", "offline_steps"),
    ("Policy Hidden Sizes", "policy_hidden"),
    ("Policy Hidden Activation", lambda method: "ReLU"),
    ("Policy Weight Decay", "policy_weight_decay"),
    ("Policy Learning Rate", "policy_learning_rate"),
    ("Q Hidden Sizes", "q_hidden"),
    ("Q Hidden Activation", lambda method: "ReLU"),
    ("Q Weight Decay", "q_weight_decay"),
    ("Q Learning Rate", "q_learning_rate"),
    ("Target Network tau", "tau"),
)
"""The paper's rows by its names in its order: a hyper-parameter, or a fact about the method."""

READABLE = {
    "offline_batch_size": "Batch Size in Pre-training",
    "collect_steps": "Timesteps Collected in a Row",
    "steps_per_update": "Timesteps to a Round of Training Batches",
    "learning_starts": "Timesteps before the First Training Batch",
    "prior_rollouts": "Rollouts in the Prior Data",
    "prior_cloning_steps": "Cloning Steps of the Rollouts' Policy",
    "prior_cloning": "Cloning of the Rollouts' Policy",
    "prior_cloning_hidden": "Hidden Sizes of the Rollouts' Policy",
    "prior_cloning_batch_size": "Batch Size of the Rollouts' Policy",
    "expert_demonstrations": "Demonstrations of the Expert (0: the task's number)",
    "prior_fraction": "Share of the Prior Data Used",
    "precision": "Precision of Matrix Products",
    "online_steps": "Online Timesteps",
    "eval_every": "Timesteps between Evaluations",
    "dense_eval_every": "Timesteps between First Evaluations",
    "dense_until": "Timesteps of First Evaluations",
    "eval_episodes": "Episodes per Evaluation",
    "sampled_eval_episodes": "Of Them with Sampled Actions as well, at Most",
}
"""Shared hyper-parameters that the paper's table lacks; one without a name shows its field's."""

_TYPESET = {"Target Network tau": maths("Target Network tau", r"Target Network $\tau$")}

_ABSENT = FormattedText("", "-", "--")

_NOTE = (
    "Bold: the profiles differ. A dash: only the other profile has the component. "
    "Shared values are listed whether or not the method's components use them."
)


@dataclass(frozen=True)
class Options:
    """Where to write, and which methods."""

    out: Path = Path("results")
    """Folder for table1.md, table1.tex and table1.csv; files of these names are replaced."""
    method: str | None = None
    """Method or variant, as `run.py --list` names them; AWAC if left out."""
    all: bool = False
    """Every method, one after the other, in place of a single one."""


@dataclass(frozen=True)
class Row:
    """One hyper-parameter: its name, its path in the settings if any, its value by profile."""

    label: str
    path: str
    values: tuple[FormattedText, ...]

    @property
    def differs(self) -> bool:
        """Whether the profiles have different values."""
        return len({value.plain for value in self.values}) > 1

    @property
    def cells(self) -> list[FormattedText]:
        """Name and path, then the values, bold where they differ."""
        label = _TYPESET.get(self.label) or text(self.label)
        if not self.label:
            first = code(self.path)
        else:
            first = label.beside(code(self.path)) if self.path else label
        return [first, *(value.bold() if self.differs else value for value in self.values)]


def value_cell(value: Any) -> FormattedText:
    """A hyper-parameter's value as the paper writes it; of a component its name."""
    if dataclasses.is_dataclass(value):
        return text(type(value).__name__)
    if isinstance(value, float):
        return _number(value)
    if value == LONGEST_RUN:
        return text("no limit")
    return text(str(list(value) if isinstance(value, tuple) else value))


def _number(value: float) -> FormattedText:
    """Exact in the CSV; elsewhere six digits, and powers of ten below a hundredth."""
    sign = "-" if value < 0 else ""
    if math.isinf(value):
        return FormattedText(str(value), f"{sign}∞", f"${sign}\\infty$")
    plain = str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if value == 0 or 0.01 <= abs(value) < 1e6:
        return FormattedText(plain, f"{value:.6g}", f"${value:.6g}$")
    digits, _, exponent = f"{abs(value):.5e}".partition("e")
    power = int(exponent)
    factor = "" if float(digits) == 1 else f"{float(digits):g}"
    raised = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return FormattedText(
        plain,
        sign + (f"{factor}×" if factor else "") + f"10{raised}",
        f"${sign}" + (f"{factor} \\times " if factor else "") + f"10^{{{power}}}$",
    )


def blocks(name: str) -> dict[str, list[Row]]:
    """Heading -> rows: the paper's table, what else all methods share, the method's components.

    Raises ValueError for an unknown method, naming the nearest ones.
    """
    settings = [resolve(name, profile=profile) for profile in PROFILES]
    paths = [found.paths() for found in settings]
    of_paper = [
        Row(label, source, _values(paths, source))
        if isinstance(source, str)
        else Row(label, "", tuple(text(source(found.method)) for found in settings))
        for label, source in PAPER_TABLE
    ]
    listed = {row.path for row in of_paper}
    shared = _shared(settings[0])
    return {
        "In the paper's Table 1": of_paper,
        "Shared by all methods, not in Table 1": [
            Row(READABLE.get(path, ""), path, _values(paths, path))
            for path in shared
            if path not in listed
        ],
        f"Components of {name}": [
            Row("", path, _values(paths, path)) for path in _merged(paths) if path not in shared
        ],
    }


def _shared(settings: Settings) -> list[str]:
    parts = (settings.config, settings.schedule)
    return [field.name for part in parts for field in dataclasses.fields(part)]


def _values(paths: Sequence[Mapping[str, Any]], path: str) -> tuple[FormattedText, ...]:
    return tuple(value_cell(found[path]) if path in found else _ABSENT for found in paths)


def _merged(paths: Sequence[Mapping[str, Any]]) -> list[str]:
    """All paths in order; one that the first profile lacks follows its predecessor."""
    merged = list(paths[0])
    for found in paths[1:]:
        at = 0
        for path in found:
            if path not in merged:
                merged.insert(at, path)
            at = merged.index(path) + 1
    return merged


def _names(options: Options) -> Sequence[str]:
    if options.all and options.method is not None:
        raise ValueError("--all is every method; leave out --method, or --all")
    return tuple(METHODS) if options.all else (options.method or "AWAC",)


@command(Options, __doc__)
def main(options: Options) -> int:
    """Write the table of each method asked for, as Markdown, LaTeX and CSV, and print it.

    Returns the exit status: 0 written, 2 the method is unknown, or the folder cannot be written.
    """
    header = [text("Hyper-parameter"), *map(text, PROFILES)]
    markdown, latex, rows = ["# Table 1: hyper-parameters\n"], [], []
    for name in _names(options):
        found = blocks(name)
        sections = [Section(block, [row.cells for row in found[block]]) for block in found]
        markdown += [f"## {text(name).markdown}\n", to_markdown(header, sections, level=3)]
        latex += [to_latex(header, sections, environment="longtable")]
        rows += [
            {
                "method": name,
                "block": block,
                "hyperparameter": row.label or row.path,
                "path": row.path,
                **dict(zip(PROFILES, (value.plain for value in row.values), strict=True)),
                "differs": "yes" if row.differs else "no",
            }
            for block in found
            for row in found[block]
        ]
    publish(
        options.out,
        "table1",
        markdown="\n".join([*markdown, f"{_NOTE}\n"]),
        latex="\n".join(
            [
                "% python reproduce/table1.py; needs \\usepackage{booktabs,longtable}",
                *latex,
                f"{{\\footnotesize {text(_NOTE).latex}}}\n",
            ]
        ),
        rows=rows,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
