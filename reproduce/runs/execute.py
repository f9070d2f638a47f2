"""Bring one run to its end: resume, train, write rows. Only this module trains into a folder."""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reproduce.commandline.interruption import Interruption
from reproduce.commandline.options import EngineChoice, Tracker
from reproduce.commandline.script import INTERRUPTED
from reproduce.runs.lock import BEAT_S, Held, Hold
from reproduce.runs.provenance import commit, processor, versions
from reproduce.specs.grid import RunSpec
from reproduce.specs.numbers import numbers_version
from reproduce.specs.place import Place

if TYPE_CHECKING:
    from reproduce.runs.folder import RunFolder
    from reproduce.runs.resolved import ResolvedRun


def execute(
    spec: RunSpec,
    out: Path,
    place: Place,
    *,
    engine: EngineChoice = "auto",
    checkpoint_every_s: float = 60.0,
    track: Tracker = "none",
    interruption: Interruption | None = None,
) -> int:
    """Bring one run to its end, from wherever it is.

    Returns the exit status: 0 done, 1 failed (the reason is in `failed`), 75 interrupted, or
    another process holds the run.

    Raises:
        ConfigurationChanged: the folder belongs to a run with another configuration.
        DataError: the prior data, or a file of the run, is missing or damaged.
    """
    from envs.trajectory import DataError
    from reproduce.runs import own_methods
    from reproduce.runs.folder import ConfigurationChanged, RunFolder
    from reproduce.runs.resolved import resolved

    folder = RunFolder(spec.folder(out))
    run = resolved(spec)
    folder.check(run.identity, engine)
    if folder.state() == "done":
        return _already_done(spec, folder)
    try:
        with folder.hold() as held:
            if folder.state() == "done":  # by another process, while this one waited
                return _already_done(spec, folder)
            (folder.path / "failed").unlink(missing_ok=True)
            try:
                return _train(
                    folder,
                    held,
                    run,
                    place,
                    engine,
                    checkpoint_every_s,
                    track,
                    interruption,
                )
            except (DataError, ConfigurationChanged, Held):
                raise
            except Exception as error:
                held.check()  # only the process that holds the run may say how it ended
                told = f"{type(error).__name__}: {error}"
                folder.fail(f"{told}\n\n{traceback.format_exc()}")
                seen = f"{where}; see" if (where := own_methods.place_of(error)) else "see"
                print(f"{spec}: failed: {told} ({seen} {folder.path / 'failed'})", flush=True)
                return 1
    except Held as error:
        print(f"{spec}: {error} ({folder.path})", flush=True)
        return INTERRUPTED
    except OSError as error:  # not even a sign of life can be written
        print(f"{spec}: failed: {error}", file=sys.stderr, flush=True)
        return 1


def _already_done(spec: RunSpec, folder: RunFolder) -> int:
    print(f"{spec}: already done, in {folder.path}", flush=True)
    return 0


def _train(
    folder: RunFolder,
    held: Hold,
    asked: ResolvedRun,
    place: Place,
    engine: EngineChoice,
    checkpoint_every_s: float,
    track: Tracker,
    interruption: Interruption | None,
) -> int:
    from algorithms.training import use_one_core
    from reproduce.runs import engines, own_methods
    from reproduce.runs.assemble import assemble
    from reproduce.runs.tracking import tracking

    use_one_core()
    spec = asked.spec
    run = assemble(asked, place)
    held.confirm()
    training, begun_with = run.training, folder.engine()
    chosen = begun_with or engines.settle(
        training, engine, place.cache, lambda line: print(f"{spec}: {line}")
    )
    folder.claim(
        {
            "identity": run.identity,
            "environment": {
                "commit": commit(),
                "numbers_version": numbers_version(spec.env, commit()),
                "versions": versions(),
                "processor": processor(),
            }
            | ({} if place.device == "cpu" else {"device": place.device})
            | own_methods.environment(spec.registered),
            "engine": chosen,
        }
    )
    if begun_with is not None:
        engines.resume(training, begun_with, place.cache)
    state = folder.load_checkpoint()
    if state is not None:
        training.load_state_dict(state)
        print(f"{spec}: continues at step {training.step}", flush=True)
    folder.write_rows([dict(row) for row in training.rows])
    end = training.schedule.online_steps
    clock = {"saved": time.monotonic(), "beat": time.monotonic(), "step": training.step}

    def on_step() -> None:
        now = time.monotonic()
        if now - clock["beat"] >= BEAT_S:
            rate = (training.step - clock["step"]) / (now - clock["beat"])
            held.report(start=training.start, step=training.step, end=end, steps_per_s=rate)
            clock["beat"], clock["step"] = now, training.step

    def at_boundary() -> bool:
        stop = interruption is not None and interruption.asks()
        if stop or time.monotonic() - clock["saved"] >= checkpoint_every_s:
            held.check()
            folder.save_checkpoint(training.state_dict())
            clock["saved"] = time.monotonic()
        return stop

    def on_row() -> None:
        held.check()
        folder.write_rows([dict(row) for row in training.rows])
        tracked.add(dict(training.rows[-1]))
        print(f"{spec}: {_progress(dict(training.rows[-1]), end)}", flush=True)

    with tracking(track, folder.path, [dict(row) for row in training.rows]) as tracked:
        finished = training.run(on_row=on_row, at_boundary=at_boundary, on_step=on_step)
    held.report(start=training.start, step=training.step, end=end, steps_per_s=0.0)
    if not finished:
        print(f"{spec}: stopped at step {training.step}; the same command continues it", flush=True)
        return INTERRUPTED
    held.check()
    folder.save_checkpoint(training.state_dict())
    folder.finish()
    print(f"{spec}: done. {_breakdown(training.seconds)}", flush=True)
    return 0


def _progress(row: dict[str, Any], end: int) -> str:
    parts = [f"step {row['env_step']:,} of {end:,}", f"return {row['return_mean']:.1f}"]
    shown = {"success_any": "success", "final_distance": "final distance"}
    parts += [f"{name} {row[column]:.2f}" for column, name in shown.items() if column in row]
    return ", ".join([*parts, f"{row['wall_s']:.0f} s"])


def _breakdown(seconds: dict[str, float]) -> str:
    total = max(seconds["total"], 1e-9)
    parts = [f"{name} {seconds[name] / total:.0%}" for name in ("update", "simulate", "evaluate")]
    return f"{total:.0f} s: {', '.join(parts)}"
