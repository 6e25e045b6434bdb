"""Truncated sweeps: with a bond that is large enough exact, with less the distribution that their strings come from."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.bits.distribution import indices, strings
from qgl.ir.circuit import Circuit
from qgl.kernels.simulator import Simulator
from qgl.kernels.sweep.chain import Chain
from qgl.kernels.sweep.runner import TruncatedRunner
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.planner import Planner
from qgl.plan.sweep.method import PreparedTruncated, TruncatedSweep
from qgl.program.operations import Operation
from qgl.program.program import Program
from qgl.query import GivenStrings, LogProb, Samples, impossible
from tests.reference.density import probabilities
from tests.reference.programs import EVERYTHING, UNITARY, Features, op, program_of, random_inputs, random_program

FULL = 64
Array = NDArray[np.float64]


def grid(rows: int, columns: int, layers: int, seed: int = 0) -> Program:
    """Random rotations about X and Z, and couplings of all neighbours on a grid."""
    draw = np.random.default_rng(seed)
    at = np.arange(rows * columns).reshape(rows, columns)
    pairs = [*zip(at[:, :-1].ravel().tolist(), at[:, 1:].ravel().tolist(), strict=True)]
    pairs += zip(at[:-1].ravel().tolist(), at[1:].ravel().tolist(), strict=True)
    gates: list[Operation] = []
    for _ in range(layers):
        gates += [op(name, k, args=[draw.normal()]) for k in range(at.size) for name in ("rx", "rz")]
        gates += [op("rzz", *pair, args=[draw.normal()]) for pair in pairs]
    return program_of(at.size, 0, *gates, *(op("rx", k, args=[draw.normal()]) for k in range(at.size)))


def swept(program: Program, bond: int, inputs: Array | None = None) -> tuple[Array, Array]:
    """Probabilities of all strings of what is visible, and for each the roots of what was cut off on its way.

    Hidden qubits are summed over, the roots with the weights of their strings.
    """
    variants = CircuitVariants(Circuit.of(program), True)
    prepared = PreparedTruncated("sweep", variants, bond)
    lowered = prepared.lower((), "double")
    every = prepared._circuit.visible
    runner = TruncatedRunner(replace(lowered, visible=np.array(every, np.int32)))
    rows = strings(np.arange(2 ** len(every)), len(every))
    with jax.enable_x64(True):
        flat = np.asarray(runner._flat(jnp.asarray(random_inputs(0) if inputs is None else inputs)))
    found = runner._swept(flat, rows)
    p = np.exp(found.log_prob).reshape(2**variants.width, -1)
    lost = (p * found.lost.reshape(p.shape)).sum(axis=1)
    return p.sum(axis=1), lost


def suitable(seed: int, features: Features) -> Program:
    """The first random program from a seed on whose gates are small enough, of few qubits with its environments."""
    while True:
        program = random_program(seed, features)
        prepared = PreparedTruncated("sweep", CircuitVariants(Circuit.of(program), True), FULL)
        if not isinstance(prepared._design, str) and len(prepared._circuit.visible) <= 12:
            return program
        seed += 1000


@pytest.mark.parametrize(
    "program",
    [
        grid(3, 3, 2),
        grid(2, 4, 3),
        *(suitable(seed, features) for features in (UNITARY, EVERYTHING) for seed in range(6)),
    ],
)
def test_with_a_bond_that_is_large_enough_it_is_exact(program: Program) -> None:
    inputs = random_inputs(1)
    p, lost = swept(program, FULL, inputs)
    np.testing.assert_allclose(p, probabilities(program, inputs), atol=1e-10)
    assert np.all(lost == 0)


@pytest.mark.parametrize("seed", range(3))
def test_strings_are_drawn_from_a_distribution_within_the_bound(seed: int) -> None:
    program = grid(3, 3, 3, seed)
    exact = probabilities(program, random_inputs(0))
    by_bond = {bond: swept(program, bond) for bond in (1, 2, 4, 8, 16)}
    for bond in (1, 2, 4, 8):
        (p, lost), (finer, _) = by_bond[bond], by_bond[2 * bond]
        np.testing.assert_allclose(p.sum(), 1, atol=1e-12)
        assert 0 < np.abs(p - exact).sum() / 2 <= lost.sum(), "a theorem"
        entropy, estimate = ((p * np.log(p / other)).sum() for other in (exact, finer))
        assert entropy < 1.5 * estimate + 1e-12, "what is found: 1.02 to 1.3 times at bond 1, 1.1 at 2, 1.001 beyond"
        errors, estimates = (np.median(np.abs(np.log(p / other))) for other in (exact, finer))
        assert errors < 1.5 * estimates + 1e-9


def simulator(program: Program, bond: int, *queries: LogProb | GivenStrings | Samples, precision: str) -> Simulator:
    planner = Planner(Circuit.of(program), precision, methods=(TruncatedSweep(bond),))
    return Simulator(planner.plan(queries))


def test_answers_are_those_of_the_distribution_that_is_drawn_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qgl.plan.sweep.method.TOGETHER", 10_000)  # several batches
    program, shots = grid(2, 3, 3, 5), 1000
    p, _ = swept(program, 2)
    rows = strings(np.arange(64), 6)
    asked = LogProb.of(rows), GivenStrings(64), Samples(shots)
    run = simulator(program, 2, *asked, precision="single")
    inputs = jnp.zeros(0, jnp.float32)
    found = run.answers(inputs, asked, jax.random.key(3), {asked[1]: jnp.asarray(rows)})
    for query in asked[:2]:
        np.testing.assert_allclose(found[query], np.log(p), atol=2e-4)
    drawn = np.bincount(indices(np.asarray(found[asked[2]])), minlength=64) / shots
    assert np.abs(drawn - p).sum() / 2 < 3 * np.sqrt(64 / shots) / 2
    again = run.answers(inputs, asked, jax.random.key(3), {asked[1]: jnp.asarray(rows)})
    np.testing.assert_array_equal(found[asked[2]], again[asked[2]])


@pytest.mark.parametrize("precision", ["single", "double"])
def test_strings_that_cannot_come_are_told_as_such(precision: str) -> None:
    turns = [op("ry", k, args=[0.3]) for k in range(4)] + [op("ry", k, args=[-0.3]) for k in range(4)]
    program = program_of(4, 0, *turns, op("h", 0), *(op("cx", k, k + 1) for k in range(3)))
    query = LogProb.of(np.array([[0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0], [0, 1, 0, 1]], np.uint8))
    with jax.enable_x64(precision == "double"):
        inputs = jnp.zeros(0, jnp.float64 if precision == "double" else jnp.float32)
        found = np.asarray(simulator(program, 4, query, precision=precision).answer(inputs, query))
    np.testing.assert_allclose(found, [np.log(0.5)] * 2 + [impossible(4)] * 2, rtol=1e-5)


def within(program: Program, bond: int, tolerance: float) -> tuple[Array, Array, int]:
    """As `swept`, with a tolerance; and the largest bond that there was."""
    method = TruncatedSweep(bond, tolerance)
    plan = Planner(Circuit.of(program), "double", methods=(method,)).plan([Samples(1)])
    (runner,) = Simulator(plan).sweeps
    rows = strings(np.arange(2**plan.width), plan.width)
    bonds: list[int] = []
    cut = Chain._cut

    def watched(chain: Chain, place: int) -> None:
        cut(chain, place)
        bonds.append(chain._sites[place].shape[1])

    with jax.enable_x64(True), pytest.MonkeyPatch.context() as patch:
        patch.setattr(Chain, "_cut", watched)
        found = runner._swept(np.asarray(runner._flat(jnp.zeros(0))), rows)
        one = runner._swept(np.asarray(runner._flat(jnp.zeros(0))), rows[5:6])
    np.testing.assert_allclose(
        found.log_prob[5], one.log_prob[0], atol=1e-9, err_msg="whatever strings stand beside it"
    )
    return np.exp(found.log_prob), found.lost, max(bonds)


@pytest.mark.parametrize("seed", range(3))
def test_bonds_grow_until_what_is_cut_off_is_within_the_tolerance(seed: int) -> None:
    program = grid(3, 3, 3, seed)
    exact = probabilities(program, random_inputs(0))
    widest = []
    for tolerance in (0.3, 0.03, 1e-3, 1e-12):
        p, lost, bond = within(program, FULL, tolerance)
        np.testing.assert_allclose(p.sum(), 1, atol=1e-10)
        assert lost.max() <= tolerance * (1 + 1e-9)
        assert np.abs(p - exact).sum() / 2 <= (p * lost).sum() + 1e-9, "a theorem"
        widest.append(bond)
    assert widest == sorted(widest) and widest[0] < widest[-1] <= 16
    p, lost, bond = within(program, 2, 1e-3)
    assert bond == 2 and (p * lost).sum() > 1e-3, "not reached, which is told"
    np.testing.assert_allclose(p.sum(), 1, atol=1e-10)
