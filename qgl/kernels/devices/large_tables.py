"""Compiled functions whose large tables are arguments.

JAX writes an array that a function closes over into the program that it compiles, once for each place of use, and XLA
copies each of these several times: 14 bytes were taken for a byte of a table. As an argument a table is there once,
and compiling takes no longer for it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

LEAST = 1 << 20  # bytes: smaller tables are constants, which XLA can compute with as it compiles

Places = list[tuple[int, Any]]


def compiled(function: Callable[..., Any], *arguments: Any) -> Callable[..., Any]:
    """`function`, compiled for arguments of the shapes and types of `arguments`, which are pytrees of arrays."""
    return of_jitted(jax.jit(function), arguments)


def of_jitted(jitted: Any, arguments: tuple[Any, ...]) -> Callable[..., Any]:
    """As `compiled`, of what `jax.jit` gives."""
    return _of_tables(jitted, arguments) or jitted.lower(*arguments).compile()


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """As `jax.jit`, without its options. Where it is traced itself, its tables are those of the function around it."""
    jitted = jax.jit(function)
    known: dict[Any, Callable[..., Any]] = {}

    @functools.wraps(function)
    def called(*arguments: Any) -> Any:
        leaves, tree = jax.tree.flatten(arguments)
        if any(isinstance(leaf, jax.core.Tracer) for leaf in leaves):
            return jitted(*arguments)
        kind = tree, tuple(map(jax.typeof, leaves)), bool(jax.config.jax_enable_x64)  # type: ignore[attr-defined]
        if kind not in known:
            known[kind] = _of_tables(jitted, arguments) or jitted
        return known[kind](*arguments)

    return called


def _of_tables(jitted: Any, arguments: tuple[Any, ...]) -> Callable[..., Any] | None:
    """What `jitted` computes, compiled with its large tables as arguments; None where it has none."""
    traced = jitted.trace(*arguments)
    tables, places = _large(traced.jaxpr.consts)
    if not tables:
        return None
    jaxpr, tree = traced.jaxpr.jaxpr, jax.tree.structure(traced.out_info)

    def of_tables(tables: Sequence[jax.Array], leaves: Sequence[jax.Array]) -> list[jax.Array]:
        constants = [constant if number < 0 else tables[number] for number, constant in places]
        result: list[jax.Array] = jax.core.eval_jaxpr(jaxpr, constants, *leaves)
        return result

    run = jax.jit(of_tables).lower(tables, jax.tree.leaves(arguments)).compile()
    return lambda *arguments: jax.tree.unflatten(tree, run(tables, jax.tree.leaves(arguments)))


def has_any(constants: Sequence[Any]) -> bool:
    """Whether one of what a function closes over is large."""
    return any(_is_large(constant) for constant in constants)


def _is_large(constant: Any) -> bool:
    return bool(getattr(constant, "nbytes", 0) >= LEAST)


def _large(constants: Sequence[Any]) -> tuple[list[jax.Array], Places]:
    """The different large constants, and of each constant the number of its table, or -1 and the constant itself."""
    tables: list[jax.Array] = []
    known: dict[Any, int] = {}
    places: Places = []
    for constant in constants:
        if not _is_large(constant):
            places.append((-1, constant))
            continue
        array = np.asarray(constant)
        same = (array.__array_interface__["data"], array.shape, array.strides, array.dtype)
        if same not in known:
            known[same] = len(tables)
            tables.append(jnp.asarray(array))
        places.append((known[same], None))
    return tables, places
