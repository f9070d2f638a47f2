"""One run: resume, train, write rows, finish.

    python reproduce/run.py --env pen-binary-v0 --method AWAC --seed 0 --preset small

Ends with status 0 when the run is done, 1 when it failed (the reason is in `failed`), and 75
when it was interrupted and the same command will continue it.
"""

from __future__ import annotations

import sys

from reproduce.commandline.installation import require_training
from reproduce.commandline.interruption import Interruption
from reproduce.commandline.options import RunOptions, check_checkpoint_interval
from reproduce.commandline.script import command
from reproduce.runs.execute import execute
from reproduce.specs.grid import RunSpec


@command(RunOptions, __doc__)
def main(options: RunOptions) -> int:
    """Do, or continue, the one run that the command line names.

    Returns the exit status: 0 done or only printed, 1 the run failed, 2 bad input, 75 interrupted
    (the same command continues).
    """
    require_training()
    spec = _asked_for(options)
    if spec is None:
        return 0
    return execute(
        spec,
        options.results,
        options.place,
        engine=options.engine,
        checkpoint_every_s=options.checkpoint_every_s,
        track=options.track,
        interruption=Interruption(),
    )


def _asked_for(options: RunOptions) -> RunSpec | None:
    """The run to be done; None if something was to be printed instead, and has been."""
    from reproduce.runs.listing import list_methods, list_settings
    from reproduce.runs.option_checks import asked_data, prepare, resolve_data, validated
    from reproduce.runs.plan import print_plan
    from reproduce.runs.resolved import one_spelling, resolved
    from reproduce.runs.showing import show

    prepare(options)
    if options.list:
        print(list_methods())
        return None
    if options.seed < 0:
        raise ValueError(f"--seed {options.seed}: must be 0 or more")
    check_checkpoint_interval(options.checkpoint_every_s)
    envs = validated(options, envs=(options.env,), methods=(options.method,))
    data = asked_data(options, envs) if options.list_settings else resolve_data(options, envs)
    spec = RunSpec.of(
        options.preset,
        options.profile,
        options.env,
        options.method,
        options.seed,
        data[options.env],
        options.settings,
    )
    spec = one_spelling(spec)
    resolved(spec)
    if options.list_settings:
        print(list_settings(spec))
        return None
    if options.show:
        print(show(spec))
        return None
    if options.dry_run:
        print_plan("run", [spec], options.results, 1, options.place, options.engine)
        return None
    return spec


if __name__ == "__main__":
    sys.exit(main())
