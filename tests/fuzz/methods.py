"""Random programs by every method that can answer, against the dense judge: values and gradients, both precisions.

Compiling is nearly all of the time, so a program is asked for its answers at several points of its inputs.
"""

from __future__ import annotations

from collections import Counter
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
    log_floor,
)
from tests.reference.conserving import conserving
from tests.reference.density import density_matrix, gradient
from tests.reference.iqp_programs import iqp_program
from tests.reference.matrices import Matrix, pauli_matrix
from tests.reference.programs import EVERYTHING, UNITARY, programs, random_inputs

Array = NDArray[Any]
ALL = tuple(Contraction(least=0) if method.name == "contraction" else method for method in METHODS)
NAMES = tuple(method.name for method in ALL)
GENERIC, SPECIAL, MIXED = "generic", "special", "mixed"
POINTS = (GENERIC, SPECIAL, MIXED, GENERIC, MIXED, MIXED)
DRAWS = 300  # of trajectories
SHOTS = 1_000
DOUBT = np.log(2 / 1e-10)  # a mean of draws is wrong by more than its bound once in ten thousand million
NEVER = 1e-14  # a smaller probability of the judge is what rounding leaves of 0
LIKELY = 1e-2  # gradients of log p are compared from here on: below, differences of the judge lose their digits


@dataclass(frozen=True)
class Accuracy:
    value: float  # of a probability or an expectation
    relative: float  # of a gradient


ACCURACY = {"double": Accuracy(1e-9, 2e-6), "single": Accuracy(2e-5, 2e-3)}


@dataclass(frozen=True)
class Case:
    """A program at some points of its inputs, and what is asked of it."""

    program: Program
    points: tuple[Array, ...]
    seed: int  # of questions, words, regions and weights
    bits: bool  # whether only the bits are asked for, which some methods and passes are made for
    precision: str

    def __repr__(self) -> str:
        lines = [f"    {operation}" for operation in self.program.operations]
        head = f"visible {len(self.program.visible)}, hidden {len(self.program.hidden)}, {self.precision}, {self.seed}"
        points = [f"    at {point.tolist()}" for point in self.points]
        return "\n".join([f"Case: {head}, bits only: {self.bits}", *lines, *points])


