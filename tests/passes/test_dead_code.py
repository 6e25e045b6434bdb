"""What the dead-code pass finds, beyond keeping the meaning."""

from __future__ import annotations

import numpy as np
import pytest

from qgl.expression import Input, Real
from qgl.ir.circuit import Circuit
from qgl.passes.dead_code import drop_dead, live_parameters
from qgl.program.operations import Evolution, Operation, PauliRotation
from qgl.program.program import Program
from tests.reference.density import density_matrix, probabilities
from tests.reference.programs import op, parameter, program_of


def gates(circuit: Circuit) -> list[str]:
    return [operation.name for operation in circuit.operations]


def dropped(program: Program, bits: bool = True) -> list[str]:
    """Gates left, after a check that the answer stays."""
    left = drop_dead(Circuit.of(program), bits)
    inputs = np.full(sum(p.size for p in program.parameters), 0.3)
    answer = probabilities if bits else density_matrix
    assert np.allclose(answer(left, inputs), answer(program, inputs))
    return gates(left)


def anonymous(number: int) -> Real:
    return Real(0.0, ((1.0, Input(0, number)),))


def liu_wang(n: int, depth: int, leading: bool) -> Program:
    """Rotations on all, then `depth` times cx on a tree and rz rx rz on all; `leading`: rz before the first rx."""
    operations: list[Operation] = []
    used = 0
    for layer in range(depth + 1):
        if layer:
            operations += [op("cx", (k - 1) // 2, k) for k in range(1, n)]
        names = ("rz", "rx", "rz") if layer or leading else ("rx", "rz")
        for wire in range(n):
            for name in names:
                operations.append(op(name, wire, args=[anonymous(used)]))
                used += 1
    return program_of(n, 0, *operations, parameters=[parameter("angles", used)])


@pytest.mark.parametrize("leading", [False, True])
def test_born_machine_of_liu_and_wang_keeps_its_published_count(leading: bool) -> None:
    n, depth = 9, 10
    circuit = Circuit.of(liu_wang(n, depth, leading))
    left = drop_dead(circuit, reads_only_bits=True)
    assert len(live_parameters(left)) == (3 * depth + 1) * n == 279
    gone = live_parameters(circuit) - live_parameters(left)
    last = {Input(0, len(live_parameters(circuit)) - 1 - 3 * k) for k in range(n)}
    first = {Input(0, 3 * k) for k in range(n)} if leading else set()
    assert gone == last | first


def test_the_state_needs_the_last_rotations() -> None:
    circuit = Circuit.of(liu_wang(3, 2, leading=False))
    assert live_parameters(drop_dead(circuit, reads_only_bits=False)) == live_parameters(circuit)


def test_diagonal_gates_are_dead_through_permutations() -> None:
    program = program_of(
        3,
        0,
        op("h", 0),
        op("h", 1),
        op("rz", 0, args=[0.4]),
        op("cp", 0, 1, args=[1.0]),
        op("cx", 0, 2),
        op("swap", 1, 2),
    )
    assert dropped(program) == ["h", "h", "cx", "swap"]


def test_diagonal_gate_before_a_superposition_lives() -> None:
    assert dropped(program_of(1, 0, op("h", 0), op("t", 0), op("h", 0))) == ["h", "t", "h"]


def test_phase_on_a_target_in_a_live_control_lives() -> None:
    """Found by random programs: the phase of the target decides what the control loses."""
    program = program_of(1, 1, op("h", 0), op("h", 1), op("t", 1), op("cy", 0, 1))
    assert dropped(program, bits=False) == ["h", "h", "t", "cy"]


def test_what_happens_to_hidden_wires_at_the_end_is_dead() -> None:
    program = program_of(1, 2, op("h", 1), op("cx", 1, 0), op("ry", 1, args=[0.3]), op("rxx", 1, 2, args=[0.3]))
    assert dropped(program, bits=False) == ["h", "cx"]


def test_fresh_wire_that_nothing_sees_vanishes() -> None:
    program = program_of(1, 0, op("h", 0), op("fresh", 1), op("cx", 0, 1), op("discard", 1))
    assert dropped(program, bits=True) == ["h"]
    assert dropped(program, bits=False) == ["h", "fresh", "cx", "discard"]


def test_noise_that_bits_do_not_see_is_dead() -> None:
    noise = [op("dephasing", 0, args=[0.3]), op("phase_damping", 0, args=[0.3])]
    assert dropped(program_of(1, 0, op("h", 0), *noise)) == ["h"]
    assert dropped(program_of(1, 0, op("h", 0), *noise, op("h", 0))) == ["h", "dephasing", "phase_damping", "h"]


def test_unread_outcome_before_read_out_is_dead() -> None:
    assert dropped(program_of(1, 0, op("h", 0), op("measure", 0, bit=0))) == ["h"]
    assert dropped(program_of(1, 0, op("h", 0), op("measure", 0, bit=0)), bits=False) == ["h", "measure"]


def test_measurement_for_a_dead_correction_is_dead() -> None:
    program = program_of(
        1, 1, op("h", 0), op("h", 1), op("measure", 1, bit=0), op("z", 0, condition=((0, True),)), op("x", 0)
    )
    assert dropped(program) == ["h", "x"]


def test_reset_hides_everything_before_it() -> None:
    assert dropped(program_of(1, 0, op("h", 0), op("reset", 0), op("x", 0)), bits=False) == ["x"]


def test_known_controls_are_resolved() -> None:
    program = program_of(3, 0, op("x", 0), op("cx", 0, 1), op("ccx", 0, 1, 2), op("cswap", 0, 1, 2))
    assert dropped(program, bits=False) == ["x", "x", "x", "swap"]
    assert dropped(program_of(2, 0, op("cx", 0, 1), op("ch", 0, 1)), bits=False) == []


def test_phases_of_known_wires_are_dropped_or_move() -> None:
    assert dropped(program_of(2, 0, op("rz", 0, args=[0.1]), op("crz", 0, 1, args=[0.1])), bits=False) == []
    program = program_of(2, 0, op("x", 0), op("h", 1), op("rzz", 0, 1, args=[0.7]), op("cz", 1, 0), op("h", 1))
    assert dropped(program, bits=False) == ["x", "h", "rz", "z", "h"]
    pauli_word = program_of(2, 0, op("x", 0), op("h", 1), op("pauli", 0, 1, args=[0.7], pauli_word="ZY"))
    assert [getattr(o, "pauli_word", "") for o in drop_dead(Circuit.of(pauli_word), False).operations] == ["", "", "Y"]
    assert dropped(pauli_word, bits=False) == ["x", "h", "pauli"]


def test_iswap_is_more_than_an_exchange() -> None:
    assert dropped(program_of(1, 1, op("h", 0), op("h", 1), op("iswap", 0, 1)), bits=False) == ["h", "h", "iswap"]
    swapped = program_of(1, 1, op("h", 0), op("ry", 1, args=[0.3]), op("swap", 0, 1))
    assert dropped(swapped, bits=False) == ["ry", "swap"]


FLIP = (op("h", 1), op("measure", 1, bit=0))


def test_what_happens_under_a_condition_is_not_known() -> None:
    heads = ((0, True),)
    flip = (op("h", 2), op("measure", 2, bit=0))
    assert dropped(program_of(2, 1, *flip, op("x", 0, condition=heads), op("cx", 0, 1)))[-1] == "cx"
    assert dropped(program_of(1, 2, *FLIP, op("x", 2), op("reset", 2, condition=heads), op("cx", 2, 0)))
    assert dropped(program_of(1, 1, *FLIP, op("x", 0, condition=heads), op("h", 0, condition=heads)), bits=False)
    inner = [op("measure", 2, bit=1, condition=heads), op("x", 0, condition=((1, True),))]
    assert dropped(program_of(1, 2, *FLIP, op("x", 2), *inner)) == ["h", "measure", "x", "measure", "x"]


def test_known_outcomes_decide_conditions() -> None:
    zero = [op("measure", 1, bit=0), op("h", 0, condition=((0, True),))]
    assert dropped(program_of(1, 1, *zero), bits=False) == []
    assert dropped(program_of(1, 1, op("x", 1), *zero), bits=False) == ["h"]


def test_permutations_of_known_wires_are_followed() -> None:
    flips = [op("x", 0), op("swap", 0, 1), op("y", 0), op("iswap", 1, 2), op("cx", 2, 0)]
    assert dropped(program_of(3, 0, *flips, op("h", 3 - 1), op("rz", 0, args=[0.4]), op("cz", 1, 2)), bits=False)
    constant = op("unitary", 0, 1, matrices=np.eye(4)[[1, 2, 3, 0]][None] + 0j)
    assert dropped(program_of(2, 0, constant, op("crx", 0, 1, args=[0.3])), bits=False) == ["unitary", "rx"]
    exchange = program_of(3, 0, op("h", 0), op("x", 1), op("swap", 0, 1, 2, controls=1), op("cx", 1, 2))
    assert dropped(exchange, bits=False) == ["h", "x", "swap", "cx"]


def test_controls_on_phases() -> None:
    """A phase that only known wires see is global, unless a control sees it."""
    controlled = [op("h", 0), op("pauli", 0, 1, args=[0.3], pauli_word="Z", controls=1), op("h", 0)]
    assert dropped(program_of(2, 0, *controlled), bits=False) == ["h", "pauli", "h"]
    rotation = drop_dead(Circuit.of(program_of(2, 0, *controlled)), False).operations[1]
    assert isinstance(rotation, PauliRotation) and rotation.pauli_word == "Z"
    controlled = [op("h", 0), op("rzz", 0, 1, 2, args=[0.3], controls=1), op("su2", 0, 1, args=[0.3] * 3, controls=1)]
    assert dropped(program_of(3, 0, *controlled, op("h", 0)), bits=False) == ["h", "rzz", "su2", "h"]
    pauli_words = op("evolve", 0, 1, 2, args=[0.3], terms=((Real(1.0), "XZZ"), (Real(0.5), "YIZ")))
    left = program_of(3, 0, op("x", 1), op("x", 2), pauli_words)
    assert dropped(left, bits=False) == ["x", "x", "evolve"]
    evolution = drop_dead(Circuit.of(left), False).operations[-1]
    assert isinstance(evolution, Evolution) and evolution.terms == ((Real(1.0), "X"), (Real(-0.5), "Y"))


def test_identities_are_dropped() -> None:
    nothing = [
        op("rx", 0, args=[0.0]),
        op("su2", 0, args=[0.0, 0.0, 0.0]),
        op("rxx", 0, 1, args=[2 * np.pi]),
        op("pauli", 0, args=[np.pi], pauli_word="X"),
        op("evolve", 0, args=[0.0], terms=((Real(1.0), "X"),)),
        op("id", 1),
        op("depolarizing2", 0, 1, args=[0.0]),
        op("amplitude_damping", 0, args=[0.0]),
    ]
    assert dropped(program_of(2, 0, op("h", 0), op("h", 1), *nothing), bits=False) == ["h", "h"]
    for sign in (
        op("crx", 0, 1, args=[2 * np.pi]),
        op("rxx", 0, 1, 2, args=[2 * np.pi], controls=1),
        op("pauli", 0, 1, args=[np.pi], pauli_word="X", controls=1),
    ):
        assert dropped(program_of(3, 0, op("h", 0), sign), bits=False) == ["h", sign.name]


def test_outer_angles_of_general_gates_are_dead() -> None:
    angles = [anonymous(k) for k in range(15)]
    table = [parameter("a", 15)]
    lone = drop_dead(Circuit.of(program_of(1, 0, op("su2", 0, args=angles[:3]), parameters=table)), True)
    assert live_parameters(lone) == {Input(0, 1)}
    lone = drop_dead(Circuit.of(program_of(1, 0, op("u", 0, args=angles[:3]), parameters=table)), True)
    assert live_parameters(lone) == {Input(0, 0)}
    pair = program_of(1, 1, op("su4", 0, 1, args=angles), parameters=table)
    alive = live_parameters(drop_dead(Circuit.of(pair), True))
    assert {atom.element for atom in alive} == set(range(15)) - {0, 3} - {11} - {12, 13, 14}
    assert dropped(pair) == ["su4"]


def test_outer_angles_under_a_control_that_interferes_live() -> None:
    angles = [0.3, 0.9, 1.4]
    start = [op("h", 0), op("ry", 1, args=[0.8])]
    assert dropped(program_of(2, 0, *start, op("su2", 0, 1, args=angles, controls=1), op("h", 0)))
    program = program_of(2, 0, *start, op("su2", 0, 1, args=angles, controls=1))
    left = drop_dead(Circuit.of(program), True).operations[-1]
    assert [number.constant for number in left.numbers] == [0.3, 0.9, 0.0]
    assert dropped(program) == ["h", "ry", "su2"]


def test_gates_on_a_register_that_is_read_in_part() -> None:
    program = program_of(2, 0, op("h", 0), op("h", 1), op("cx", 0, 1), op("rz", 0, args=[0.1]), op("h", 0))
    assert dropped(program) == ["h", "h", "cx", "rz", "h"]
