"""What `--help` says of a dataclass of options.

tyro alone keeps the line breaks of a docstring, states the default of the field after the one that
the docstring explains, and lists inherited options first.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import tyro
from tyro.constructors import (
    ConstructorRegistry,
    StructConstructorSpec,
    StructFieldSpec,
    StructTypeInfo,
)

_METAVARS = {Path: "PATH", str: "STR", int: "INT", float: "FLOAT"}
OPTIONS = ConstructorRegistry()
"""For `tyro.cli`: how it reads the options of this project's scripts."""


@OPTIONS.struct_rule
def read_as_documented(info: StructTypeInfo) -> StructConstructorSpec | None:
    """The options of a dataclass, its own before those of its bases; None of any other type."""
    if not is_dataclass(info.type):
        return None
    told, hints = docstrings(info.type), get_type_hints(info.type, include_extras=True)
    every = {field.name: field for field in fields(info.type)}
    specs = [_spec(every[name], hints[name], told.get(name, "")) for name in own_first(info.type)]
    instantiate: Callable[..., Any] = info.type
    return StructConstructorSpec(instantiate=instantiate, fields=tuple(specs))


def own_first(options: type) -> list[str]:
    """Names of the fields of a dataclass: its own, then those of its bases in their order."""
    names = [name for each in options.__mro__ for name in inspect.get_annotations(each)]
    known = {field.name for field in fields(options)}
    return [name for name in dict.fromkeys(names) if name in known]


def docstrings(options: type) -> Mapping[str, str]:
    """Field -> the text below it in its class, or in the nearest base that has one; as one line."""
    found: dict[str, str] = {}
    for each in reversed([one for one in options.__mro__ if is_dataclass(one)]):
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(each))).body
        assert isinstance(tree, ast.ClassDef)
        for field, text in zip(tree.body, tree.body[1:], strict=False):
            if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
                continue
            if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
                found[field.target.id] = " ".join(str(text.value.value).split())
    return found


def _spec(field: Field[Any], hint: Any, text: str) -> StructFieldSpec:
    default = tyro.MISSING if field.default is MISSING else field.default
    explained = default in (None, False) or "efault: " in text or "repeatable" in text
    shown = tyro.conf.arg(
        metavar=_metavar(hint), help_behavior_hint="" if explained else None, help=text or None
    )
    annotated: Any = Annotated[hint, shown]
    return StructFieldSpec(name=field.name, type=annotated, default=default)


def _metavar(hint: Any) -> str | None:
    """What stands for the value of an option that may be left at None; None of any other type."""
    types = [each for each in get_args(hint) if each is not NoneType]
    if len(types) != 1 or NoneType not in get_args(hint):
        return None
    if get_origin(types[0]) is Literal:
        return "{" + ",".join(get_args(types[0])) + "}"
    return _METAVARS.get(types[0])
