"""How a method is written with what was exchanged and set: every spelling, in both directions.

Two spellings exist, because two readers ask for different things.

* A *registered* name is a key of the registry: ``AWAC``, ``AWAC[batch]``. The user types it after
  ``--methods``, so it holds no space, and no value that was set.
* A *label* names a curve, from the columns ``method`` and ``variant`` of a row: ``AWAC``,
  ``AWAC [batch,lam=0.3]``. Its bracket holds the registry's name of the exchange and every
  ``key=value`` that was set. The registry has no such key, and the space says so.

A line of a plan or of a figure of ablations names what was set beside the registered name:
``AWAC[batch] lam=0.3``.
"""

from __future__ import annotations

from collections.abc import Iterable


def registered(method: str, named: str) -> str:
    """A key of the registry: ``AWAC[batch]``, or ``AWAC`` where nothing is exchanged."""
    return f"{method}[{named}]" if named else method


def split_registered(name: str) -> tuple[str, str]:
    """``AWAC[batch]`` -> ("AWAC", "batch"); ``AWAC`` -> ("AWAC", "")."""
    method, _, rest = name.partition("[")
    return method, rest.removesuffix("]")


def label(method: str, variant: str) -> str:
    """Name of a curve: ``AWAC``, or ``AWAC [lam=0.5]`` for a variant."""
    return f"{method} [{variant}]" if variant else method


def split_label(label: str) -> tuple[str, str]:
    """``AWAC [batch,lam=0.3]`` -> ("AWAC", "batch,lam=0.3"); ``AWAC`` -> ("AWAC", "")."""
    method, _, rest = label.partition(" [")
    return method, rest.removesuffix("]")


def method_of(label: str) -> str:
    """The row of the registry that a curve belongs to: ``AWAC`` of ``AWAC [lam=0.5]``."""
    return split_label(label)[0]


def variant(named: str, settings: Iterable[str]) -> str:
    """The column ``variant`` of a row: what is exchanged, then what was set, in one order."""
    return ",".join([named] * bool(named) + sorted(settings))


def split_variant(variant: str) -> tuple[str, tuple[str, ...]]:
    """``batch,lam=0.3`` -> ("batch", ("lam=0.3",)).

    A value may hold commas itself (``q_hidden=16,16``). An exchange whose name has a ``=``
    (``lambda=0.1``) reads as a setting: the column does not tell the two apart.
    """
    parts: list[str] = []
    for part in filter(None, variant.split(",")):
        if parts and "=" not in part and "=" in parts[-1]:
            parts[-1] += "," + part
        else:
            parts.append(part)
    named = ",".join(part for part in parts if "=" not in part)
    return named, tuple(part for part in parts if "=" in part)


def with_settings(registered: str, settings: Iterable[str]) -> str:
    """``AWAC[batch] lam=0.3``: a registered name, and what was set beside it."""
    return " ".join((registered, *settings))
