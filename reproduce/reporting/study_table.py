"""The table of a study: what each case reached, and what its diagnostics say."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from figures.results.table import RUN, read_results

_LAST = 3  # evaluations that "end" averages over

_MEASURES = ("normalised_score", "final_distance", "success_any", "return_mean")

_DIAGNOSTICS = {
    "weights_ess": "effective sample size",
    "q_bias_fraction": "q_bias / largest return",
    "dead_units_policy": "dead units, policy",
    "policy_std": "policy std",
}


def table(csv: Path) -> str:
    """A Markdown table, a line for each finished run: the measure of its task at the first row,
    after the offline phase and at the end (mean of the last three evaluations), and diagnostics at
    the end.

    Raises ResultsError for a file that cannot be read.
    """
    rows = read_results(csv)
    rows = rows[rows["status"] == "done"]
    heads = [
        "task",
        "method",
        "seed",
        "measure",
        "first",
        "at 0",
        "best",
        "end",
        "steps",
        *_DIAGNOSTICS.values(),
    ]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for key, run in rows.groupby(list(RUN), sort=False):
        run = run.sort_values(["env_step", "grad_step"])
        name = dict(zip(RUN, key, strict=True))
        measure = next(m for m in _MEASURES if m in run and run[m].notna().any())
        values = run[measure]
        at_zero = run.loc[run["env_step"] == 0, measure]
        best = values.min() if measure == "final_distance" else values.max()
        cells = [
            str(name["env"]),
            str(name["label"]),
            str(name["seed"]),
            measure,
            _number(values.iloc[0]),
            _number(at_zero.iloc[0] if len(at_zero) else float("nan")),
            _number(best),
            _number(values.iloc[-_LAST:].mean()),
            f"{run['env_step'].max():,}",
            *(
                _number(run[d].iloc[-_LAST:].mean() if d in run else float("nan"))
                for d in _DIAGNOSTICS
            ),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _number(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:.3g}"
