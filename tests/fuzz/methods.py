"""Random programs by every method that can answer, against the dense judge: values and gradients, both precisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.plan.contraction.method import Contraction
from qgl.plan.planner import METHODS, Planner
from qgl.program.program import Program
from qgl.query import (
    Expectation,
    GivenPauliWords,
    GivenStrings,
    LogProb,
    Marginals,
    Probabilities,
    Query,
    Samples,
    State,
)
from tests.reference.conserving import conserving
from tests.reference.density import density_matrix, gradient
from tests.reference.iqp_programs import iqp_program
from tests.reference.matrices import Matrix, pauli_matrix
from tests.reference.programs import EVERYTHING, UNITARY, programs, random_inputs

Array = NDArray[Any]
ALL = tuple(Contraction(least=0) if method.name == "contraction" else method for method in METHODS)
NAMES = tuple(method.name for method in ALL)
DRAWS = 300  # of trajectories
SHOTS = 1_000
DOUBT = np.log(2 / 1e-10)  # a mean of draws is wrong by more than its bound once in ten thousand million
LIKELY = 1e-2  # gradients of log p are compared from here on: below, differences of the judge lose their digits


@dataclass(frozen=True)
class Accuracy:
    value: float  # of a probability or an expectation
    relative: float  # of a gradient


ACCURACY = {"double": Accuracy(1e-9, 2e-6), "single": Accuracy(2e-5, 2e-3)}


@dataclass(frozen=True)
class Case:
    """A program at some inputs, and what is asked of it."""

    program: Program
    inputs: Array
    seed: int  # of words, regions and weights
    bits: bool  # whether only the bits are asked for, which some methods and passes are made for
    precision: str

    def __repr__(self) -> str:
        lines = [f"    {operation}" for operation in self.program.operations]
        head = f"visible {len(self.program.visible)}, hidden {len(self.program.hidden)}, {self.precision}, {self.seed}"
        return "\n".join([f"Case: {head}, bits only: {self.bits}, inputs {self.inputs.tolist()}", *lines])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Programs of all kinds that a method is made for, at generic inputs and at angles where strings are impossible."""
    seed = draw(st.integers(0, 2**20))
    evolve = draw(st.booleans())
    kind = draw(st.sampled_from(("unitary", "everything", "conserving", "phases")))
    match kind:
        case "unitary":
            program = draw(programs(UNITARY, visible=(1, 4), operations=(1, 12), evolve=evolve))
        case "everything":
            program = draw(programs(EVERYTHING, visible=(1, 4), operations=(1, 12), evolve=evolve, live=4))
        case "conserving":
            program = conserving(seed, draw(st.integers(1, 9)))
        case _:
            program = iqp_program(seed, draw(st.integers(1, 4)), draw(st.integers(0, 1)), draw(st.booleans()))
    inputs = random_inputs(seed, program.parameters)
    if draw(st.booleans()):
        inputs = _special(inputs, program)
    return Case(program, inputs, seed, draw(st.booleans()), draw(st.sampled_from(("double", "single"))))


def _special(inputs: Array, program: Program) -> Array:
    """Angles and real numbers at multiples of a quarter turn, zero among them; probabilities stay inside."""
    parts = np.split(inputs, np.cumsum([parameter.size for parameter in program.parameters])[:-1])
    return np.concatenate(
        [
            part if parameter.constraint == "probability" else np.round(part / (np.pi / 2)) * (np.pi / 2)
            for parameter, part in zip(program.parameters, parts, strict=True)
        ]
    )


# ---------------------------------------------------------------- questions


@dataclass(frozen=True)
class Questions:
    """What is asked, in the order of the answers of `judged`."""

    queries: tuple[Query, ...]
    given: Mapping[Query, Array]

    def arrays(self) -> dict[Query, jax.Array]:
        return {query: jnp.asarray(array) for query, array in self.given.items()}


def questions(case: Case) -> Questions:
    width = len(case.program.visible)
    rng = np.random.default_rng(case.seed)
    strings = np.indices((2,) * width).reshape(width, -1).T.astype(np.uint8)
    letters = list("IZ" if case.bits else "IXYZ")
    spelled = ["".join(rng.choice(letters, width)) for _ in range(3)]
    regions = tuple(tuple(rng.permutation(width)[: rng.integers(1, width + 1)].tolist()) for _ in range(2))
    given, pauli_words = GivenStrings(len(strings)), GivenPauliWords(3)
    queries: list[Query] = [Probabilities(), LogProb.of(strings), given, pauli_words]
    queries += [Expectation.of(spelled), Marginals(regions, bits=case.bits), *([] if case.bits else [State()])]
    return Questions(tuple(queries), {given: strings, pauli_words: rng.integers(0, 2, (3, width)).astype(np.uint8)})


