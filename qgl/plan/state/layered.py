"""A circuit cut into layers, each of which can be run by itself on the state before it.

The layer of an operation is the first index of the chosen parameters that it reads. What reads none of them belongs to
the layer before it, or to the one after it where `qgl.check.settings.layers` says so; what comes before all layers
makes the start. No pass moves anything across a cut, so that the
first k layers are the circuit that ends there.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.bits import ragged
from qgl.check.settings.layers import leading
from qgl.ir.circuit import Circuit
from qgl.passes.deferral import defer
from qgl.passes.dilation import dilate
from qgl.plan.axes import state_axes
from qgl.plan.expressions import ExpressionBuilder, Expressions
from qgl.plan.sectors.basis import MOST_PLACES
from qgl.plan.sectors.method import MOST_BITS, MOST_STATES, Sector
from qgl.plan.sectors.tables import SectorProgram
from qgl.plan.state.elements import Element
from qgl.plan.state.lower import arrange, block_width, lower, widest_small
from qgl.plan.state.methods import LARGEST
from qgl.plan.state.state_vector import dense_elements
from qgl.plan.state.tables import BLOCK, MASKED, Tables
from qgl.program.operations import Evolution, Operation, inputs_of

FEWER = 4  # times fewer amplitudes in a sector without evolutions, for it to be quicker than a state of all qubits


class NotLayeredError(Exception):
    """A circuit that is not cut into layers; the message says why."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """Layers on a state of all qubits, in the order of axes before and after each; piece 0 makes the start.

    expressions  the numbers of all pieces
    tables       one for each form of pieces; it reads the numbers of one piece
    entry        for each form: positions that bring a state in the order of axes to the first layout of the form
    form         (pieces,)
    rows         (pieces, most) the numbers of each piece
    visible      axes of the visible bits, which are the first
    """

    expressions: Expressions
    tables: tuple[Tables, ...]
    entry: tuple[tuple[int, ...], ...]
    form: NDArray[np.int32]
    rows: NDArray[np.int32]
    axes: int
    visible: int


@dataclass(frozen=True, eq=False)
class LayeredProgram:
    """`layers` layers, in a sector or on a state of all qubits."""

    layers: int
    program: SectorProgram | Pieces


def layered(circuit: Circuit, names: Collection[str], bits_only: bool = True) -> LayeredProgram:
    """The circuit, as it was checked, cut by the first index of the parameters `names`.

    bits_only: nothing else than bits will be asked for.

    Raises:
        NotLayeredError: the operations of the layers do not come one layer after another, or are too many qubits.
    """
    pure = defer(dilate(circuit), bits_only)
    if bits_only and len(pure.visible) <= MOST_BITS:
        sector = Sector(pure)
        if _pays(sector):
            pieces = cut(pure, sector.conserved.operations, names)
            return LayeredProgram(len(pieces) - 1, sector.program("sectors", pieces))
    pieces = cut(pure, pure.operations, names)
    return LayeredProgram(len(pieces) - 1, _whole(pure, pieces))


def _pays(sector: Sector) -> bool:
    conserved = sector.conserved
    if not conserved.charges or len(conserved.wires) > MOST_PLACES:
        return False
    states = sector.states
    if states is None or states > MOST_STATES:
        return False
    evolves = any(isinstance(operation, Evolution) for operation in conserved.operations)
    return evolves or FEWER * states <= 2 ** len(conserved.wires)


# ------------------------------------------------------------ cutting


def cut(circuit: Circuit, operations: Iterable[Operation], names: Collection[str]) -> list[list[Operation]]:
    """The operations of the start and of each layer.

    Raises:
        NotLayeredError: see `layered`.
    """
    sizes = {
        number: prod(parameter.shape[1:])
        for number, parameter in enumerate(circuit.parameters)
        if parameter.name in names and parameter.shape
    }
    layers = max((p.shape[0] for number, p in enumerate(circuit.parameters) if number in sizes), default=0)
    pieces: list[list[Operation]] = [[] for _ in range(layers + 1)]
    at = 0
    for operation in operations:
        layer_numbers = {
            atom.element // sizes[atom.parameter] for atom in inputs_of(operation) if atom.parameter in sizes
        }
        if len(layer_numbers) > 1:
            raise NotLayeredError(
                f"`{operation.name}` reads layers {', '.join(map(str, sorted(layer_numbers)))} at once"
            )
        layer = layer_numbers.pop() + 1 if layer_numbers else at
        if layer < at:
            raise NotLayeredError(f"`{operation.name}` of layer {layer - 1} comes after layer {at - 1}")
        at = layer
        pieces[at].append(operation)
    lengths = leading(pieces[:-1])
    for piece, following, length in zip(pieces[:-1], pieces[1:], lengths, strict=True):
        following[:0] = piece[len(piece) - length :]
        del piece[len(piece) - length :]
    return pieces


# ------------------------------------------------------------ all qubits


def _whole(circuit: Circuit, pieces: Sequence[Sequence[Operation]]) -> Pieces:
    axis_of = state_axes(circuit)
    if len(axis_of) > LARGEST:
        raise NotLayeredError(f"a state of {len(axis_of)} qubits is not supported; {LARGEST} are the most")
    sizes = [parameter.size for parameter in circuit.parameters]
    shared, axes = ExpressionBuilder(sizes), len(axis_of)
    forms: dict[tuple[Hashable, ...], int] = {}
    tables: list[Tables] = []
    form: list[int] = []
    rows: list[list[int]] = []
    for piece in pieces:
        elements: list[Element] = dense_elements(piece, axis_of)
        own = ExpressionBuilder(sizes)
        width = max(widest_small(elements, axes), block_width(axes))
        parts = arrange(elements, axes, width)
        lowered = lower(parts, axes, widest_small(elements, axes), width, own, unitary=True)
        rows.append([shared.row(number) for number in own.numbers])
        key = _signature(lowered)
        if key not in forms:
            forms[key] = len(tables)
            tables.append(lowered)
        form.append(forms[key])
    return Pieces(
        shared.build(),
        tuple(tables),
        tuple(map(_entry, tables)),
        np.array(form, np.int32),
        ragged.table(rows, 0),
        axes,
        len(circuit.visible),
    )


def _signature(value: Any) -> tuple[Hashable, ...]:
    """All that tables hold but how their numbers come from the inputs."""
    if isinstance(value, np.ndarray):
        return (value.shape, value.tobytes())
    if isinstance(value, tuple):
        return tuple(_signature(item) for item in value)
    if is_dataclass(value):
        return tuple(_signature(getattr(value, field.name)) for field in fields(value) if field.name != "expressions")
    return (value,)


def _entry(tables: Tables) -> tuple[int, ...]:
    """Positions that bring a state in the order of axes to the layout before the first step."""
    steps, axes, width = tables.steps, tables.axes, tables.products.width
    layout = [0] * axes
    for axis, position in enumerate(steps.final):
        layout[position] = axis
    for kind, move in zip(steps.kind[::-1].tolist(), steps.move[::-1].tolist(), strict=True):
        if kind in (BLOCK, MASKED):
            moved = layout[axes - width :] + layout[: axes - width]
            for axis, position in zip(moved, steps.moves[move], strict=True):
                layout[position] = axis
    return tuple(layout)
