"""Orders of operations in which few wires are alive: against all topological orders, and against the reference."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import permutations

import numpy as np
import pytest

from qgl.ir.circuit import Circuit
from qgl.ir.facts import diagonal_wires, is_unitary
from qgl.passes.allocation import reuse
from qgl.passes.allocation.order import narrowest, width_of
from qgl.passes.allocation.reuse import narrow, read_out, renew
from qgl.passes.dilation import dilate
from qgl.program.operations import Operation
from tests.reference.density import density_matrix
from tests.reference.programs import EVERYTHING, bit_of, op, program_of, random_inputs, random_program

SMALL = replace(EVERYTHING, visible=(1, 3), hidden=(0, 2), operations=(3, 9), live=5)


def happening(circuit: Circuit) -> list[Operation]:
    return [operation for operation in circuit.operations if operation.name not in ("fresh", "discard")]


def alive(operations: list[Operation], kept: set[int]) -> int:
    """The most wires in use at once, from first to last operation; `kept` ones always."""
    last = {wire: k for k, operation in enumerate(operations) for wire in operation.wires}
    now, most = set(kept), len(kept)
    for k, operation in enumerate(operations):
        now.update(operation.wires)
        most = max(most, len(now))
        now -= {wire for wire in operation.wires if last[wire] == k} - kept
    return most


def in_order(one: Operation, other: Operation) -> bool:
    """Whether the order of two operations matters as far as can be told from what they touch."""
    for wire in set(one.wires) & set(other.wires):
        if not all(is_unitary(o) and wire in diagonal_wires(o) for o in (one, other)):
            return True
    reads = [{bit for bit, _ in o.condition} for o in (one, other)]
    return bit_of(one) in reads[1] or bit_of(other) in reads[0]


def least_width(circuit: Circuit) -> int:
    """By all orders."""
    operations = happening(circuit)
    before = [frozenset(j for j in range(k) if in_order(operations[j], operations[k])) for k in range(len(operations))]
    kept = set(circuit.visible)
    total = [wire for operation in operations for wire in operation.wires]

    @lru_cache(None)
    def best(done: frozenset[int]) -> int:
        if len(done) == len(operations):
            return len(kept)
        used = [wire for k in done for wire in operations[k].wires]
        now = kept | {wire for wire in used if used.count(wire) < total.count(wire)}
        ready = (k for k in range(len(operations)) if k not in done and before[k] <= done)
        return min(max(len(now.union(operations[k].wires)), best(done | {k})) for k in ready)

    return best(frozenset())


@pytest.mark.parametrize("seed", range(30))
def test_the_narrowest_of_all_orders_is_found(seed: int) -> None:
    circuit = renew(dilate(Circuit.of(random_program(seed, SMALL))))
    if len(happening(circuit)) > 12:
        circuit = circuit.with_operations(happening(circuit)[:12])
    for form in (circuit, read_out(circuit)):
        if len(happening(form)) <= 13:
            found = narrow(form)
            assert found.width == least_width(form)
            assert found.least


@pytest.mark.parametrize("window", [1, 128])
@pytest.mark.parametrize("seed", range(12))
def test_operations_in_another_order_keep_the_state(seed: int, window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reuse, "WINDOW", window)
    circuit = dilate(Circuit.of(random_program(seed, SMALL)))
    inputs = random_inputs(seed)
    expected = density_matrix(circuit, inputs)
    found = narrow(renew(circuit))
    for most in (None, found.width + 1, 99):
        ordered = found.ordered(most)
        assert alive(happening(ordered), set(ordered.visible)) <= max(found.width, most or 0)
        assert sorted(map(id, happening(ordered))) == sorted(map(id, happening(found.circuit)))
        np.testing.assert_allclose(density_matrix(ordered, inputs), expected, atol=1e-10)
    if found.widest is not None:
        assert alive(happening(found.ordered()), set(found.circuit.visible)) == found.width


def random_needs(rng: np.random.Generator, wires: int) -> tuple[list[int], list[int]]:
    """The needs of random pairs, forwards and backwards."""
    pairs = [rng.permutation(wires)[:2].tolist() for _ in range(2 * wires)] + [[k] for k in range(wires)]
    sides = []
    for sequence in (pairs, pairs[::-1]):
        needs = [0] * wires
        for pair in sequence:
            need = 0
            for wire in pair:
                need |= needs[wire] | 1 << wire
            for wire in pair:
                needs[wire] = need
        sides.append(needs)
    return sides[0], sides[1]


@pytest.mark.parametrize("seed", range(8))
def test_the_narrowest_permutation_is_found(seed: int) -> None:
    rng = np.random.default_rng(seed)
    needs, backwards = random_needs(rng, 6)
    found = narrowest(needs, backwards, [range(3), range(6)])
    assert sorted(found.order) == list(range(6))
    assert found.width == width_of(found.order, needs)
    assert found.least
    assert found.width == min(width_of(order, needs) for order in permutations(range(6)))


@pytest.mark.parametrize("wires", [40, 90])
def test_what_is_claimed_of_a_wide_order_holds(wires: int) -> None:
    """Too many orders to try all: the search may give up, and says so."""
    needs, backwards = random_needs(np.random.default_rng(wires), wires)
    found = narrowest(needs, backwards, [range(wires)])
    assert width_of(found.order, needs) == found.width <= wires


def chain(sites: int, depth: int, channels: bool) -> Circuit:
    operations: list[Operation] = []
    fresh = sites
    for layer in range(depth):
        for site in range(layer % 2, sites - 1, 2):
            if channels:
                operations += [op("fresh", fresh), op("iswap", site, fresh), op("iswap", fresh, site + 1)]
                operations.append(op("discard", fresh))
                fresh += 1
            else:
                operations.append(op("iswap", site, site + 1))
    return read_out(Circuit.of(program_of(sites, 0, *operations)))


@pytest.mark.parametrize(("sites", "depth"), [(12, 4), (100, 4), (30, 8), (300, 4)])
def test_a_chain_takes_one_qubit_more_than_its_depth(sites: int, depth: int) -> None:
    found = narrow(chain(sites, depth, channels=False))
    assert (found.width, found.least) == (depth + 1, True)
    assert alive(happening(found.ordered()), set()) == depth + 1


@pytest.mark.parametrize(("sites", "depth"), [(12, 4), (100, 4), (30, 8)])
def test_a_chain_of_channels_takes_no_more_for_its_fresh_qubits(sites: int, depth: int) -> None:
    assert narrow(chain(sites, depth, channels=True)).width <= depth + 1


@pytest.mark.parametrize("length", [1, 2, 57, 300])
def test_a_sequence_takes_three_qubits(length: int) -> None:
    cells = [(op("su4", 0, t, args=[0.1] * 15), op("iswap", 1, t), op("cx", 0, 1)) for t in range(2, length + 2)]
    circuit = Circuit.of(program_of(length + 2, 0, *(gate for cell in cells for gate in cell)))
    found = narrow(read_out(replace(circuit, visible=circuit.visible[2:])))
    assert (found.width, found.least) == (3, True)


def test_gates_that_commute_are_put_into_a_narrow_order() -> None:
    """Phases along a chain, written from the odd bonds to the even ones: in any order two qubits do."""
    bonds = [*range(1, 11, 2), *range(0, 11, 2)]
    circuit = Circuit.of(
        program_of(
            12,
            0,
            *(op("h", k) for k in range(12)),
            *(op("cz", k, k + 1) for k in bonds),
            *(op("h", k) for k in range(12)),
        )
    )
    assert narrow(read_out(circuit)).width == 2


def test_more_qubits_make_less_depth() -> None:
    found = narrow(chain(40, 4, channels=False))
    depths = []
    for most in (5, 10, 20, 40):
        clock: dict[int, int] = {}
        ordered = found.ordered(most)
        places: dict[int, int] = {}
        free: list[int] = list(range(most))
        for operation in ordered.operations:
            if operation.name == "discard":
                free.append(places.pop(operation.wires[0]))
                continue
            for wire in operation.wires:
                if wire not in places:
                    free.sort(key=lambda place: clock.get(place, 0))
                    places[wire] = free.pop(0)
            when = 1 + max(clock.get(places[wire], 0) for wire in operation.wires)
            clock.update({places[wire]: when for wire in operation.wires})
        depths.append(max(clock.values()))
    assert depths == sorted(depths, reverse=True)
    assert depths[-1] == 5  # four layers and the measurement, as written
    assert depths[0] > 4 * depths[2]


def test_a_wire_ends_where_it_is_reset() -> None:
    steps = (step for _ in range(3) for step in (op("ry", 1, args=[0.4]), op("cx", 1, 0), op("reset", 1)))
    circuit = renew(Circuit.of(program_of(1, 1, *steps)))
    assert not [o for o in circuit.operations if o.name == "reset"]
    assert len(circuit.live_wires) == 4
    assert narrow(circuit).width == 2


def test_a_reset_of_what_nothing_has_touched_is_left_out() -> None:
    circuit = renew(Circuit.of(program_of(2, 0, op("h", 0), op("reset", 1), op("h", 1))))
    assert circuit.visible == (0, 1)
    assert [o.name for o in circuit.operations] == ["h", "h"]


def test_outcomes_are_read_after_they_are_measured() -> None:
    steps = (
        step
        for k in range(3)
        for step in (op("h", k + 3), op("measure", k + 3, bit=k), op("x", k, condition=((k, True),)))
    )
    circuit = narrow(read_out(Circuit.of(program_of(3, 3, *steps)))).ordered()
    known: set[int] = set()
    for operation in happening(circuit):
        assert {bit for bit, _ in operation.condition} <= known
        known |= {bit} if (bit := bit_of(operation)) is not None else set()
    assert known == set(range(6))
    assert alive(happening(circuit), set()) == 1