class Judge:
    """Density matrices of a program, each worked out once for all methods and all differences."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[bytes, Matrix] = {}

    def __call__(self, inputs: Array) -> Matrix:
        if inputs.tobytes() not in self._known:
            self._known[inputs.tobytes()] = density_matrix(self._program, inputs)
        return self._known[inputs.tobytes()]


@st.composite
def cases(draw: st.DrawFn, points: Sequence[str] = POINTS) -> Case:
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
    drawn = tuple(_point(program, seed + k, kind) for k, kind in enumerate(points))
    return Case(program, drawn, seed, draw(st.booleans()), draw(st.sampled_from(("double", "single"))))


def _point(program: Program, seed: int, kind: str) -> Array:
    """Inputs; special ones are multiples of a quarter turn, zero among them. Probabilities stay inside."""
    inputs = random_inputs(seed, program.parameters)
    free = np.concatenate([np.full(each.size, each.constraint != "probability") for each in program.parameters])
    rounded = {
        GENERIC: np.zeros(len(inputs), bool),
        SPECIAL: free,
        MIXED: free & (np.random.default_rng(seed + 1).random(len(inputs)) < 0.5),
    }
    return np.where(rounded[kind], np.round(inputs / (np.pi / 2)) * (np.pi / 2), inputs)


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
    likelihood = given if rng.integers(2) else LogProb.of(strings)
    queries: list[Query] = [Probabilities(), likelihood, pauli_words]
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
    for place, letter in zip(query.positions[k], query.letters[k], strict=True):
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


def compare(case: Case, methods: Sequence[str] = NAMES) -> Counter[str]:
    """Every method that can answer is held to the judge; counts how many answers of each were held."""
    asked, judge = questions(case), Judge(case.program)
    answered = Counter({"points": len(case.points)})
    for method in (method for method in ALL if method.name in methods):
        planner = Planner(Circuit.of(case.program), case.precision, methods=(method,))
        taken = tuple(row.query for row in planner.weigh(asked.queries).rows if row.chosen)
        count = len(taken)
        with jax.enable_x64(case.precision == "double"):
            if taken:
                given = {query: array for query, array in asked.given.items() if query in taken}
                _compare(case, Simulator(planner.plan(taken)), Questions(taken, given), judge, method.name)
            if case.seed % 4 == 0:
                count += _compare_samples(case, planner, judge, method.name)
        answered[f"answers by {method.name}"] += count * len(case.points)
    if "trajectories" in methods:
        answered["answers by trajectories"] += _compare_draws(case, asked, judge) * len(case.points)
    return answered


def _compare(case: Case, run: Simulator, asked: Questions, judge: Judge, method: str) -> None:
    def loss(values: jax.Array, weights: list[list[Array]]) -> tuple[jax.Array, list[list[jax.Array]]]:
        answers = run.answers(values, asked.queries, given=asked.arrays())
        parts = [list(a) if isinstance(query, Marginals) else [a] for query, a in answers.items()]
        pairs = zip(chain.from_iterable(weights), chain.from_iterable(parts), strict=True)
        return sum((jnp.sum(jnp.asarray(w) * part).real for w, part in pairs), start=jnp.zeros(())), parts

    compiled = jax.jit(jax.grad(loss, has_aux=True))
    for inputs in case.points:
        weights = _weights(case, asked, judge(inputs))
        derivative, found = compiled(_values(case, inputs), weights)
        label = f"{method} at {inputs.tolist()}"
        for query, parts in zip(asked.queries, found, strict=True):
            expected = judged(judge(inputs), query, asked.given.get(query))
            for part, right in zip(parts, expected, strict=True):
                _compare_values(case, query, np.asarray(part), right, label)
        right = gradient(lambda inputs, w=weights: _judged_loss(asked, w, judge(inputs)), inputs)  # type: ignore[misc]
        bound = ACCURACY[case.precision].relative * (1 + np.abs(right).max(initial=0))
        np.testing.assert_allclose(derivative, right, atol=bound, rtol=0, err_msg=f"{label}: gradient")


def _values(case: Case, inputs: Array) -> jax.Array:
    return jnp.asarray(inputs, jnp.float64 if case.precision == "double" else jnp.float32)


def _compare_values(case: Case, query: Query, found: Array, right: Array, label: str) -> None:
    label = f"{label}: {type(query).__name__}"
    assert np.isfinite(found).all(), f"{label} is finite"
    if isinstance(query, LogProb | GivenStrings):
        told = found[right < NEVER]
        assert (told <= log_floor(len(case.program.visible))).all(), f"{label} tells impossible strings {told}"
        found = np.exp(found)
    np.testing.assert_allclose(found, right, atol=ACCURACY[case.precision].value, rtol=0, err_msg=label)


def _weights(case: Case, asked: Questions, rho: Matrix) -> list[list[Array]]:
    """Of the sum whose gradient is compared, for every part of every answer.

    Impossible strings have weights too, as what they add to the gradient is zero.
    """
    rng = np.random.default_rng(case.seed + 1)
    weights = []
    for query in asked.queries:
        parts = judged(rho, query, asked.given.get(query))
        row: list[Array] = [rng.normal(size=part.shape) for part in parts]
        if isinstance(query, LogProb | GivenStrings):
            row = [np.where((parts[0] > LIKELY) | (parts[0] < NEVER), row[0], 0.0)]
        elif any(np.iscomplexobj(part) for part in parts):
            row = [weight + 1j * rng.normal(size=weight.shape) for weight in row]
        weights.append(row)
    return weights


def _judged_loss(asked: Questions, weights: list[list[Array]], rho: Matrix) -> float:
    total = 0.0
    for query, row in zip(asked.queries, weights, strict=True):
        parts = judged(rho, query, asked.given.get(query))
        if isinstance(query, LogProb | GivenStrings):
            parts = [np.log(np.where(parts[0] > LIKELY / 2, parts[0], 1.0))]
        total += sum(float(np.sum(weight * part).real) for weight, part in zip(row, parts, strict=True))
    return total


def _compare_draws(case: Case, asked: Questions, judge: Judge) -> int:
    """Means of trajectories, each of which lies in [-1, 1], within Bernstein's bound; 0 if there is no such method."""
    pauli_words = next(array for query, array in asked.given.items() if isinstance(query, GivenPauliWords))
    query = GivenPauliWords(len(pauli_words), DRAWS)
    trajectories = tuple(method for method in ALL if method.name == "trajectories")
    planner = Planner(Circuit.of(case.program), methods=trajectories)
    if not planner.weigh((query,)).rows[0].chosen:
        return 0
    run = Simulator(planner.plan((query,)))
    given: dict[Query, jax.Array] = {query: jnp.asarray(pauli_words)}
    compiled = jax.jit(lambda x, key: run.answers(x, (query,), key, given)[query])
    for number, inputs in enumerate(case.points):
        means, _ = np.asarray(compiled(jnp.asarray(inputs, jnp.float32), jax.random.key(case.seed + number)))
        exact = judged(judge(inputs), query, pauli_words)[0][0]
        spread = np.sqrt(2 * np.maximum(0, 1 - exact**2) * DOUBT / DRAWS) + 4 * DOUBT / (3 * DRAWS)
        wide = np.where(np.abs(means - exact) > spread + 1e-4)[0]
        assert not len(wide), f"trajectories at {inputs.tolist()}: means {means} of draws where {exact} is exact"
    return 1


def _compare_samples(case: Case, planner: Planner, judge: Judge, method: str) -> int:
    """How often each string is drawn, within Bernstein's bound, and no impossible one; 0 if the method draws none."""
    query = Samples(SHOTS)
    if not planner.weigh((query,)).rows[0].chosen:
        return 0
    run = Simulator(planner.plan((query,)))
    compiled = jax.jit(lambda x, key: run.answer(x, query, key))
    for number, inputs in enumerate(case.points):
        rows = np.asarray(compiled(_values(case, inputs), jax.random.key(case.seed + number)))
        codes = rows.astype(int) @ (1 << np.arange(rows.shape[1] - 1, -1, -1))
        (p,) = judged(judge(inputs), query, None)
        often = np.bincount(codes, minlength=len(p)) / SHOTS
        label = f"{method} at {inputs.tolist()}"
        assert not often[p < 1e-12].any(), f"{label}: an impossible string is drawn"
        spread = np.sqrt(2 * np.clip(p * (1 - p), 0, 1) * DOUBT / SHOTS) + 2 * DOUBT / (3 * SHOTS)
        assert (np.abs(often - p) <= spread).all(), f"{label}: strings are drawn so often {often} where {p} is right"
    return 1
