"""Rows of METHODS and VARIANTS from a user's own Python file, outside of the repository.

    python reproduce/run.py --methods-from my_method.py --method Mine

Each process imports the file once. The file adds entries to `METHODS` or `VARIANTS` of
`algorithms.catalogue`. If its row needs values by domain, the file adds them to `PROFILES` under
the row's name. It must not change existing entries. A run of such a row records the file's path and
SHA-256. The run goes on only if the content is the same.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from algorithms.catalogue.method import Method
from algorithms.catalogue.methods import METHODS
from algorithms.catalogue.profiles import PROFILES
from algorithms.catalogue.resolving import resolve
from algorithms.catalogue.variants import VARIANTS, Variant
from figures.labels import registered, split_registered

_NAME = re.compile(r"[\w.+() -]*[\w.+()-]")


@dataclass(frozen=True)
class Source:
    """A file that rows came from."""

    path: Path
    sha256: str


_sources: dict[Path, Source] = {}

_origin: dict[str, Source] = {}  # by the name of a row or variant


def load(paths: Sequence[Path]) -> None:
    """Import every file of `paths` that was not imported yet.

    Raises:
        ValueError: a file is missing, cannot be imported, adds no row, changes a row of ours, or
            adds an invalid row. The message names the file, and the line if one is known. Nothing
            is added then.
    """
    for path in paths:
        whole = path.expanduser().resolve()
        content = _read(path, whole)
        digest = hashlib.sha256(content).hexdigest()
        known = _sources.get(whole)
        if known is None:
            _import(path, Source(whole, digest))
        elif known.sha256 != digest:
            raise ValueError(f"--methods-from {path}: was changed since it was read; start again")


def sources_of(name: str) -> list[Source]:
    """The files that define the row or variant `name`; none if the repository defines it."""
    names = [name] + ([VARIANTS[name].base] if name in VARIANTS else [])
    return list(dict.fromkeys(_origin[each] for each in names if each in _origin))


def identity(name: str) -> dict[str, Any]:
    """Checksums of the files that define a row: {"methods_from": {file's name: SHA-256}}, or {}.

    They decide the result of its runs.
    """
    found = {source.path.name: source.sha256 for source in sources_of(name)}
    return {"methods_from": found} if found else {}


def environment(name: str) -> dict[str, Any]:
    """Where the files of a run's row lie: {"methods_from": [paths]}, or {}."""
    paths = [str(source.path) for source in sources_of(name)]
    return {"methods_from": paths} if paths else {}


def place_of(error: BaseException) -> str:
    """The last line of an own file that `error` came through: `my_part.py, line 12`; "" if none."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename) in _sources]
    return f"{Path(own[-1].filename).name}, line {own[-1].lineno}" if own else ""


def load_recorded(config: dict[str, Any]) -> None:
    """Import the files that a run folder's config.json names as the source of its row."""
    load([Path(path) for path in config.get("environment", {}).get("methods_from", ())])


def _read(path: Path, whole: Path) -> bytes:
    try:
        return whole.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ValueError(
            f"--methods-from {path}: cannot be read ({reason}); give the path of a Python file"
        ) from None


def _import(path: Path, source: Source) -> None:
    before = (dict(METHODS), dict(VARIANTS), _profile_values())
    name = f"methods_from_{source.path.stem}_{source.sha256[:8]}"
    spec = importlib.util.spec_from_file_location(name, source.path)
    if spec is None or spec.loader is None:
        raise ValueError(f"--methods-from {path}: is no Python file; its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look up their annotations there
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
        added = _added(path, before)
    except BaseException as error:
        del sys.modules[name]
        _restore(before)
        if isinstance(error, ValueError) and str(error).startswith("--methods-from"):
            raise
        if isinstance(error, Exception):
            raise ValueError(f"--methods-from {path}{_line(error, source.path)}") from error
        raise
    finally:
        sys.dont_write_bytecode = written
    _sources[source.path] = source
    _origin.update(dict.fromkeys(added, source))


def _added(path: Path, before: tuple[dict[str, Method], dict[str, Variant], Any]) -> list[str]:
    """Check the new rows and variants, and return their names."""
    where = f"--methods-from {path}"
    methods, variants, values = before
    for table, old in ((METHODS, methods), (VARIANTS, variants)):
        for name, row in old.items():
            if table.get(name) is not row:
                raise ValueError(f"{where}: changes {name!r}, which is ours; give yours a new name")
    rows = [name for name in METHODS if name not in methods]
    changed = [name for name in VARIANTS if name not in variants]
    if not rows and not changed:
        raise ValueError(
            f"{where}: adds no row; write METHODS['Mine'] = Method(...) there "
            "(docs/your-own-method.md)"
        )
    for name in rows:
        if not isinstance(METHODS[name], Method):
            raise ValueError(f"{where}: METHODS[{name!r}] is no Method(...)")
        if not _NAME.fullmatch(name):
            raise ValueError(f"{where}: {name!r} is no name of a row; use letters, digits and +-.")
    for name in changed:
        variant = VARIANTS[name]
        if not isinstance(variant, Variant) or variant.base not in METHODS:
            raise ValueError(f"{where}: VARIANTS[{name!r}] is no Variant of a row of METHODS")
        base, inner = split_registered(name)
        if base != variant.base or name != registered(base, inner) or not inner or "[" in inner:
            raise ValueError(f"{where}: {name!r} is a variant: call it {variant.base}[...]")
    for profile, domain, row in _profile_values().keys() - values.keys():
        if row not in rows:
            raise ValueError(
                f"{where}: PROFILES[{profile!r}][{domain!r}][{row!r}] is not a row that "
                "this file adds; correct the name, or add the row to METHODS"
            )
    if any(_profile_values().get(key) != value for key, value in values.items()):
        raise ValueError(f"{where}: changes PROFILES of our rows; give yours a row of its own")
    for name in rows + changed:
        if refusal := _refusal(name):
            raise ValueError(f"{where}: {refusal}") from None
    return rows + changed


def _refusal(name: str) -> str:
    """Why no domain takes the row; "" where one does: a plan tells of those that do not."""
    told = ""
    for domain in PROFILES["paper"]:
        try:
            resolve(name, domain=domain)
        except Exception as error:  # of values of a wrong type, of any kind
            kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
            told = told or f"{kind}{error}"
        else:
            return ""
    return told if told.startswith(name) else f"{name}: {told}"


def _profile_values() -> dict[tuple[str, str, str], Any]:
    return {
        (profile, domain, row): dict(values)
        for profile, domains in PROFILES.items()
        for domain, rows in domains.items()
        for row, values in rows.items()
    }


def _restore(before: tuple[dict[str, Method], dict[str, Variant], Any]) -> None:
    METHODS.clear()
    METHODS.update(before[0])
    VARIANTS.clear()
    VARIANTS.update(before[1])
    for profile, domains in PROFILES.items():
        for domain, rows in domains.items():
            rows.clear()
            rows.update(
                {
                    row: values
                    for (p, d, row), values in before[2].items()
                    if (p, d) == (profile, domain)
                }
            )


def _line(error: Exception, path: Path) -> str:
    """Say where in the file an error arose: `, line 3: NameError: ...`."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    number = error.lineno if isinstance(error, SyntaxError) else frames[-1].lineno if frames else 0
    text = " ".join(str(error).split())
    return f"{f', line {number}' if number else ''}: {type(error).__name__}: {text}"
