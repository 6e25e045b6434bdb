"""Short names of operations and short angles, as they stand in a box."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from qgl.expression import Function, Input, Real
from qgl.program.operations import Evolution, Operation, PauliRotation, Reset
from qgl.program.program import Parameter

SHORT = {
    "id": "I",
    "sdg": "S†",
    "tdg": "T†",
    "sx": "√X",
    "sxdg": "√X†",
    "su2": "SU(2)",
    "su4": "SU(4)",
    "iswap": "iSWAP",
    "siswap": "√iSWAP",
    "pswap": "PSWAP",
    "xx_plus_yy": "XX+YY",
    "xx_minus_yy": "XX−YY",
    "depolarizing": "depol",
    "depolarizing2": "depol",
    "dephasing": "dephase",
    "bit_flip": "X flip",
    "bit_phase_flip": "Y flip",
    "amplitude_damping": "damp",
    "phase_damping": "φ damp",
    "pauli_channel": "Pauli",
    "kraus": "Kraus",
    "unitary": "unitary",
    "evolve": "exp(−itH)",
}


def name_of(operation: Operation, target: str) -> str:
    """What stands in the box of an operation whose gate without controls is `target`."""
    if isinstance(operation, PauliRotation):  # a longer word stands letter by letter on its rows
        return f"exp(i·{operation.pauli_word if len(operation.pauli_word) == 1 else ''})"
    if isinstance(operation, Reset):
        return "|0⟩"
    if target in SHORT:
        return SHORT[target]
    return target.upper() if len(target) == 1 else target.capitalize()


def angles_of(operation: Operation, parameters: Sequence[Parameter], limit: int = 14) -> str:
    """The angles of an operation in at most `limit` characters; elements of one row of an array become `a[0,·]`."""
    numbers = operation.numbers
    if not numbers:
        return ""
    if isinstance(operation, Evolution):
        text = f"t = {short(operation.time, parameters)}"
        return text if len(text) <= limit else text[: limit - 1] + "…"
    if len(numbers) > 2:
        row = _row(numbers, parameters)
        return row if row else f"{len(numbers)} angles"
    text = ", ".join(short(number, parameters) for number in numbers)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def short(number: Real, parameters: Sequence[Parameter]) -> str:
    """A number in the names of the program, decimals rounded, multiples of pi spelt."""
    parts = []
    for coefficient, atom in number.terms:
        if isinstance(atom, Input):
            text = input_name(atom, parameters)
        elif isinstance(atom, Function) and atom.name == "multiply":
            text = "·".join(f"({short(x, parameters)})" if _is_sum(x) else short(x, parameters) for x in atom.arguments)
        else:
            text = f"{atom.name}({', '.join(short(x, parameters) for x in atom.arguments)})"
        size = abs(coefficient)
        parts.append(("−" if coefficient < 0 else "+", text if size == 1 else f"{_number(size)}{text}"))
    if number.constant or not parts:
        parts.append(("−" if number.constant < 0 else "+", _number(abs(number.constant))))
    return "".join(sign + text for sign, text in parts).removeprefix("+")


def input_name(atom: Input, parameters: Sequence[Parameter]) -> str:
    """`θ[2,0]`."""
    parameter = parameters[atom.parameter]
    if not parameter.shape:
        return parameter.name
    index = np.unravel_index(atom.element, parameter.shape)
    return f"{parameter.name}[{','.join(str(int(i)) for i in index)}]"


def _is_sum(number: Real) -> bool:
    return len(number.terms) + (number.constant != 0) > 1


def _number(value: float) -> str:
    turns = Fraction(value / math.pi).limit_denominator(16)
    if value and math.isclose(float(turns) * math.pi, value, rel_tol=1e-12):
        top = "π" if turns.numerator == 1 else f"{turns.numerator}π"
        return top if turns.denominator == 1 else f"{top}/{turns.denominator}"
    return f"{value:.3g}"


def _row(numbers: tuple[Real, ...], parameters: Sequence[Parameter]) -> str:
    """`a[0,·]` if the numbers are the elements of a last axis, in order; else nothing."""
    atoms = []
    for number in numbers:
        match number:
            case Real(0.0, ((1.0, Input() as atom),)):
                atoms.append(atom)
            case _:
                return ""
    first = atoms[0]
    consecutive = [Input(first.parameter, first.element + k) for k in range(len(atoms))]
    parameter = parameters[first.parameter]
    if atoms != consecutive or parameter.shape[-1:] != (len(atoms),) or first.element % len(atoms):
        return ""
    index = [str(int(i)) for i in np.unravel_index(first.element, parameter.shape)][:-1]
    return f"{parameter.name}[{','.join([*index, '·'])}]" if index else parameter.name