def judged(rho: Matrix, query: Query, given: Array | None) -> list[Array]:
    """The answer of the judge as a list of arrays; of strings it is p, not log p."""
    width = len(rho).bit_length() - 1
    p = np.real(np.diagonal(rho))
    strings = np.indices((2,) * width).reshape(width, -1)
    match query:
        case Expectation():
            pauli_words = [_spelled(query, k, width) for k in range(query.count)]
            return [np.array([np.trace(pauli_matrix(pauli_word) @ rho).real for pauli_word in pauli_words])]
        case GivenPauliWords():
            assert given is not None
            means = (-1.0) ** (given.astype(int) @ strings) @ p
            return [np.stack([means, means**2])]
        case Marginals(regions, bits):
            states = [reduced(rho, region) for region in regions]
            return [np.real(np.diagonal(state)) if bits else state for state in states]
        case State():
            return [rho]
        case _:
            return [p]


def _spelled(query: Expectation, k: int, width: int) -> str:
    pauli_word = ["I"] * width
    for place, letter in zip(query.places[k], query.letters[k], strict=True):
        if place >= 0:
            pauli_word[place] = "IXYZ"[letter]
    return "".join(pauli_word)


def reduced(rho: Matrix, region: Sequence[int]) -> Matrix:
    """The reduced density matrix of visible positions, in their order."""
    width = len(rho).bit_length() - 1
    order = [*region, *(k for k in range(width) if k not in region)]
    tensor = rho.reshape((2,) * (2 * width)).transpose([*order, *(width + k for k in order)])
    shape = (2 ** len(region), 2 ** (width - len(region)))
    return np.asarray(np.einsum("ajbj->ab", tensor.reshape(shape * 2)))


# ---------------------------------------------------------------- comparisons


def compare(case: Case, methods: Sequence[str] = NAMES) -> dict[str, int]:
    """Every method that can answer is held to the judge; how many questions each of them answered."""
    asked = questions(case)
    rho = density_matrix(case.program, case.inputs)
    answered: dict[str, int] = {}
    for method in (method for method in ALL if method.name in methods):
        planner = Planner(Circuit.of(case.program), case.precision, methods=(method,))
        taken = tuple(row.query for row in planner.weigh(asked.queries).rows if row.chosen)
        if taken:
            given = {query: array for query, array in asked.given.items() if query in taken}
            with jax.enable_x64(case.precision == "double"):
                _compare(case, Simulator(planner.plan(taken)), Questions(taken, given), rho, method.name)
        answered[method.name] = len(taken)
        if case.seed % 4 == 0:
            answered[method.name] += _compare_samples(case, planner, rho, method.name)
    if "trajectories" in methods:
        answered["trajectories"] += _compare_draws(case, asked, rho)
    return answered


def _compare(case: Case, run: Simulator, asked: Questions, rho: Matrix, method: str) -> None:
    accuracy = ACCURACY[case.precision]
    weights = _weights(case, asked, rho)

    def loss(values: jax.Array) -> tuple[jax.Array, list[list[jax.Array]]]:
        answers = run.answers(values, asked.queries, given=asked.arrays())
        parts = [list(a) if isinstance(query, Marginals) else [a] for query, a in answers.items()]
        pairs = zip(chain.from_iterable(weights), chain.from_iterable(parts), strict=True)
        return sum((jnp.sum(jnp.asarray(w) * part).real for w, part in pairs), start=jnp.zeros(())), parts

    values = jnp.asarray(case.inputs, jnp.float64 if case.precision == "double" else jnp.float32)
    derivative, found = jax.jit(jax.grad(loss, has_aux=True))(values)
    for query, parts in zip(asked.queries, found, strict=True):
        expected = judged(rho, query, asked.given.get(query))
        for part, right in zip(parts, expected, strict=True):
            label = f"{method}: {type(query).__name__}"
            assert np.isfinite(part).all(), f"{label} is finite"
            read = np.exp(part) if isinstance(query, LogProb | GivenStrings) else part
            np.testing.assert_allclose(read, right, atol=accuracy.value, rtol=0, err_msg=label)
    expected_derivative = gradient(lambda inputs: _judged_loss(case, asked, weights, inputs), case.inputs)
    bound = accuracy.relative * (1 + np.abs(expected_derivative).max(initial=0))
    np.testing.assert_allclose(derivative, expected_derivative, atol=bound, rtol=0, err_msg=f"{method}: gradient")


