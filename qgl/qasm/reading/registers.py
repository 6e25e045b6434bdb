"""Where the qubits of an OpenQASM text stand in the program: which are visible, and in which order.

A generated string has the bits of the text in order of declaration. A bit whose qubit is left alone after it was
measured is that qubit, visible; for another one, the outcome is copied to a visible qubit of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Qubit = tuple[str, int]  # register and position
Bit = tuple[str, int]


@dataclass
class Events:
    """What happens to qubits and bits, in order; filled while the text is read for the first time."""

    touched: dict[Qubit, int] = field(default_factory=dict)  # the last event of each qubit
    measured: dict[Bit, tuple[int, Qubit]] = field(default_factory=dict)  # the last measurement into each bit
    measurements: set[int] = field(default_factory=set)
    tested: set[int] = field(default_factory=set)  # measurements whose outcome an `if` looks at
    count: int = 0

    def touch(self, qubits: Iterable[Qubit]) -> int:
        self.count += 1
        for qubit in qubits:
            self.touched[qubit] = self.count
        return self.count

    def measure(self, qubit: Qubit, bit: Bit) -> int:
        number = self.touch([qubit])
        self.measurements.add(number)
        self.measured[bit] = (number, qubit)
        return number

    def test(self, bit: Bit) -> int | None:
        """The measurement that an `if` looks at; None if nothing was measured into the bit."""
        if bit not in self.measured:
            return None
        self.tested.add(self.measured[bit][0])
        return self.measured[bit][0]


@dataclass(frozen=True)
class Places:
    """The registers of the program.

    where      each qubit of the text in the words of the program
    declared   the declarations, without their `visible` and `hidden` mixed
    whole      whether each register of the text is one of the program, so that loops over it can stay
    left       measurements that are the visible qubits themselves
    copied     for other ones, the visible qubit that the outcome is copied to
    """

    where: Mapping[Qubit, str]
    declared: tuple[str, ...]
    whole: bool
    left: frozenset[int]
    copied: Mapping[int, str]


def places(sizes: Mapping[str, int | None], names: Mapping[str, str], bits: Sequence[Bit], events: Events) -> Places:
    """Of registers of the text with their `sizes`, None for a single qubit, and `names` in the program.

    bits: those of the text, in order.
    """
    every = [(register, k) for register, size in sizes.items() for k in range(1 if size is None else size)]
    last = [events.measured[bit] for bit in bits if bit in events.measured]
    left: dict[int, Qubit] = {}
    for number, qubit in last:
        if events.touched[qubit] == number and qubit not in left.values():
            left[number] = qubit
    visible = [left.get(number) for number, _ in last] if last else list(every)
    conditioned = bool(events.tested) or any(number not in left for number in events.measurements)
    blocks = _blocks(visible, sizes)
    if blocks is not None and not conditioned:
        return _whole(sizes, names, blocks, frozenset(left))
    where = {qubit: f"v[{k}]" for k, qubit in enumerate(visible) if qubit is not None}
    others = [qubit for qubit in every if qubit not in where]
    where |= {qubit: f"w[{k}]" for k, qubit in enumerate(others)}
    copied = {number: f"v[{k}]" for k, (number, _) in enumerate(last) if number not in left}
    declared = [f"visible v[{len(visible)}];", *([f"hidden w[{len(others)}];"] if others else [])]
    return Places(where, tuple(declared), False, frozenset(left), copied)


def _blocks(visible: Sequence[Qubit | None], sizes: Mapping[str, int | None]) -> list[str] | None:
    """The registers whose qubits make up the output one after the other; None if it is not made of whole ones."""
    registers: list[str] = []
    rest = list(visible)
    while rest:
        first = rest[0]
        if first is None or first[0] in registers:
            return None
        block = [(first[0], k) for k in range(sizes[first[0]] or 1)]
        if rest[: len(block)] != block:
            return None
        registers.append(first[0])
        rest = rest[len(block) :]
    return registers


def _whole(
    sizes: Mapping[str, int | None], names: Mapping[str, str], visible: Sequence[str], left: frozenset[int]
) -> Places:
    declared: list[str] = []
    where: dict[Qubit, str] = {}
    for register in (*visible, *(register for register in sizes if register not in visible)):
        size, name = sizes[register], names[register]
        kind = "visible" if register in visible else "hidden"
        declared.append(f"{kind} {name};" if size is None else f"{kind} {name}[{size}];")
        where |= {(register, k): name if size is None else f"{name}[{k}]" for k in range(1 if size is None else size)}
    return Places(where, tuple(declared), True, left, {})
