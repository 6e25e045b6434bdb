"""Tensor networks contracted in an order of their own: for odd graphs, and for cones too wide for a state.

Three ways to close the network of a circuit. *open*: the legs of a few visible qubits stay, and the result is their
state or their distribution; any query. *Pauli words*: each row closes every leg with a letter. *strings*: each row
closes every leg with a bit, in amplitudes where nothing is traced out. Rows are scaled so that a uniform distribution
has the value 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import accumulate

import numpy as np

from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.contraction.path import Path, find_path
from qgl.plan.contraction.scheme import Leaf, Scheme, schedule
from qgl.plan.costs import BYTES_PER_SECOND, DOUBLE, GRADIENT, STEP_SECONDS
from qgl.plan.model import COMPILED_SECONDS, Cost, Prepared
from qgl.plan.network.tensors import Network, UnsuitableError, network_of, traced_wires
from qgl.query import Expectation, GivenPauliWords, GivenStrings, LogProb, Marginals, Query

COMPILING = 13 * 10**6  # bytes for a group of contractions; measured: 31 take 400 MB, 55 take 740
COMPILED = 0.2  # processor seconds for a group of contractions
LEAST = 22  # qubits of a circuit; a state of fewer takes no time
MOST_OPERATIONS = 3_000
MOST_TENSORS = 1_500  # each different contraction is compiled
MOST_NUMBERS = 1 << 28  # of one tensor
MOST_OPEN = {False: 5, True: 12}  # visible qubits whose legs may stay open; more if only their bits are asked for
MOST_IN_REGION = {False: 4, True: 10}
TYPICAL_ROWS = 64  # of the projections for which a path is looked for
ROW_NUMBERS = 1 << 22  # numbers of the rows that are contracted side by side
OPERATIONS_PER_SECOND = 6e9
PRODUCT_SECONDS = 0.5e-9  # for each product of small tensors, whose numbers are looked up one by one
COMPLEX = 4.0  # how much longer it takes with complex numbers
DISTRIBUTION = np.array(
    [[0.5, 0.0, 0.0, 0.5], [0.5, 0.0, 0.0, -0.5]]
)  # Pauli components of a qubit to its distribution


@dataclass(frozen=True, eq=False)
class Contracted:
    """One network and how it is contracted.

    Its entries are `DISTRIBUTION`, the fixed tensors of all its tables, then the other tensors of all its tables.
    """

    network: Network
    projection: str  # "open", "pauli_words" or "strings"
    bits_only: bool
    scheme: Scheme

    @property
    def row_numbers(self) -> float:
        """Numbers that are held for each row."""
        return self.scheme.work_each.numbers + self.scheme.each.small.numbers

    def batches(self, rows: int) -> tuple[int, int]:
        """Rows as (batches one after another, rows side by side in each)."""
        most = max(1, int(ROW_NUMBERS / max(1.0, self.row_numbers)))
        count = max(1, math.ceil(rows / most))
        return count, math.ceil(rows / count)


@dataclass(frozen=True, eq=False)
class ContractionProgram:
    """A circuit as networks, by the way in which they are closed."""

    method: str
    networks: dict[str, Contracted]
    visible: int

    def sizes(self) -> dict[str, int]:
        return {
            f"{name}_{what}": count
            for name, one in self.networks.items()
            for what, count in (
                ("tensors", len(one.network.tensors)),
                ("contractions", len(one.scheme.groups)),
                ("largest", one.scheme.largest),
            )
        }


def contracted(variants: CircuitVariants, projection: str) -> Contracted:
    """A circuit with the legs of its visible qubits closed in one of the three ways.

    Raises:
        UnsuitableError: there is no network of small tensors, or it has too many.
        ImportError: cotengra is not there.
    """
    circuit = variants.mixed
    network = network_of(
        circuit, "amplitude" if projection == "strings" and not traced_wires(circuit) else "pauli_transfer"
    )
    if len(network.tensors) > MOST_TENSORS:
        raise UnsuitableError(f"a network of {len(network.tensors):,} tensors; {MOST_TENSORS:,} are the most")
    sizes, size = network.sizes.tolist(), network.dimension
    leaves = _leaves(network)
    output: Sequence[int] = ()
    if projection == "strings" and network.algebra == "pauli_transfer":
        bits = range(len(sizes), len(sizes) + len(network.open))
        leaves += [Leaf(pair, 0) for pair in zip(bits, network.open, strict=True)]
        leaves += [Leaf((label,), 2 * k, varies=True) for k, label in enumerate(bits)]
        sizes += [2] * len(bits)
    elif projection != "open":
        leaves += [Leaf((label,), k * size, varies=True) for k, label in enumerate(network.open)]
    elif variants.bits_only:
        output = range(len(sizes), len(sizes) + len(network.open))
        leaves += [Leaf(pair, 0) for pair in zip(output, network.open, strict=True)]
        sizes += [2] * len(output)
    else:
        output = network.open
    path = _path(leaves, output, sizes)
    return Contracted(network, projection, variants.bits_only, schedule(leaves, output, sizes, path, size))


def _path(leaves: Sequence[Leaf], output: Sequence[int], sizes: Sequence[int]) -> Path:
    """A path on which what is the same in all rows is done once: what varies counts as often as there are rows."""
    rows = len(sizes)
    tensors = [(*leaf.labels, rows) if leaf.varies else leaf.labels for leaf in leaves]
    varies = any(leaf.varies for leaf in leaves)
    return find_path(tensors, (*output, rows) if varies else output, [*sizes, TYPICAL_ROWS])


def _leaves(network: Network) -> list[Leaf]:
    """The tensors of a network. Entries are `DISTRIBUTION`, the fixed tensors of all tables, then the others of all
    tables.
    """
    numbers = [math.prod(table.shape) for table in network.tables]
    fixed = [len(table.fixed) for table in network.tables]
    others = [
        sum(source.rows for source in table.sources) + sum(len(run) for run in table.runs) for table in network.tables
    ]
    first_fixed = list(accumulate((a * b for a, b in zip(fixed, numbers, strict=True)), initial=DISTRIBUTION.size))
    first_other = list(accumulate((a * b for a, b in zip(others, numbers, strict=True)), initial=first_fixed[-1]))
    leaves = []
    for tensor in network.tensors:
        table, row = tensor.table, tensor.row - fixed[tensor.table]
        if row < 0:
            leaves.append(Leaf(tensor.labels, first_fixed[table] + tensor.row * numbers[table]))
        else:
            leaves.append(Leaf(tensor.labels, first_other[table] + row * numbers[table], sensitive=True))
    return leaves


@dataclass(frozen=True, eq=False)
class PreparedContraction:
    """A circuit made ready for contraction; paths are looked for when they are first wanted."""

    name: str
    variants: CircuitVariants
    least: int
    _made: dict[str, Contracted | str] = field(default_factory=dict)

    def projection(self, query: Query) -> str:
        """How the network is closed for a query; "" if it cannot answer."""
        if self.variants.width <= MOST_OPEN[self.variants.bits_only]:
            return "open"
        match query:
            case LogProb() | GivenStrings():
                return "strings"
            case Expectation() | GivenPauliWords():
                return "pauli_words"
            case Marginals(regions, bits) if max(map(len, regions), default=0) <= MOST_IN_REGION[bits]:
                return "pauli_words"
            case _:
                return ""

    def made(self, projection: str) -> Contracted | str:
        """The network, or why there is none."""
        if projection not in self._made:
            try:
                self._made[projection] = contracted(self.variants, projection)
            except UnsuitableError as reason:
                self._made[projection] = str(reason)
        return self._made[projection]

    def refusal(self, query: Query) -> str:
        """What can be told before the network is made."""
        if find_spec("cotengra") is None:
            return "needs cotengra: install qglc[contraction]"
        operations = len(self.variants.circuit.operations)
        if operations > MOST_OPERATIONS:
            return f"{operations:,} operations in one network; {MOST_OPERATIONS:,} are the most"
        if not self.projection(query):
            most = MOST_OPEN[self.variants.bits_only]
            return f"of more than {most} qubits it answers for Pauli words, given strings and small regions only"
        live = len(self.variants.circuit.live_wires)
        return f"a state of {live} qubits takes no time" if live < self.least else ""

    def cost(self, query: Query, precision: str) -> Cost:
        """Of one value and gradient."""
        refusal = self.refusal(query)
        if refusal:
            return Cost.refused(refusal)
        made = self.made(self.projection(query))
        width = len(self.variants.mixed.live_wires)
        if isinstance(made, str):
            return Cost.refused(made, width)
        if made.scheme.largest > MOST_NUMBERS:
            return Cost.refused(f"a tensor of 2^{math.log2(made.scheme.largest):.0f} numbers arises", width)
        return _cost(made, rows_of(query), precision, width)

    def lower(self, queries: tuple[Query, ...], precision: str) -> ContractionProgram:
        """The networks that `queries` want."""
        networks = {}
        for projection in dict.fromkeys(map(self.projection, queries)):
            made = self.made(projection)
            assert isinstance(made, Contracted)
            networks[projection] = made
        return ContractionProgram(self.name, networks, self.variants.width)


def rows_of(query: Query) -> int:
    """How often the legs are closed for a query, where they do not stay open."""
    match query:
        case LogProb():
            return len(query.rows)
        case GivenStrings(count) | GivenPauliWords(count):
            return count
        case Expectation():
            return query.count
        case Marginals(regions, bits):
            return int(sum((2 if bits else 4) ** len(region) for region in regions))
        case _:
            return 1


def _cost(made: Contracted, rows: int, precision: str, width: int) -> Cost:
    scheme = made.scheme
    batches, together = made.batches(rows)
    once, each = scheme.work_once, scheme.work_each
    real = made.network.algebra == "pauli_transfer"
    size = (4 if real else 8) * (2 if precision == "double" else 1)
    operations = once.large + rows * each.large
    written = size * (once.numbers + rows * each.numbers)
    one_way = operations / OPERATIONS_PER_SECOND * (1 if real else COMPLEX) + 3 * written / BYTES_PER_SECOND
    products, steps = 0, len(scheme.groups) * batches
    for part, count, times in ((scheme.once, 1, 1), (scheme.each, rows, batches)):
        for sums in (part.small.forward, part.small.backward):
            products += count * sums.left.size
            steps += times * len(sums.left)
    seconds = GRADIENT * one_way + products * PRODUCT_SECONDS + steps * STEP_SECONDS
    seconds *= DOUBLE if precision == "double" else 1.0
    facts = (("tensors", len(made.network.tensors)), ("contractions", len(scheme.groups)), ("largest", scheme.largest))
    large = once.numbers + together * each.numbers
    small = scheme.once.small.numbers + together * scheme.each.small.numbers
    memory = int(size * (1.5 * large + 1.1 * small))  # of the large ones the gradient keeps more
    flops = GRADIENT * operations + 2 * products
    shared = seconds if made.projection == "open" else 0.0
    groups = len(scheme.groups)
    compiled = COMPILED_SECONDS + COMPILED * groups
    return Cost(
        seconds, memory, flops, width, shared=shared, facts=facts, compiling=COMPILING * groups, compiled=compiled
    )


@dataclass(frozen=True)
class Contraction:
    """The tensor network of the circuit, contracted along a path that keeps the tensors small.

    least: qubits of the circuits that are worth it.
    """

    least: int = LEAST

    @property
    def name(self) -> str:
        return "contraction"

    def prepare(self, variants: CircuitVariants) -> Prepared:
        return PreparedContraction(self.name, variants, self.least)
