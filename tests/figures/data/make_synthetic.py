"""Write synthetic_figure1.csv: made-up curves with every state a results file can be in.

Run `python tests/figures/data/make_synthetic.py` to write it again; it is a pure formula, so the
bytes are the same everywhere. Pen has 5 seeds a method, door 3, relocate none; SAC on door has an
unfinished seed, SAC on pen a failed one.
"""

from __future__ import annotations

import math
from pathlib import Path

COLUMNS = (
    "experiment,preset,profile,env,method,variant,data,data_checksum,labels,seed,phase,env_step,"
    "grad_step,episodes,return_mean,return_std,success_any,success_final,success_sustained,"
    "train_return,train_success,wall_s,status,commit,version,weights_ess"
)
SEEDS = {"pen-binary-v0": 5, "door-binary-v0": 3}
SPEED = {"AWAC": 2.5, "SAC": 0.4, "AWR": 1.0}
STEPS = (-1200, -1000, -500, 0, 500, 1000, 1500, 2000)


def text() -> str:
    """The whole file."""
    lines = [COLUMNS]
    for env, seeds in SEEDS.items():
        for method, speed in SPEED.items():
            for seed in range(seeds):
                lines += _run(env, method, speed, seed)
    return "\n".join(lines) + "\n"


def _run(env: str, method: str, speed: float, seed: int) -> list[str]:
    status, last = "done", 2000
    if (env, method, seed) == ("door-binary-v0", "SAC", 2):
        status, last = "running", 1000
    if (env, method, seed) == ("pen-binary-v0", "SAC", 4):
        status, last = "failed", 500
    lines = []
    for step in STEPS:
        if step > last:
            break
        phase = "init" if step < -1000 else "offline" if step <= 0 else "online"
        progress = (step + 1000) / 3000 * speed
        success = 1 - math.exp(-max(progress, 0)) + 0.06 * math.sin(7 * seed + step / 300)
        success = round(min(1.0, max(0.0, success)) * 20) / 20
        ess = "0.4" if method == "AWAC" else ""
        mean = f"{-200 + 150 * success:.2f}"
        lines.append(
            f"figure1,synthetic,paper,{env},{method},,human,{'5e' * 32},relabelled,{seed},{phase},"
            f"{step},{step + 1200},20,{mean},12.5,{success},{success * 0.8:.3f},"
            f"{success * 0.6:.3f},,,{step + 1200}.0,{status},synthetic,0.1.0,{ess}"
        )
    return lines


if __name__ == "__main__":
    Path(__file__).with_name("synthetic_figure1.csv").write_text(text(), encoding="utf-8")
