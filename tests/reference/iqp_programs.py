"""Random programs that are diagonal between two layers of Hadamard gates, written in many ways."""

from __future__ import annotations

import numpy as np

from qgl.expression import Real
from qgl.program.operations import Operation
from qgl.program.program import Program
from tests.reference.programs import ANGLES, PARAMETERS, op, program_of

STARTS: tuple[tuple[tuple[str, float | None], ...], ...] = (
    (("h", None),),
    (("h", None),),
    (("ry", np.pi / 2),),
    (("x", None), ("h", None)),
    (("rx", -np.pi / 2),),
    (("h", None), ("t", None)),
    (),
    (("x", None),),
)
ENDS: tuple[tuple[tuple[str, float | None], ...], ...] = (
    (("h", None),),
    (("h", None),),
    (("rx", np.pi / 2),),
    (("ry", np.pi / 2),),
    (("h", None), ("x", None)),
    (),
)
WIDTHS = {"rz": 1, "rzz": 2, "cz": 2, "t": 1, "cp": 2, "ccz": 3, "s": 1, "crz": 2}
LINEAR = {"cx": 2, "x": 1, "y": 1, "swap": 2}  # these permute basis states


def iqp_program(seed: int, visible: int, hidden: int, linear: bool = False) -> Program:
    """A program of the kind, with inputs as those of `tests.reference.programs`.

    hidden: wires, of which every second is rotated before it is traced out. linear: with gates that permute.
    """
    rng = np.random.default_rng(seed)
    wires = visible + hidden
    widths = WIDTHS | (LINEAR if linear else {}) | {"pauli": 0, "evolve": 0}
    operations = [gate for wire in range(wires) for gate in _few(rng, STARTS, wire)]
    for _ in range(int(rng.integers(3, 12))):
        name = str(rng.choice(list(widths)))
        width = widths[name] or int(rng.integers(1, wires + 1))
        if width > wires:
            continue
        places = [int(wire) for wire in rng.permutation(wires)[:width]]
        angle = Real(0.1, ((1.3, ANGLES[int(rng.integers(len(ANGLES)))]),))
        if name == "pauli":
            operations.append(op(name, *places, args=[angle], pauli_word="Z" * width))
        elif name == "evolve":
            pauli_words = ["".join(rng.choice(["I", "Z"], width)) for _ in range(2)]
            terms = tuple(
                (Real(factor), pauli_word) for factor, pauli_word in zip((0.7, -0.4), pauli_words, strict=True)
            )
            operations.append(op(name, *places, args=[angle], terms=terms))
        else:
            operations.append(op(name, *places, args=[angle] if name in ("rz", "rzz", "cp", "crz") else []))
    turned = [wire for wire in range(wires) if wire < visible or wire % 2]
    operations += [gate for wire in turned for gate in _few(rng, ENDS, wire)]
    return program_of(visible, hidden, *operations, parameters=PARAMETERS)


def _few(
    rng: np.random.Generator, choices: tuple[tuple[tuple[str, float | None], ...], ...], wire: int
) -> list[Operation]:
    chosen = choices[int(rng.integers(len(choices)))]
    return [op(name, wire, args=[] if angle is None else [angle]) for name, angle in chosen]
