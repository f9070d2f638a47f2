"""Which runs an ablation consists of: a reference row, its variants, and swept values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from algorithms.catalogue.compatibility import renamed
from algorithms.catalogue.resolving import base_of, resolve
from algorithms.catalogue.settings import Settings, also_changed, nearest
from algorithms.catalogue.variants import VARIANTS
from algorithms.data.reward_scaling import FixedFactor
from envs.tasks import task
from figures.labels import with_settings
from reproduce.runs.resolved import resolved
from reproduce.specs.grid import RunSpec
from reproduce.specs.kinds import DataKind, Labels, PresetName, ProfileName
from reproduce.specs.presets import PRESETS

if TYPE_CHECKING:
    from reproduce.commandline.options import AblationOptions


DEFAULT_LAMBDAS = (0.1, 0.3, 0.5, 1.0, 2.0)
"""Values below and above the text's own: 0.3 for manipulation, 1 for MuJoCo (B.3)."""
LAMBDA = "lambda"
ALL, NONE = "all", "none"

# The first prefix that fits a changed path decides its axis. Numbers of training, such as
# collect_steps, have no axis.
_AXES = {
    "critic.clamp": "clamp",
    "critic": "critic",
    "objective.weights.normalisation": "normalisation",
    "objective.weights.shape.lam": LAMBDA,
    "objective.weights": "weights",
    "objective.value": "value",
    "objective.actions": "actions",
    "objective.temperature": "temperature",
    "objective.improvement.temperature": "temperature",
    "objective": "objective",
    "behavior": "behavior",
    "constraint": "constraint",
    "policy": "policy",
    "initialisation": "initialisation",
    "pretraining": "data",
    "optimizer": "optimizer",
    "reward_scaling": "rewards",
    "observations": "observations",
}


def axes_of(name: str) -> tuple[str, ...]:
    """The axes that the variant `name` changes, in the order of its changes."""
    axes = (_axis(path) for path in VARIANTS[name].changes)
    return tuple(dict.fromkeys(axis for axis in axes if axis))


def _axis(path: str) -> str:
    return next((a for start, a in _AXES.items() if f"{path}.".startswith(f"{start}.")), "")


@dataclass(frozen=True)
class Ablation:
    """Rows of the registry, the reference first, and settings that the reference gets in turn.

    Attributes:
        names: the rows.
        swept: `key=value`s, the same on every task.
        lambdas: values of `lam` in units of the task's rewards, as the text has them. Where rewards
            are multiplied by a fixed factor, so are these.
    """

    names: tuple[str, ...]
    swept: tuple[str, ...] = ()
    lambdas: tuple[float, ...] = ()

    def specs(
        self,
        *,
        preset: PresetName,
        profile: ProfileName,
        seeds: int | None,
        data: Mapping[str, tuple[DataKind, Labels]],
        settings: tuple[str, ...],
    ) -> list[RunSpec]:
        """List every task x row x seed, seeds outermost, as `grid.Methods` does.

        A row is left out if it has the same settings as an earlier row. Standard output names it.
        Two rows can be AWAC itself: `AWAC[V-mode]` if the profile takes V at the mode, and a sweep
        over lambda at the profile's own value. A variant that imitates demonstrations is left out
        if its task has none. A variant that learns online alone gets no prior data.

        Raises ValueError for a row that cannot be resolved, or that lacks data which it needs.
        """
        count = PRESETS[preset].seeds if seeds is None else seeds
        nothing: tuple[DataKind, Labels] = ("none", "stored")
        rows: list[RunSpec] = []
        for env, source in data.items():
            factor = self._factor(env, profile, settings) if self.lambdas else 1.0
            every = [
                RunSpec.of(
                    preset,
                    profile,
                    env,
                    name,
                    0,
                    nothing if learns_online_alone(name) else source,
                    (*settings, *own),
                )
                for name, own in self._rows(factor)
            ]
            rows += _distinct(_with_what_it_needs(every), settings)
        return [replace(spec, seed=seed) for seed in range(count) for spec in rows]

    def _factor(self, env: str, profile: ProfileName, settings: tuple[str, ...]) -> float:
        """What the reference multiplies the rewards of `env` by, where that is one number."""
        domain = task(env).domain
        reference = resolve(self.names[0], profile=profile, domain=domain, settings=settings)
        scaling = reference.method.reward_scaling
        return scaling.by if isinstance(scaling, FixedFactor) else 1.0

    def _rows(self, factor: float) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield each row's name in the registry, and the settings that only this row gets."""
        yield from ((name, ()) for name in self.names)
        lambdas = (f"lam={factor * value:g}" for value in self.lambdas)
        yield from ((self.names[0], (assignment,)) for assignment in (*self.swept, *lambdas))


def _with_what_it_needs(specs: Sequence[RunSpec]) -> list[RunSpec]:
    """Drop variants that imitate demonstrations if their task has none; print which."""
    kept = []
    for spec in specs:
        if spec.named and spec.data == "random" and _imitates(spec):
            print(f"{spec.env}: {spec.registered} is left out: it imitates demonstrations")
        else:
            kept.append(spec)
    return kept


def _imitates(spec: RunSpec) -> bool:
    domain = task(spec.env).domain
    found = resolve(spec.registered, profile=spec.profile, domain=domain, settings=spec.settings)
    return found.method.objective.needs_demonstrations


