"""How measurements, conditions and resets are deferred, and at what cost in wires."""

from __future__ import annotations

import numpy as np
import pytest

from qgl.ir.circuit import Circuit
from qgl.passes.deferral import defer
from qgl.passes.pipeline import standard
from qgl.program.program import Program
from tests.reference.density import density_matrix, probabilities
from tests.reference.programs import op, program_of


def deferred(program: Program, bits: bool = False) -> Circuit:
    """The deferred circuit, after a check that the answer stays."""
    circuit = defer(Circuit.of(program), bits)
    answer = probabilities if bits else density_matrix
    assert np.allclose(answer(circuit), answer(program))
    assert not any(o.name in ("measure", "reset") or o.condition for o in circuit.operations)
    return circuit


def gates(circuit: Circuit) -> list[str]:
    return [operation.name for operation in circuit.operations]


MIX = (op("ry", 0, args=[0.9]), op("ry", 1, args=[1.7]), op("cx", 1, 0))


def test_outcome_of_a_wire_that_ends_needs_no_copy() -> None:
    program = program_of(1, 1, *MIX, op("measure", 1, bit=0), op("x", 0, condition=((0, True),)))
    assert gates(deferred(program)) == ["ry", "ry", "cx", "cx"]


def test_condition_on_zero() -> None:
    program = program_of(1, 1, *MIX, op("measure", 1, bit=0), op("h", 0, condition=((0, False),)))
    assert gates(deferred(program)) == ["ry", "ry", "cx", "x", "ch"]


def test_both_branches_flip_the_record_once_each() -> None:
    branches = [op("h", 0, condition=((0, value),)) for value in (True, False, False, True)]
    program = program_of(1, 1, *MIX, op("measure", 1, bit=0), *branches)
    assert gates(deferred(program)) == ["ry", "ry", "cx", "ch", "x", "ch", "ch", "x", "ch"]


def test_flipped_record_is_restored_before_its_wire_is_used() -> None:
    program = program_of(
        1, 1, *MIX, op("measure", 1, bit=0), op("h", 0, condition=((0, False),)), op("cx", 1, 0), op("ch", 1, 0)
    )
    assert gates(deferred(program)) == ["ry", "ry", "cx", "x", "ch", "x", "cx", "ch"]


def test_measured_wire_that_goes_on_is_copied() -> None:
    program = program_of(
        1, 1, *MIX, op("measure", 1, bit=0), op("h", 1), op("cx", 1, 0), op("x", 0, condition=((0, True),))
    )
    assert gates(deferred(program)) == ["ry", "ry", "cx", "fresh", "cx", "h", "cx", "cx", "discard"]


def test_gate_on_the_measured_wire_itself() -> None:
    program = program_of(1, 1, *MIX, op("measure", 1, bit=0), op("z", 1, condition=((0, True),)), op("cx", 1, 0))
    deferred(program)


def test_visible_wire_is_copied_for_the_state_only() -> None:
    program = program_of(2, 0, *MIX, op("measure", 1, bit=0), op("h", 0, condition=((0, False),)))
    assert "fresh" in gates(deferred(program))
    assert gates(deferred(program, bits=True)) == ["ry", "ry", "cx", "x", "ch", "x"]


def test_reset_of_a_hidden_wire_goes_on_with_a_new_one() -> None:
    program = program_of(1, 1, *MIX, op("reset", 1), op("ry", 1, args=[0.2]), op("cx", 1, 0))
    circuit = deferred(program)
    assert gates(circuit) == ["ry", "ry", "cx", "fresh", "discard", "ry", "cx"]
    assert (circuit.wires[2].register, circuit.wires[2].position) == ("h", 0)


def test_reset_of_a_visible_wire_moves_its_place() -> None:
    circuit = deferred(program_of(2, 0, *MIX, op("reset", 0), op("ry", 0, args=[0.2])))
    assert circuit.visible == (2, 1)


