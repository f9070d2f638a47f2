"""What was run and by what: deviations, missing and excluded runs, data, software, compute."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from figures.style import place_of
from reproduce.reporting.blocks import (
    NONE,
    Block,
    Heading,
    Items,
    Table,
    Text,
    counted,
    link,
    number,
)
from reproduce.reporting.content import Content
from reproduce.reporting.inventory import PROFILES, SUBSTITUTE, Cell, JudgedFile
from reproduce.reporting.wording import SETTINGS
from reproduce.specs.presets import PRESETS

SHORT = 12  # digits of a checksum that are shown where the whole one stands elsewhere


def stock_blocks(content: Content, out: Path, beside: str = "") -> Iterator[Block]:
    """Everything after the cards; ``beside``: the way from ``out`` to the files of results."""
    yield Heading(2, "Deviations from the paper", "deviations")
    yield Items(tuple(_deviations(content, out)))
    yield Heading(2, "Runs missing", "missing")
    yield from _missing(content)
    yield Heading(2, "Runs left out", "left-out")
    yield from _left_out(content)
    yield Heading(2, "Data", "data")
    yield Text("The first 16 digits of the SHA-256 of all prior data of a run.")
    yield Table(
        ("prior data", "checksum", "runs", "methods"),
        tuple(
            (each.name, f"`{each.checksum}`", str(each.runs), ", ".join(each.methods))
            for each in content.data
        ),
    )
    yield Heading(2, "Files judged", "files")
    yield Text(
        f"Version {content.rules_version} of the rules was applied to these files; "
        "`verdicts.csv` holds every effect, `verdicts.meta.json` the whole checksums."
    )
    yield Table(
        ("file", "manifest", "sha256", "rows", "runs", "commits", "versions"),
        tuple(
            (
                f"[{file.name}]({beside}{file.name})",
                _manifest(file, beside),
                f"`{file.sha256[:SHORT]}`",
                str(file.rows),
                str(file.runs),
                ", ".join(file.commits) or NONE,
                ", ".join(file.versions),
            )
            for file in content.files
        ),
    )
    yield Heading(2, "Software", "software")
    if content.software:
        yield Table(
            ("version", "commit", "runs", "with"),
            tuple(
                (each.version, each.commit or NONE, str(each.runs), each.packages)
                for each in content.software
            ),
        )
    else:
        yield Text("No manifest lies beside the results, so that the versions are not known.")
    yield Heading(2, "Compute", "compute")
    yield from _compute(content)


def _manifest(file: JudgedFile, beside: str) -> str:
    name = f"{file.experiment}.manifest.json"
    return f"[{name}]({beside}{name})" if file.manifest_sha256 else NONE


def _deviations(content: Content, out: Path) -> Iterator[str]:
    preset = PRESETS[content.preset]
    if content.preset == "paper":
        yield "Networks, batches and budgets are those of Table 1."
    else:
        layers = (preset.domains, preset.tasks, preset.data, preset.methods, preset.there)
        parts = (preset.settings, *(part for layer in layers for part in layer.values()))
        laid = (key for part in (*parts, preset.at_most) for key in part)
        keys = ", ".join(f"`{key}`" for key in dict.fromkeys(laid))
        yield f"Preset `{content.preset}` sets for itself: {keys} (`reproduce/specs/presets.py`)."
    yield (
        "Profile `paper` leaves the text, or fills what it leaves open, in these points: "
        "observations are standardised in locomotion and pushing; rewards in locomotion are times "
        "0.1, with the λ that makes the same weights; pushing has four updates a step, where Table "
        "1 has one; AWAC's weights are at most 100, and on the hand targets of Q at least −100; BC "
        "and AWR have another policy class than AWAC in locomotion; SAC+BC starts cloned, as B.4 "
        "says of SAC; SAC and SAC+BC have no entropy bonus on the hand; AWR has Table 1's "
        "networks, optimiser and rates, and AWAC's policy class on the hand, where B.4 takes the "
        "implementation of its authors (`AWR[SGD]` has their optimiser and deviation). Pilots "
        "decided the first two, and the class of BC and AWR."
    )
    profiles = "docs/profiles.md"
    where = link(out, profiles, "table")
    yield f"Where paper and released code differ, and what neither has: {where}."
    hyper = "docs/methods/hyperparameters.md"
    yield f"Every hyperparameter, by domain and profile: {link(out, hyper, 'hyperparameters')}."
    methods = "docs/methods/README.md"
    yield f"What each method does otherwise than its authors: {link(out, methods, 'methods')}."
    where = link(out, "docs/data.md", "prior data")
    yield f"Which demonstrations are the paper's and which are substitutes: {where}."
    substitutes = sorted({each.name for each in content.data if each.kind == SUBSTITUTE})
    if substitutes:
        yield f"Substituted in these results: {'; '.join(substitutes)}."


def _missing(content: Content) -> Iterator[Block]:
    """Compared with the figures' grids and with what the claims ask for beside them."""
    seeds = PRESETS[content.preset].seeds
    yield Text(
        "What the figures' scripts run at this preset "
        f"({counted(seeds, 'seed')} a method and task), and beside it what claims ask for."
    )
    rows = []
    for profile in PROFILES:
        mine = [cell for cell in content.cells if cell.profile == profile]
        if not any(cell.done for cell in mine):
            total = sum(cell.wanted for cell in mine)
            rows.append((SETTINGS[profile], "all", "all", str(total), "0", "everything"))
            continue
        groups = dict.fromkeys((cell.want.experiment, cell.want.task) for cell in mine)
        for experiment, task in groups:
            cells = [c for c in mine if (c.want.experiment, c.want.task) == (experiment, task)]
            rows.append(
                (
                    SETTINGS[profile],
                    experiment,
                    task,
                    str(sum(c.wanted for c in cells)),
                    str(sum(min(c.done, c.wanted) for c in cells)),
                    _lacking(cells),
                )
            )
    yield Table(("settings", "experiment", "task", "wanted", "finished", "missing"), tuple(rows))


def _lacking(cells: list[Cell]) -> str:
    """``SAC (2), MPO``: methods without all of their seeds; without a number, all are missing."""
    lacking = sorted((c for c in cells if c.missing), key=lambda c: place_of(c.want.arm.label))
    if len(lacking) == len(cells) and not any(cell.done for cell in cells):
        return "everything"
    names = [
        f"{cell.want.arm} ({cell.missing})" if cell.done else str(cell.want.arm) for cell in lacking
    ]
    return ", ".join(names) or NONE


def _left_out(content: Content) -> Iterator[Block]:
    if not content.left_out:
        yield Text("None: every run that has rows is finished and counted.")
        return
    yield Table(
        ("experiment", "settings", "task", "method", "data", "seed", "why"),
        tuple(
            (
                each.experiment,
                SETTINGS[each.profile],
                each.task,
                each.label,
                each.data,
                str(each.seed),
                each.reason,
            )
            for each in content.left_out
        ),
    )


def _compute(content: Content) -> Iterator[Block]:
    total = sum(each.hours for each in content.spent)
    yield Text(
        f"{number(total, 1)} core-hours for {counted(content.runs, 'run')} (the last `wall_s` of "
        "each; a run is one single-threaded process). Evaluations are counted, the making of prior "
        "data is not."
    )
    yield Table(
        ("settings", "task", "method", "runs", "core-hours"),
        tuple(
            (SETTINGS[each.profile], each.task, each.label, str(each.runs), number(each.hours, 2))
            for each in content.spent
        ),
    )
