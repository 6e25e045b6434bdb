"""This project, through its public face."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.contenders import propagation
from benchmarks.contenders.model import Contender, waited
from benchmarks.workloads import Case, Numbers

LOADED_LATE = ("networkx", "qgl.readings", "qgl.kernels.simulator")
"""What a model loads when it is first asked; a first call is measured without imports."""

if TYPE_CHECKING:
    from qgl.model import Model
    from qgl.query import Query


def qgl(case: Case) -> Contender:
    """As any user would call it; Pauli propagation by that method, as what is truncated is to be the same."""
    if case.workload.startswith("W7"):
        return propagation.ours(case)
    return _contender(case)


def qgl_by_stages(case: Case) -> Contender:
    """The same, where imports are no part of the time of checking the text."""
    model_of(Case(case.workload, (4, *case.sizes[1:])))  # imports what the stages need
    return _contender(case)


def _contender(case: Case) -> Contender:
    import jax

    stages: dict[str, float] = {}
    model = _timed(stages, "check", lambda: model_of(case))
    queries = queries_of(case, model)
    start = time.process_time()
    _timed(stages, "plan", lambda: model.plan(*queries))
    busy = time.process_time() - start
    planned = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    params = params_of(case, model)
    key = jax.random.key(3)
    if case.workload in ("W2g", "W3"):

        def step(number: int) -> Any:
            return waited(lambda: model.value_and_grad(params, jax.random.fold_in(key, number)))

        return Contender(step, _read, stages, busy, planned)
    compiled = jax.jit(jax.value_and_grad(loss_of(case, model, queries[0])))
    return Contender(lambda number: waited(lambda: compiled(params)), _read, stages, busy, planned)


def _timed(stages: dict[str, float], name: str, stage: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    result = stage()
    stages[name] = time.perf_counter() - start
    return result


def model_of(case: Case, precision: str = "single") -> Model:
    """From a folder with the program and its data, so that reading is as it always is."""
    import qgl

    for name in LOADED_LATE:
        import_module(name)
    text, constants = case.program
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "case.qgl").write_text(text, encoding="utf-8")
        if "states.npz" in text:
            np.savez_compressed(Path(folder) / "states.npz", states=case.states(1))
        if "rows.npz" in text:
            np.savez_compressed(Path(folder) / "rows.npz", rows=case.rows)
        return qgl.load(Path(folder) / "case.qgl", precision=precision, **constants)


def queries_of(case: Case, model: Model) -> tuple[Query, ...]:
    """What a step asks."""
    from qgl.query import Expectation, GivenStrings, Probabilities

    match case.workload:
        case "W1":
            return (Probabilities(),)
        case "W1b":
            return (Expectation.of(case.pauli_words),)
        case "W2" | "W2grid" | "W2c":
            return (Expectation.sparse(case.pairs),)
        case "W4" | "W4c":
            return (GivenStrings(len(case.rows)),)
        case _:
            return tuple(query for term in model.objectives for query in term.objective.queries)


def params_of(case: Case, model: Model) -> dict[str, Any]:
    """The angles of the case where a peer has to have the same, otherwise those that the program draws."""
    import jax
    import jax.numpy as jnp

    angles = case.angles.astype(np.float32)
    if case.workload == "W3":
        return {name: jnp.asarray(angles[0, k]) for k, name in enumerate(("one", "next", "skip"))}
    if case.workload == "W6":
        states = case.states(0)
        start = np.stack([states.real, states.imag], axis=-1).reshape(len(states), -1)
        return {name: jnp.asarray(angles[:, k]) for k, name in enumerate("ab")} | {"start": jnp.asarray(start, float)}
    if case.workload in ("W1", "W1b", "W2", "W4"):
        return {name: jnp.asarray(angles[:, k]) for k, name in enumerate("abc")}
    return model.init(jax.random.key(0))


def loss_of(case: Case, model: Model, query: Query) -> Callable[[dict[str, Any]], Any]:
    """The loss of the case, of parameters; of W3 and W2g it is the objective of the model."""
    import jax.numpy as jnp

    if case.workload == "W1":
        distribution = jnp.asarray(case.distribution, jnp.float32)
        return lambda params: -jnp.sum(distribution * jnp.log(model.probabilities(params) + 1e-10))
    if case.workload == "W1b":
        return lambda params: jnp.sum(model.expectation(params, case.pauli_words))
    if case.workload in ("W4", "W4c"):
        return lambda params: -jnp.mean(model.log_prob(params, case.rows))
    if case.workload == "W6":
        given = params_of(case, model)
        held = {**given, **model.held(given)}  # what a step of training is handed: states and data
        return lambda params: model.terms({**held, **{name: params[name] for name in "ab"}})[0]
    targets = jnp.asarray(case.targets, jnp.float32)
    return lambda params: jnp.mean((model.answer(params, query) - targets) ** 2)


def _read(result: tuple[Any, Mapping[str, Any]]) -> tuple[float, Numbers]:
    """The gradient with a parameter's axis after the first, as the peers have it."""
    value, gradient = result
    parts = [np.asarray(part, np.float64) for part in gradient.values()]
    return float(value), np.concatenate([part.ravel() for part in parts])
