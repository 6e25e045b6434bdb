"""What can stand first in a statement: how many numbers and qubits it takes, and whether it is unitary."""

from __future__ import annotations

from qgl.check.names.modules import RESERVED, Module
from qgl.check.values.types import Formal
from qgl.gates import CHANNELS, GATES
from qgl.gates.model import Channel, Gate
from qgl.gates.uniform import FAMILIES
from qgl.record import record
from qgl.source import Span
from qgl.syntax import tree

MANY = 1 << 30
MULTI_QUBIT = ("unitary", "generator", "isometry", "prepare", "levels", *FAMILIES)  # gates on any number of qubits


@record
class Counts:
    """Least and most numbers in parentheses, least and most operands."""

    name: str
    arguments: tuple[int, int]
    operands: tuple[int, int]
    unitary: bool
    usage: str
    declared: Span | None = None


def _usage(name: str, arguments: tuple[str, ...], operands: tuple[str, ...]) -> str:
    numbers = f"({', '.join(arguments)})" if arguments else ""
    return f"{name}{numbers} {', '.join(operands)};".replace(" ;", ";")


def _of_gate(gate: Gate) -> Counts:
    names = ("v",) if gate.vector else gate.parameters
    qubits = tuple("qrstu"[: gate.qubits])
    most = MANY if gate.qubits == 1 else gate.qubits
    return Counts(gate.name, (len(names), len(names)), (gate.qubits, most), True, _usage(gate.name, names, qubits))


def _of_channel(channel: Channel) -> Counts:
    names = tuple(name for name, _ in channel.parameters)
    least = 0 if channel.name == "reset" else len(names)
    most = MANY if channel.qubits == 1 else channel.qubits
    usage = _usage(channel.name, names, tuple("qrstu"[: channel.qubits]))
    return Counts(channel.name, (least, len(names)), (channel.qubits, most), False, usage)


COUNTS: dict[str, Counts] = {
    **{gate.name: _of_gate(gate) for gate in GATES.values()},
    **{channel.name: _of_channel(channel) for channel in CHANNELS.values()},
    "exp": Counts("exp", (1, 1), (0, 0), True, "exp(i * a * Z[p] * Z[q]);"),
    "unitary": Counts("unitary", (1, 1), (1, MANY), True, "unitary(v) q, r;"),
    "generator": Counts("generator", (1, 1), (1, MANY), True, "generator(v) q, r;"),
    "isometry": Counts("isometry", (1, 1), (1, MANY), False, "isometry(v) q, r;"),
    "prepare": Counts("prepare", (1, 2), (1, MANY), True, "prepare(v) parent, child;"),
    "levels": Counts("levels", (1, 1), (1, MANY), True, "levels(v) x;"),
    **{name: Counts(name, (1, 1), (1, MANY), True, f"{name}(v) q, r;") for name in FAMILIES},
    "kraus": Counts("kraus", (1, MANY), (1, MANY), False, "kraus([[1, 0], [0, 1]]) q;"),
    "postselect": Counts("postselect", (1, 1), (1, MANY), False, "postselect(0) q;"),
}


def operands_of(routine: tree.Routine) -> list[tree.Argument]:
    """The arguments that are qubits."""
    return [each for each in routine.arguments if each.type is not None and each.type.name in ("qubit", "category")]


def widths_of(routine: tree.Routine, module: Module) -> dict[int, tree.Name]:
    """The widths that each call says, by the number of the operand: `k` of the first `q: qubit[k]`, where nothing else
    has that name.
    """
    widths: dict[int, tree.Name] = {}
    for number, operand in enumerate(operands_of(routine)):
        sizes = operand.type.sizes if operand.type is not None and operand.type.name == "qubit" else ()
        name = sizes[0] if len(sizes) == 1 else None
        if not isinstance(name, tree.Name) or name.name in module.names or name.name in RESERVED:
            continue
        if all(name.name != each.name for each in widths.values()):
            widths[number] = name
    return widths


def counts_of_routine(name: str, routine: tree.Routine, declared: Span) -> Counts:
    operands = operands_of(routine)
    qubits = tuple(each.name.name for each in operands)
    numbers = tuple(each.name.name for each in routine.arguments if each.name.name not in qubits)
    one = len(qubits) == 1 and all(each.type is not None and each.type.name == "qubit" for each in operands)
    one = one and all(each.type is not None and not each.type.sizes for each in operands)
    usage = _usage(name, numbers, qubits)
    counted = (len(qubits), MANY if one else len(qubits))
    return Counts(name, (len(numbers), len(numbers)), counted, routine.kind == "layer", usage, declared)


@record
class Callee:
    """What is called, with its formals: numbers in order, and of every operand its number of qubits (None: one)."""

    name: str
    numbers: tuple[Formal, ...]
    qubits: tuple[int | None, ...]


def of_gate(gate: Gate) -> Callee:
    numbers: tuple[Formal, ...] = tuple(Formal(name, "angle") for name in gate.parameters)
    if gate.vector:
        numbers = (Formal("v", "angle", len(gate.parameters)),)
    return Callee(gate.name, numbers, (None,) * gate.qubits)


def of_channel(channel: Channel) -> Callee:
    numbers = tuple(Formal(name, kind) for name, kind in channel.parameters)
    return Callee(channel.name, numbers, (None,) * channel.qubits)


BUILT_IN: dict[str, Callee] = {
    **{gate.name: of_gate(gate) for gate in GATES.values()},
    **{channel.name: of_channel(channel) for channel in CHANNELS.values()},
}
RESET = Callee("reset", (), (None,))
