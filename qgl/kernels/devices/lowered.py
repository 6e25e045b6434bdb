"""Programs as JAX has lowered them, which another process runs without tracing what they were made of.

Tracing and lowering a step of training takes longer than reading what XLA made of it from the cache. A lowered program
is data, StableHLO in MLIR's bytecode: MLIR verifies it, XLA compiles it, and nothing of it runs in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import numpy as np
from jax.interpreters import mlir

from qgl.kernels.devices import large_tables

_PART_OF_THE_LANGUAGE = frozenset({"Sharding"})  # among the calls of what a program does not hold


def lowered(jitted: Any, arguments: tuple[Any, ...]) -> bytes | None:
    """The program that a function of `jax.jit`, which keeps unused arguments, is for such arguments.

    None where that is not the whole of it: large tables are arguments of their own, and what a program calls by its
    address, such as a callback or a routine of LAPACK, lies elsewhere in another process.
    """
    traced = jitted.trace(*arguments)
    if large_tables.has_any(traced.jaxpr.consts):
        return None
    module = traced.lower().compiler_ir("stablehlo")
    whole = all(name in _PART_OF_THE_LANGUAGE for name in _called(module.operation))
    return bytes(mlir.module_to_bytecode(module)) if whole else None


def compiled(program: bytes, arguments: tuple[Any, ...], result: Any) -> Callable[..., Any]:
    """The function that was lowered, compiled.

    arguments: of the shapes and types that it was lowered for.
    result: the shapes and types of what it returns, a pytree of `jax.ShapeDtypeStruct`.

    Raises:
        Exception: of some kind, if `program` is none of such arguments with such a result.
    """
    shapes, tree = jax.tree.flatten(result)
    results = tuple(jax.core.ShapedArray(shape.shape, np.dtype(shape.dtype)) for shape in shapes)

    def run(*arguments: Any) -> Any:
        leaves = _run.bind(*jax.tree.leaves(arguments), program=program, results=results)
        return jax.tree.unflatten(tree, leaves)

    return jax.jit(run).lower(*arguments).compile()


def _called(operation: Any) -> Iterator[str]:
    """The names of all that a program calls and does not hold."""
    if operation.name == "stablehlo.custom_call":
        yield operation.attributes["call_target_name"].value
    for region in operation.regions:
        for block in region:
            for inner in block:
                yield from _called(inner.operation)


def _results(*_: Any, program: bytes, results: Sequence[Any]) -> Sequence[Any]:
    return results


def _lower(context: Any, *values: Any, program: bytes, results: Sequence[Any]) -> Any:
    """A call of the program, which becomes a function of the module that is being made."""
    around = context.module_context
    with around.module.context:
        module = mlir.ir.Module.parse(program)
    name = mlir.merge_mlir_modules(around.module, "kept", module, dst_symtab=around.symbol_table)
    kinds = [mlir.aval_to_ir_type(around, result) for result in results]
    callee: dict[str, mlir.ir.Attribute] = {"callee": mlir.ir.FlatSymbolRefAttr.get(name)}
    return mlir.ir.Operation.create("func.call", results=kinds, operands=list(values), attributes=callee).results


# The class stands in `jax.extend`, which loads a compiler of kernels and adds to JAX's settings.
_run: Any = type(jax.lax.add_p)("run_lowered")
_run.multiple_results = True
_run.def_abstract_eval(_results)
mlir.register_lowering(_run, _lower)