def _weights(case: Case, asked: Questions, rho: Matrix) -> list[list[Array]]:
    """Of the sum whose gradient is compared, for every part of every answer."""
    rng = np.random.default_rng(case.seed + 1)
    weights = []
    for query in asked.queries:
        parts = judged(rho, query, asked.given.get(query))
        row: list[Array] = [rng.normal(size=part.shape) for part in parts]
        if isinstance(query, LogProb | GivenStrings):
            row = [np.where(parts[0] > LIKELY, row[0], 0.0)]
        elif any(np.iscomplexobj(part) for part in parts):
            row = [weight + 1j * rng.normal(size=weight.shape) for weight in row]
        weights.append(row)
    return weights


def _judged_loss(case: Case, asked: Questions, weights: list[list[Array]], inputs: Array) -> float:
    rho, total = density_matrix(case.program, inputs), 0.0
    for query, row in zip(asked.queries, weights, strict=True):
        parts = judged(rho, query, asked.given.get(query))
        if isinstance(query, LogProb | GivenStrings):
            parts = [np.log(np.where(row[0] != 0, parts[0], 1.0))]
        total += sum(float(np.sum(weight * part).real) for weight, part in zip(row, parts, strict=True))
    return total


def _compare_draws(case: Case, asked: Questions, rho: Matrix) -> int:
    """Means of trajectories, each of which lies in [-1, 1], within Bernstein's bound; 0 if there is no such method."""
    pauli_words = next(array for query, array in asked.given.items() if isinstance(query, GivenPauliWords))
    query = GivenPauliWords(len(pauli_words), DRAWS)
    trajectories = tuple(method for method in ALL if method.name == "trajectories")
    planner = Planner(Circuit.of(case.program), methods=trajectories)
    if not planner.weigh((query,)).rows[0].chosen:
        return 0
    run = Simulator(planner.plan((query,)))
    given: dict[Query, jax.Array] = {query: jnp.asarray(pauli_words)}
    values, key = jnp.asarray(case.inputs, jnp.float32), jax.random.key(case.seed)
    means, _ = np.asarray(jax.jit(lambda x: run.answers(x, (query,), key, given)[query])(values))
    exact = judged(rho, query, pauli_words)[0][0]
    spread = np.sqrt(2 * np.maximum(0, 1 - exact**2) * DOUBT / DRAWS) + 4 * DOUBT / (3 * DRAWS)
    wide = np.where(np.abs(means - exact) > spread + 1e-4)[0]
    assert not len(wide), f"trajectories: means {means} of draws where {exact} is exact"
    return 1


def _compare_samples(case: Case, planner: Planner, rho: Matrix, method: str) -> int:
    """How often each string is drawn, within Bernstein's bound, and no impossible one; 0 if the method draws none."""
    query = Samples(SHOTS)
    if not planner.weigh((query,)).rows[0].chosen:
        return 0
    with jax.enable_x64(case.precision == "double"):
        run = Simulator(planner.plan((query,)))
        values = jnp.asarray(case.inputs, jnp.float64 if case.precision == "double" else jnp.float32)
        rows = np.asarray(jax.jit(lambda x, key: run.answer(x, query, key))(values, jax.random.key(case.seed)))
    codes = rows.astype(int) @ (1 << np.arange(rows.shape[1] - 1, -1, -1))
    (p,) = judged(rho, query, None)
    often = np.bincount(codes, minlength=len(p)) / SHOTS
    assert not often[p < 1e-12].any(), f"{method}: an impossible string is drawn"
    spread = np.sqrt(2 * np.clip(p * (1 - p), 0, 1) * DOUBT / SHOTS) + 2 * DOUBT / (3 * SHOTS)
    assert (np.abs(often - p) <= spread).all(), f"{method}: strings are drawn so often {often} where {p} is right"
    return 1