def _distinct(specs: Sequence[RunSpec], common: tuple[str, ...]) -> list[RunSpec]:
    """Drop each run that equals an earlier one; print which, without the `common` settings."""
    kept: dict[RunSpec, Settings] = {}
    same: dict[RunSpec, list[RunSpec]] = {}
    for spec in specs:
        settings = resolved(spec).settings
        twin = next((s for s in kept if kept[s] == settings and s.data == spec.data), None)
        if twin is None:
            kept[spec] = settings
        else:
            same.setdefault(twin, []).append(spec)
    for twin, others in same.items():
        names = [
            with_settings(s.registered, (text for text in s.settings if text not in common))
            for s in (twin, *others)
        ]
        print(f"{twin.env}: the same as {names[0]}, not run again: {', '.join(names[1:])}")
    return list(kept)


def ablation_of(options: AblationOptions, envs: Sequence[str]) -> Ablation:
    """Turn `--reference`, `--vary`, `--methods` and `--sweep` into an ablation on the tasks `envs`.

    Raises ValueError naming the flag, what is wrong with it and the nearest valid names.
    """
    reference = options.reference
    try:
        base = base_of(reference)
    except ValueError as error:
        raise ValueError(f"--reference: {error}") from None
    rows = _named(options, base) if options.methods else _varied(options.vary, reference)
    names = tuple(dict.fromkeys((reference, *rows)))
    return Ablation(names, tuple(_swept(options, envs)), _default_lambdas(options, envs))


def learns_online_alone(name: str) -> bool:
    """Whether the variant `name` leaves out all pretraining on prior data."""
    changes = VARIANTS[name].changes if name in VARIANTS else {}
    return not getattr(changes.get("pretraining"), "offline", True)


def _named(options: AblationOptions, base: str) -> Iterator[str]:
    if options.vary != ALL:
        raise ValueError(f"--vary {options.vary}: not with --methods, which names the rows itself")
    for name in options.methods:
        if base_of(name) != base:
            raise ValueError(
                f"--methods {name}: not a variant of {base}; "
                f"--reference {base_of(name)} varies that one"
            )
        yield name


def _varied(vary: str, reference: str) -> list[str]:
    """The variants of `reference` that change one of the axes named in `vary`.

    "all" leaves out the variants that change lambda: the sweep does that.
    """
    axes = {name: axes_of(name) for name, v in VARIANTS.items() if v.base == reference}
    known = list(dict.fromkeys(axis for mine in axes.values() for axis in mine))
    asked = [axis.strip() for axis in vary.split(",") if axis.strip()]
    if asked == [NONE]:
        return []
    if asked == [ALL]:
        return [name for name, mine in axes.items() if mine and LAMBDA not in mine]
    for axis in asked:
        if axis not in known:
            near = nearest(axis, (*known, ALL, NONE))
            raise ValueError(f"--vary {axis}: {reference} has no variant of that; {near}")
    return [name for name, mine in axes.items() if set(mine) & set(asked)]


def _swept(options: AblationOptions, envs: Sequence[str]) -> Iterator[str]:
    """Yield `key=value` for every value of `--sweep`, each valid for the reference on all tasks."""
    plain = {env: _resolved(options, env) for env in envs}
    for grid in (grid for grid in options.sweep if grid != NONE):
        key, separator, values = grid.partition("=")
        if not separator or not values.strip(" ,"):
            raise ValueError(f"--sweep {grid!r}: expected key=value,value,..., e.g. lam=0.1,0.3,1")
        _refuse_what_is_set(options, envs, key.strip())
        for value in filter(None, map(str.strip, values.split(","))):
            assignment = f"{key.strip()}={_plain(value)}"
            beside: dict[str, None] = {}
            for env in envs:
                found = _resolved(options, env, assignment)
                beside |= dict.fromkeys(also_changed(plain[env], found, [assignment]))
                if note := renamed(plain[env].method, found.method):
                    beside[note] = None
            for change in beside:
                print(f"{options.reference}: --sweep {change}")
            yield assignment


def _default_lambdas(options: AblationOptions, envs: Sequence[str]) -> tuple[float, ...]:
    """What is swept where nobody says what: lambda, if the reference has one."""
    if options.sweep or not any(p.endswith(".lam") for p in _resolved(options, envs[0]).paths()):
        return ()
    _refuse_what_is_set(options, envs, "lam")
    return DEFAULT_LAMBDAS


def _refuse_what_is_set(options: AblationOptions, envs: Sequence[str], key: str) -> None:
    for env in envs:
        path = _resolved(options, env).find(key)
        if any(_resolved(options, env).find(_key(text)) == path for text in options.settings):
            raise ValueError(f"--sweep {key}: --set gives it one value; leave out one of them")


def _resolved(options: AblationOptions, env: str, *more: str) -> Settings:
    """Settings of the reference on `env`, before a preset changes them."""
    settings = (*options.settings, *more)
    domain = task(env).domain
    try:
        return resolve(options.reference, profile=options.profile, domain=domain, settings=settings)
    except ValueError as error:
        text = str(error)
        raise ValueError(text.replace("--set", "--sweep") if more else text) from None


def _key(assignment: str) -> str:
    return assignment.partition("=")[0].strip()


def _plain(text: str) -> str:
    """Spell a number in one way: 0.50 and .5 both become 0.5, so they are one run."""
    try:
        number = float(text)
    except ValueError:
        return text
    return f"{number:g}" if float(f"{number:g}") == number and "." in text else text
