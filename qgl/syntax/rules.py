"""What each rule of the grammar makes of its children: lists put in line, and the builder's nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lark.grammar import Rule

from qgl.syntax.builder import Builder
from qgl.syntax.grammar import tables

_WHOLE = {
    *("import_declaration", "const", "lattice", "register", "local", "data", "parameter", "routine", "hamiltonian"),
    "output",
    "again",
    *("model", "objective", "train", "setting", "stage", "constants", "report_declaration", "baseline_declaration"),
    *("apply", "for_statement", "repeat", "if_statement", "choose", "fresh", "measure", "evolve", "let"),
}


class _Spliced(list[Any]):
    """Children of a repetition of the grammar, to be put in line with those of its parent."""


def callbacks(builder: Builder) -> dict[Rule, Callable[[list[Any]], Any]]:
    """What each rule of the grammar makes of its children."""
    return {rule: _callback(builder, rule) for rule in tables().rules if rule.origin.name != "noise"}


def _callback(builder: Builder, rule: Rule) -> Callable[[list[Any]], Any]:
    name = str(rule.alias or rule.origin.name)
    if name.startswith("_"):
        return _splice
    if rule.options.expand1 and len(rule.expansion) == 1 and not rule.alias:
        return _only_child
    method: Callable[[list[Any]], Any] = getattr(builder, name)
    if name in _WHOLE:
        return lambda children: builder.whole(method(_flat(children)))
    return lambda children: method(_flat(children))


def _splice(children: list[Any]) -> _Spliced:
    first, rest = children[0], children[1:]
    if isinstance(first, _Spliced):
        first.extend(_flat(rest))
        return first
    return _Spliced(_flat(children))


def _flat(children: list[Any]) -> list[Any]:
    if not any(isinstance(child, _Spliced) for child in children):
        return children
    return [item for child in children for item in (child if isinstance(child, _Spliced) else (child,))]


def _only_child(children: list[Any]) -> Any:
    return children[0]
