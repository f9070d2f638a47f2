"""Check options on this machine: the user's own rows, tasks, settings and data."""

from __future__ import annotations

from collections.abc import Sequence

from reproduce.commandline.options import Common
from reproduce.runs.devices import check_device
from reproduce.specs.kinds import DataChoice, DataKind, Labels
from reproduce.specs.presets import PRESETS


def prepare(options: Common) -> None:
    """Import the user's own rows and find the tracker's package. Raises ValueError if one fails."""
    from reproduce.runs import own_methods
    from reproduce.runs.tracking import require_tracker

    require_tracker(options.track)
    own_methods.load(options.methods_from)


def validated(
    options: Common, *, envs: Sequence[str], methods: Sequence[str], here: bool = True
) -> list[str]:
    """Check tasks, methods and settings, then return the tasks, each once.

    The device is checked only if the runs use it `here`. Raises ValueError naming what is wrong.
    """
    from algorithms.catalogue.compatibility import renamed, unread
    from algorithms.catalogue.left_behind import left_behind
    from algorithms.catalogue.resolving import resolve
    from algorithms.catalogue.settings import also_changed
    from envs.tasks import task

    if here:
        check_device(options.device)
    options.check_folders()
    beside: dict[str, None] = {}
    for env in envs:
        for method in methods:
            domain = task(env).domain
            before = resolve(method, profile=options.profile, domain=domain)
            try:
                found = resolve(
                    method, profile=options.profile, domain=domain, settings=options.settings
                )
            except ValueError as error:
                hint = "; --methods limits which are run" if len(methods) > 1 else ""
                told = str(error).removeprefix(f"{method}: ")
                raise ValueError(f"{method}: {told}{hint}") from None
            for change in also_changed(before, found, options.settings):
                beside[f"{method}: --set {change}; name it too to keep it"] = None
            said = (unread(found.method), renamed(before.method, found.method))
            for note in filter(None, (*said, *left_behind(method, before, found))):
                beside[f"{method}: {note}"] = None
    for note in beside:
        print(note)
    return list(dict.fromkeys(envs))


def resolve_data(
    options: Common, envs: Sequence[str], *, unasked: bool = True
) -> dict[str, tuple[DataKind, Labels]]:
    """Map each task to the kinds of demonstrations and labels that the options mean here.

    Only the larger presets use the network unasked, and only where `unasked` is true. The preset
    quick must work on a fresh machine as it is.
    """
    from envs.data.sources import Request
    from reproduce.data.prior import demonstrations_for, kind_of, named_kind
    from reproduce.data.tasks import task_for

    found: dict[str, tuple[DataKind, Labels]] = {}
    for env in envs:
        asked = _asked(options, env)
        kind = kind_of(env, asked)
        if kind is not None and kind != "own":  # needs no search; its labels have one reading
            found[env] = (kind, "stored")
            continue
        request = Request(
            task_for(env, options.profile),
            asked,
            options.labels,
            data_dir=options.data_dir,
            cache=options.cache,
            download=options.download or (unasked and options.preset != "quick"),
            minari_download=options.download,
        )
        demonstrations = demonstrations_for(request)
        provenance = demonstrations.provenance
        if options.labels == "stored" != provenance.rewards:
            print(f"{env}: {provenance.origin} has no stored binary labels; using recomputed ones")
        found[env] = (named_kind(asked, demonstrations), provenance.rewards)
        if options.data == "auto":
            _refuse_to_change(options, env, found[env][0])
    return found


def asked_data(options: Common, envs: Sequence[str]) -> dict[str, tuple[DataKind, Labels]]:
    """What `resolve_data` maps tasks to, without a search for files.

    `auto` counts as the shipped demonstrations on the hand. For what is only to be read.
    """
    from reproduce.data.prior import kind_of

    found: dict[str, tuple[DataKind, Labels]] = {}
    for env in envs:
        asked = _asked(options, env)
        kind = kind_of(env, asked)
        named = "embedded" if asked == "auto" else asked
        found[env] = (named, options.labels) if kind is None else (kind, "stored")
    return found


def _asked(options: Common, env: str) -> DataChoice:
    """`--data`, or what the preset has on the hand in place of `auto`."""
    from envs.tasks import task

    if options.data == "auto" and task(env).domain == "hand":
        return PRESETS[options.preset].hand_data or "auto"
    return options.data


def _refuse_to_change(options: Common, env: str, kind: DataKind) -> None:
    """Raise ValueError if the results folder has runs of the task on another kind of data alone.

    `auto` depends on the files that are found today. The same command would begin anew, on other
    data, where the user expects it to go on.
    """
    begun = options.results / "runs" / env
    prefix = f"{options.profile}-"
    held = {path.name.removeprefix(prefix) for path in begun.glob(f"{prefix}*") if path.is_dir()}
    held = {name.removesuffix("-stored") for name in held} - {"none", "random"}
    if held and kind not in held:
        was = " and ".join(sorted(held))
        raise ValueError(
            f"{begun} has runs on {was} data, and --data auto finds {kind} data now: say "
            f"--data {sorted(held)[0]} to go on with them, or --data {kind} to begin others"
        )
