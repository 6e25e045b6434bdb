"""What stands for qubits and bits in a statement of OpenQASM, in the words of the program."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from qgl.check.names.modules import RESERVED
from qgl.gates import CHANNELS, GATES
from qgl.qasm.reading.numbers import Number, Refused, number
from qgl.qasm.reading.registers import Bit, Events, Places, Qubit
from qgl.source import Source
from qgl.syntax.parser import parse


@dataclass
class Operands:
    """The names of a text as far as it is read, and what operands that use them stand for.

    found      the registers of the program, None while the text is read for the first time
    qubits     of each register its size, None of a single qubit, and of an alias the qubits
    names      what the names of the text are in the program
    known      constants, inputs, loop variables and arguments of gates
    outcomes   what was measured last into each bit
    formals    qubits of the gate that is being defined
    """

    source: Source
    found: Places | None
    qubits: dict[str, Any] = field(default_factory=dict)
    bits: dict[str, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    known: dict[str, Number] = field(default_factory=dict)
    events: Events = field(default_factory=Events)
    outcomes: dict[Bit, str] = field(default_factory=dict)
    formals: dict[str, str] = field(default_factory=dict)

    @property
    def unrolls(self) -> bool:
        return self.found is None or not self.found.whole

    def operand(self, node: Any) -> list[Any]:
        """The qubits of an operand: (register, position), or text where a loop or a gate stands for them."""
        if type(node).__name__ == "Identifier":
            if node.name in self.formals:
                return [self.formals[node.name]]
            return list(self.every(node.name))
        if node.name.name in self.formals or len(node.indices) != 1:
            raise Refused("this index")
        index = node.indices[0]
        if not self.unrolls and isinstance(index, list) and len(index) == 1 and not is_range(index[0]):
            position = number(index[0], self.known)
            if position.value is None and not isinstance(self.qubits.get(node.name.name), tuple):
                return [f"{self.names[node.name.name]}[{position.text}]"]
        return list(self.picked(self.every(node.name.name), index))

    def every(self, name: str) -> list[Qubit]:
        if name not in self.qubits:
            raise Refused(f"`{name}`, which is no register of qubits,")
        size = self.qubits[name]
        return list(size) if isinstance(size, tuple) else [(name, k) for k in range(1 if size is None else size)]

    def picked(self, every: Sequence[Any], index: Any) -> list[Any]:
        """Elements by an index, a range or a set."""
        if not isinstance(index, list):
            return [self.one_of(every, number(each, self.known).integer()) for each in index.values]
        if len(index) != 1:
            raise Refused("this index")
        if not is_range(index[0]):
            return [self.one_of(every, number(index[0], self.known).integer())]
        start, end, step = (
            default if each is None else number(each, self.known).integer()
            for each, default in zip((index[0].start, index[0].end, index[0].step), (0, len(every) - 1, 1), strict=True)
        )
        first, last = (k + len(every) if k < 0 else k for k in (start, end))
        if step == 0:
            raise Refused("a step of zero")
        return [self.one_of(every, k) for k in range(first, last + (1 if step > 0 else -1), step)]

    def one_of(self, every: Sequence[Any], k: int) -> Any:
        if not -len(every) <= k < len(every):
            raise Refused(f"index {k} of {len(every)}")
        return every[k]

    def touch(self, qubit: Any) -> str:
        """The qubit in the words of the program."""
        if isinstance(qubit, str):
            return qubit
        self.events.touch([qubit])
        return "" if self.found is None else self.found.where[qubit]

    def whole_register(self, nodes: Sequence[Any]) -> list[tuple[str, ...]]:
        """A register that a gate of one qubit is applied to as it stands; nothing where that cannot be said so."""
        if self.unrolls or len(nodes) != 1 or type(nodes[0]).__name__ != "Identifier":
            return []
        name = nodes[0].name
        return [(self.names[name],)] if isinstance(self.qubits.get(name), int) else []

    def broadcast(self, operands: Sequence[Sequence[Any]]) -> Iterator[tuple[str, ...]]:
        """One tuple of qubits for each gate: registers side by side, single qubits with each of their elements."""
        length = max((len(each) for each in operands), default=1)
        if any(len(each) not in (1, length) for each in operands):
            raise Refused("a gate on registers of different sizes")
        for k in range(length):
            chosen = [each[k if len(each) > 1 else 0] for each in operands]
            if len(set(map(str, chosen))) < len(chosen):
                raise Refused("a gate that has a qubit twice")
            yield tuple(self.touch(qubit) for qubit in chosen)

    def bits_of(self, node: Any) -> list[Bit]:
        indexed = type(node).__name__ != "Identifier"
        name = node.name.name if indexed else node.name
        if name not in self.bits:
            raise Refused(f"`{name}`, which is no register of bits,")
        every = [(name, k) for k in range(self.bits[name])]
        return self.picked(every, node.indices[0]) if indexed else every

    def condition(self, node: Any) -> str:
        """A condition on outcomes."""
        kind = type(node).__name__
        if kind == "UnaryExpression" and node.op.name in ("!", "~"):
            return f"not ({self.condition(node.expression)})"
        if kind == "BinaryExpression" and node.op.name in ("&&", "||", "&", "|"):
            joined = "and" if node.op.name in ("&&", "&") else "or"
            return f"({self.condition(node.lhs)}) {joined} ({self.condition(node.rhs)})"
        if kind == "BinaryExpression" and node.op.name in ("==", "!="):
            return self.compared(node)
        bits = self.tested_bits(node)
        if len(bits) != 1:
            raise Refused("a register as a condition (compare it with a number)")
        return self.outcome(bits[0])

    def compared(self, node: Any) -> str:
        """Bits and a number, bit 0 being the least significant one."""
        value = node.rhs.value if type(node.rhs).__name__ in ("BooleanLiteral", "BitstringLiteral") else None
        value = number(node.rhs, self.known).integer() if value is None else int(value)
        bits = self.tested_bits(node.lhs)
        if value < 0 or value >> len(bits):
            raise Refused(f"{len(bits)} bits compared with {value}")
        parts = [f"{'' if value >> k & 1 else 'not '}{self.outcome(bit)}" for k, bit in enumerate(bits)]
        equal = " and ".join(parts)
        return equal if node.op.name == "==" else f"not ({equal})"

    def tested_bits(self, node: Any) -> list[Bit]:
        if type(node).__name__ == "Identifier":
            return self.bits_of(node)
        if type(node).__name__ == "IndexExpression" and type(node.collection).__name__ == "Identifier":
            return self.picked(self.bits_of(node.collection), node.index)
        raise Refused("this condition")

    def outcome(self, bit: Bit) -> str:
        if self.events.test(bit) is None:
            raise Refused(f"a condition on `{bit[0]}[{bit[1]}]`, which nothing was measured into,")
        return self.outcomes[bit]

    def own_name(self, name: str) -> str:
        """The name in the program, the same each time."""
        if name not in self.names:
            own = spelt(name)
            while own in self.names.values():
                own += "_"
            self.names[name] = own
        return self.names[name]


def spelt(name: str) -> str:
    """A name that qgl does not keep for itself, and that none of ours (`v`, `w`, `m1`) is taken for."""
    text = unicodedata.normalize("NFC", name)
    own = text in ("v", "w", "rows") or (text[0] == "m" and text[1:].isdigit())
    taken = own or text in RESERVED or text in GATES or text in CHANNELS
    return f"{text}_" if taken or parse(Source("", f"const {text} = 1;")).diagnostics else text


def is_range(node: Any) -> bool:
    return type(node).__name__ == "RangeDefinition"