def test_record_is_kept_while_its_wire_is_reset() -> None:
    program = program_of(
        1, 1, *MIX, op("measure", 1, bit=0), op("reset", 1), op("x", 1, condition=((0, True),)), op("ch", 1, 0)
    )
    circuit = deferred(program)
    assert gates(circuit) == ["ry", "ry", "cx", "fresh", "cx", "discard", "ch"]


def test_record_outlives_the_block_of_its_wire() -> None:
    program = program_of(
        1,
        0,
        op("fresh", 1),
        *MIX,
        op("measure", 1, bit=0),
        op("discard", 1),
        op("h", 0, condition=((0, True),)),
        op("h", 0, condition=((0, False),)),
    )
    assert gates(deferred(program))[-1] == "discard"


def test_reset_under_a_condition() -> None:
    program = program_of(1, 1, *MIX, op("measure", 1, bit=0), op("reset", 0, condition=((0, False),)))
    assert "cswap" in gates(deferred(program))


def test_measurement_under_a_condition() -> None:
    inner = op("measure", 0, bit=1, condition=((0, True),))
    after = op("h", 0, condition=((0, True), (1, True)))
    deferred(program_of(1, 1, *MIX, op("measure", 1, bit=0), inner, after))
    missing = op("h", 0, condition=((1, False),))  # holds as well where nothing was measured
    deferred(program_of(1, 1, *MIX, op("measure", 1, bit=0), inner, missing))


def test_hidden_wire_measured_under_a_condition() -> None:
    """The wire itself cannot serve: where it is not measured, the bit is zero."""
    flips = [op("ry", 1, args=[0.9]), op("ry", 2, args=[1.7]), op("measure", 1, bit=0)]
    inner = op("measure", 2, bit=1, condition=((0, True),))
    deferred(program_of(1, 2, *flips, inner, op("h", 0, condition=((1, True),))))
    flip = op("h", 0, condition=((2, False),))
    deferred(
        program_of(1, 2, *flips, op("measure", 2, bit=2), flip, inner, op("ry", 0, args=[0.3], condition=((1, True),)))
    )


@pytest.mark.parametrize("value", [False, True])
def test_bit_that_was_never_measured_is_zero(value: bool) -> None:
    circuit = deferred(program_of(1, 0, op("h", 0), op("t", 0, condition=((0, value),)), op("h", 0)))
    assert gates(circuit) == (["h", "h"] if value else ["h", "t", "h"])


def test_conditions_that_exclude_each_other() -> None:
    never = op("x", 0, condition=((0, True), (1, False)))
    program = program_of(1, 1, *MIX, op("measure", 1, bit=0), op("measure", 1, bit=1), never)
    assert gates(deferred(program)) == ["ry", "ry", "cx"]


def test_same_bit_twice_in_a_condition() -> None:
    twice = op("x", 0, condition=((0, True), (0, True)))
    assert gates(deferred(program_of(1, 1, *MIX, op("measure", 1, bit=0), twice)))[-1] == "cx"


def test_channel_under_a_condition_is_dilated() -> None:
    noise = op("amplitude_damping", 0, args=[0.3], condition=((0, True),))
    circuit = deferred(program_of(1, 1, *MIX, op("measure", 1, bit=0), noise))
    assert "amplitude_damping" not in gates(circuit)
    plain = deferred(program_of(1, 1, *MIX, op("amplitude_damping", 0, args=[0.3])))
    assert "amplitude_damping" in gates(plain)


def test_teleportation_needs_no_more_wires() -> None:
    program = program_of(
        1,
        2,
        op("u", 1, args=[0.3, 1.1, -0.4]),
        op("h", 2),
        op("cx", 2, 0),
        op("cx", 1, 2),
        op("h", 1),
        op("measure", 2, bit=0),
        op("measure", 1, bit=1),
        op("x", 0, condition=((0, True),)),
        op("z", 0, condition=((1, True),)),
    )
    circuit = standard(Circuit.of(program), reads_only_bits=False)
    assert circuit.live_wires == (0, 1, 2)
    assert np.allclose(density_matrix(circuit), density_matrix(program))
