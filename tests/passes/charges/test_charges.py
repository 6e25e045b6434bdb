"""Conserved charges against the operators themselves, and what follows from them against all strings."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.charges import UnreachableRows
from qgl.expression import evaluate
from qgl.passes.charges.conserved import Charge, Conserved, conserved
from qgl.passes.charges.description import description_of
from qgl.passes.charges.reach import Reach
from qgl.passes.charges.transitions import gathered
from qgl.passes.charges.unreachable import reach_of
from qgl.program.operations import Operation
from qgl.program.program import Parameter, Program
from qgl.source import Source
from tests.reference.conserving import conserving
from tests.reference.density import lookup, operators_of, probabilities
from tests.reference.programs import UNITARY, random_inputs, random_program

HEISENBERG = """
lattice chain = line({n});
hidden bath on chain[0, {n} - 1] = neel;
visible v on chain[1..{n} - 2] = neel;
param field[2, chain] : real;
param jx : real;
param jy : real;
hamiltonian quench(k) = sum((a, b) in edges(chain): {jx} * X[a] * X[b] + {jy} * Y[a] * Y[b] + Z[a] * Z[b])
    + sum(a in chain: field[k, a] * Z[a]);
model {{ repeat 2 as k {{ evolve quench(k) for 1.0; }} }}
"""


def of(text: str) -> Conserved:
    program = qgl.loads(text).program
    return conserved(program.operations, range(len(program.wires)))


def counts(found: Conserved) -> list[tuple[tuple[int, ...], int, int]]:
    return [(tuple(weight for _, weight in c.weights), c.value, c.modulus) for c in found.charges]


def differences(
    operations: Sequence[Operation], parameters: tuple[Parameter, ...], inputs: NDArray[np.float64], wires: int
) -> NDArray[np.int64]:
    """Rows of changes of bits along all elements of the operators, shape (rows, wires)."""
    atoms = lookup(parameters, inputs)
    rows = [np.zeros(wires, np.int64)]
    for operation in operations:
        if operation.name in ("fresh", "discard"):
            continue
        for matrix in operators_of(operation, lambda number: evaluate(number, atoms)):
            k = len(operation.wires)
            bits = (np.arange(2**k)[:, None] >> np.arange(k - 1, -1, -1)) & 1
            for row, column in np.argwhere(np.abs(matrix) > 1e-9):
                change = np.zeros(wires, np.int64)
                change[list(operation.wires)] = bits[row] - bits[column]
                rows.append(change)
    return np.unique(np.array(rows), axis=0)


@pytest.mark.parametrize("seed", range(12))
def test_they_are_the_null_space_of_the_changes_of_bits(seed: int) -> None:
    program: Program = conserving(seed, 4) if seed % 2 else random_program(seed, UNITARY)
    found = conserved(program.operations, range(len(program.wires)))
    inputs = random_inputs(seed, program.parameters)
    rows = differences(found.operations, program.parameters, inputs, len(program.wires))
    whole = [charge for charge in found.charges if not charge.modulus]
    vectors = np.zeros((len(found.charges), len(program.wires)), np.int64)
    for k, charge in enumerate(found.charges):
        vectors[k, list(charge.wires)] = [weight for _, weight in charge.weights]
        left = rows @ vectors[k]
        assert not (left % charge.modulus if charge.modulus else left).any()
    assert len(whole) == len(program.wires) - np.linalg.matrix_rank(rows)
    assert not whole or np.linalg.matrix_rank(vectors[: len(whole)]) == len(whole)


def test_hopping_cancels_for_all_values_where_the_coefficients_are_one_expression() -> None:
    assert counts(of(HEISENBERG.format(n=6, jx="jx", jy="jx"))) == [((1,) * 6, 3, 0)]
    assert counts(of(HEISENBERG.format(n=6, jx="0.5 * sin(jx)", jy="sin(jx) / 2"))) == [((1,) * 6, 3, 0)]
    assert counts(of(HEISENBERG.format(n=6, jx="jx", jy="jy"))) == [((1,) * 6, 1, 2)]
    assert counts(of(HEISENBERG.format(n=6, jx="jx", jy="(-jx)"))) == [((1, -1, -1, 1, -1, 1), -3, 0)]


def test_wires_that_do_not_meet_have_charges_of_their_own() -> None:
    found = of(
        'visible v[6] = "010110"; param a : angle; model { swap v[0], v[1]; rxx(a) v[2], v[3]; rz(a) v[4]; h v[5]; }'
    )
    # the swap of two known bits is the start; v[0], v[1] and v[4] keep theirs, and v[5] has none
    assert found.start[0] == 1
    assert found.frozen == {0, 1, 4}
    assert [charge for charge in found.charges if len(charge.weights) > 1] == [Charge(((2, 1), (3, 1)), 1, 2)]


def test_rotations_are_gathered_where_they_conserve_together() -> None:
    inner = "h v[2]; rxx(a) v[0], v[1]; z v[2]; ryy({}) v[1], v[0];"
    text = f"visible v[3]; param a : angle; param b : angle; model {{{{ {inner} }}}}"
    assert [o.name for o in gathered(qgl.loads(text.format("a")).program.operations)] == ["h", "evolve", "z"]
    assert [o.name for o in gathered(qgl.loads(text.format("b")).program.operations)] == ["h", "rxx", "ryy", "z"]


def test_slices_of_trotter_conserve_what_the_hamiltonian_does() -> None:
    text = HEISENBERG.format(n=5, jx="1", jy="1")
    sliced = text.replace("for 1.0", "for 1.0 by trotter(order = 2, steps = 3, simulate = true)")
    written = "sum((a, b) in edges(chain): X[a] * X[b] + Y[a] * Y[b] + Z[a] * Z[b])"
    assert written.replace("X[a]", "1 * X[a]").replace("Y[a]", "1 * Y[a]") in sliced
    assert counts(of(sliced)) == counts(of(text)) == [((1,) * 5, 2, 0)]


@pytest.mark.parametrize("seed", range(6))
def test_what_can_be_reached(seed: int) -> None:
    program = conserving(seed, 3)
    reach = reach_of(program)
    width = len(program.visible)
    rows = ((np.arange(2**width)[:, None] >> np.arange(width - 1, -1, -1)) & 1).astype(np.uint8)
    possible = reach.possible(rows)
    assert possible.sum() == reach.strings
    p = probabilities(program, random_inputs(seed, program.parameters))
    assert (p[~possible] < 1e-12).all()
    states = sum(
        all(
            sum(w * (state >> wire & 1) for wire, w in c.weights) - c.value
            in ((0,) if not c.modulus else (-2, 0, 2, 4))
            for c in reach.conserved.charges
        )
        for state in range(2 ** len(program.wires))
    )
    assert states == reach.states


def test_signed_charges_and_parities_are_counted() -> None:
    found = of(HEISENBERG.format(n=6, jx="jx", jy="(-jx)"))
    reach = Reach(found, (2, 3, 4, 5))
    rows = ((np.arange(16)[:, None] >> np.arange(3, -1, -1)) & 1).astype(np.uint8)
    # of the start, -3, the two hidden wires may have -1, 0 or 1
    possible = rows @ np.array([-1, 1, -1, 1]) == -2
    assert (reach.possible(rows) == possible).all()
    assert reach.strings == possible.sum() == 1


def test_it_is_told_in_words() -> None:
    program = qgl.loads(HEISENBERG.format(n=6, jx="1", jy="1")).program
    assert description_of(reach_of(program), program.wires) == [
        "conserved: the number of ones of bath and v, 3 from the start: 1 to 3 of them in v",
        "reached: at most 14 of 16 visible strings, 20 of 64 basis states",
    ]
    free = qgl.loads("visible v[3]; model { rx(?) v; for (a, b) in chain(v) { cz a, b; } }").program
    assert description_of(reach_of(free), free.wires) == []


def warnings_of(text: str) -> list[UnreachableRows]:
    found = diagnose(Source("text.qgl", text), FolderEnvironment(Path.cwd()))[1]
    return [diagnostic for diagnostic in found if isinstance(diagnostic, UnreachableRows)]


def test_rows_that_can_never_come_are_warned_of() -> None:
    model = HEISENBERG.format(n=6, jx="1", jy="1")

    def warned(rows: str, objective: str, report: str) -> list[UnreachableRows]:
        return warnings_of(f"{model} data d = strings([{rows}]); objective {objective}; report {report};")

    (fault,) = warned('"0101", "1111", "0000", "0010"', "nll(d)", "kl(d)")
    assert (fault.rows, fault.total, fault.example) == (2, 4, "0000")
    assert not warned('"0101", "0010"', "nll(d)", "kl(d)")
    assert warned('"0101", "1111"', "mmd(d, hamming(sigma = 1))", "valid_rate(d)")[0].rows == 1
    free = "visible v[2]; model { ry(?) v; } objective nll(d);"
    assert not warnings_of(f'{free} data d = strings(["01", "11"]);')


def test_wide_programs_are_counted_too() -> None:
    text = HEISENBERG.format(n=60, jx="1", jy="1")
    reach = reach_of(qgl.loads(text).program)
    assert reach.states == comb(60, 30)
    assert reach.strings == comb(58, 30) + comb(58, 29) + comb(58, 28)
