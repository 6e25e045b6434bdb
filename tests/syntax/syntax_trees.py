"""Random trees that a program can be read to, and trees without their places."""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import strategies as st

from qgl.source import Source, Span
from qgl.syntax import tree

NOWHERE = Span(Source("", ""), 0, 0)


def bare(node: Any) -> Any:
    """A tree as nested tuples, without spans; the comments of a file are left out."""
    if isinstance(node, tree.File):
        return bare(node.declarations)
    if isinstance(node, tuple):
        return tuple(bare(item) for item in node)
    if isinstance(node, tree.Node):
        fields = [f.name for f in dataclasses.fields(node) if f.name != "span"]
        return (type(node).__name__, *(bare(getattr(node, name)) for name in fields))
    return (type(node).__name__, node)


def make(kind: Any, *parts: Any) -> st.SearchStrategy[Any]:
    return st.builds(
        kind, st.just(NOWHERE), *(part if isinstance(part, st.SearchStrategy) else st.just(part) for part in parts)
    )


def some(strategy: st.SearchStrategy[Any], least: int = 0, most: int = 3) -> st.SearchStrategy[Any]:
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


IDENTIFIERS = st.sampled_from(
    [
        "a",
        "b",
        "theta",
        "θ",
        "q",
        "v",
        "x_1",
        "pi",
        "i",
        "visiblex",
        "for_",
        "long_name_that_needs_some_room",
        "ñandú",
        "量子",
    ]
)
NAMES = make(tree.Name, IDENTIFIERS)
KEYS = make(tree.Name, st.one_of(IDENTIFIERS, st.just("condition")))
NUMBERS = make(
    tree.Number,
    st.one_of(
        st.integers(0, 10**18 - 1),
        st.integers(0, 12),
        st.floats(0, allow_nan=False, allow_infinity=False),
        st.just(1e-5),
    ),
)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=6)
ATOMS = st.one_of(
    NAMES,
    NAMES,
    NUMBERS,
    make(tree.String, TEXT),
    make(tree.Boolean, st.booleans()),
    make(tree.Hole),
    make(tree.Name, "sum"),
)
OPERATORS = st.sampled_from(["+", "-", "*", "/", "%", "**", "==", "!=", "<", "<=", ">", ">=", "and", "or"])
TARGETS = some(NAMES, 1, 2)


def call(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return make(tree.Call, NAMES, some(inner), some(st.tuples(KEYS, inner), 0, 2))


def compound(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        make(tree.Unary, st.sampled_from(["-", "+", "not"]), inner),
        make(tree.Binary, OPERATORS, inner, inner),
        make(tree.Binary, OPERATORS, inner, inner),
        call(inner),
        make(tree.Index, inner, some(inner, 1)),
        make(tree.Range, inner, inner),
        make(tree.List, some(inner, 0, 4)),
        make(tree.Tuple, some(inner, 2)),
        make(tree.Reduce, st.sampled_from(["sum", "prod"]), TARGETS, inner, inner),
    )


EXPRESSIONS = st.recursive(ATOMS, compound, max_leaves=8)
OPERANDS = st.recursive(
    st.one_of(NAMES, call(EXPRESSIONS), make(tree.List, some(EXPRESSIONS))),
    lambda inner: make(tree.Index, inner, some(EXPRESSIONS, 1)),
    max_leaves=2,
)
MAYBE = st.one_of(st.none(), EXPRESSIONS)
MODIFIERS = st.one_of(make(tree.Modifier, "inverse", None), make(tree.Modifier, "ctrl", MAYBE))
SIMPLE = st.one_of(
    make(tree.Apply, some(MODIFIERS, 0, 2), NAMES, some(EXPRESSIONS), some(OPERANDS)),
    make(tree.Fresh, NAMES, MAYBE, MAYBE),
    make(tree.Measure, OPERANDS, st.one_of(st.none(), NAMES)),
    make(tree.Evolve, OPERANDS, EXPRESSIONS, st.one_of(st.none(), call(EXPRESSIONS))),
    make(tree.Let, NAMES, EXPRESSIONS),
)


def with_blocks(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    body = some(inner)
    return st.one_of(
        make(tree.For, TARGETS, EXPRESSIONS, body),
        make(tree.Repeat, EXPRESSIONS, st.one_of(st.none(), NAMES), body),
        make(tree.If, EXPRESSIONS, body, body),
        make(tree.Choose, EXPRESSIONS, some(make(tree.Branch, body), 1, 2)),
    )


STATEMENTS = st.recursive(SIMPLE, with_blocks, max_leaves=5)
TYPES = make(tree.Type, IDENTIFIERS, some(EXPRESSIONS, 0, 2), some(EXPRESSIONS, 0, 2))
ARGUMENTS = make(tree.Argument, NAMES, st.one_of(st.none(), TYPES))
BOUNDS = st.one_of(
    make(tree.Bound, st.sampled_from(["within", "depth", "channel"]), None, EXPRESSIONS),
    make(tree.Bound, "cone", EXPRESSIONS, EXPRESSIONS),
)
REGISTER_KINDS = st.sampled_from(["visible", "hidden"])
SETTINGS = make(tree.Setting, NAMES, some(EXPRESSIONS, 1))
OBJECTIVES = make(tree.Objective, EXPRESSIONS)
TRAINS = make(tree.Train, some(SETTINGS))
REPORTS = make(tree.Report, some(EXPRESSIONS, 1))
ITEMS = st.one_of(
    make(tree.Constants, NAMES, some(st.tuples(NAMES, EXPRESSIONS), 1)), SETTINGS, OBJECTIVES, TRAINS, REPORTS
)
DECLARATIONS = st.one_of(
    make(tree.Import, make(tree.String, TEXT)),
    make(tree.Const, some(st.tuples(NAMES, EXPRESSIONS), 1)),
    make(tree.Lattice, NAMES, EXPRESSIONS),
    make(tree.Register, REGISTER_KINDS, NAMES, MAYBE, None, st.one_of(st.none(), TYPES), MAYBE),
    make(tree.Register, REGISTER_KINDS, NAMES, None, EXPRESSIONS, st.one_of(st.none(), TYPES), MAYBE),
    make(tree.Local, NAMES, some(BOUNDS, 1)),
    make(tree.Data, NAMES, EXPRESSIONS),
    make(
        tree.Parameter,
        st.sampled_from(["param", "random", "latent", "condition"]),
        NAMES,
        some(EXPRESSIONS),
        st.one_of(st.none(), TYPES),
        MAYBE,
        MAYBE,
    ),
    make(tree.Routine, st.sampled_from(["layer", "channel"]), NAMES, some(ARGUMENTS), some(STATEMENTS)),
    make(tree.Hamiltonian, NAMES, some(ARGUMENTS), EXPRESSIONS),
    make(tree.Model, some(STATEMENTS)),
    OBJECTIVES,
    TRAINS,
    REPORTS,
    make(tree.Stage, NAMES, st.none() | EXPRESSIONS, some(ITEMS)),
)
FILES = some(DECLARATIONS, 0, 4).map(lambda declarations: tree.File(NOWHERE.source, declarations, ()))
