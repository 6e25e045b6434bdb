"""A circuit as OpenQASM 3 text for the readers of one profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.qasm import NeedsTarget, TooFewQubits, UnknownProfile
from qgl.expression import Real
from qgl.ir.circuit import Circuit
from qgl.passes.allocation.lifetimes import tighten
from qgl.passes.allocation.reuse import narrow, read_out, renew
from qgl.passes.dead_code import drop_dead
from qgl.passes.deferral import defer
from qgl.passes.dilation import dilate
from qgl.qasm.angles import Angles, bind
from qgl.qasm.profiles.profile import Profile
from qgl.qasm.profiles.table import PROFILES, able
from qgl.qasm.qubits import WorkQubits
from qgl.qasm.writer import Writer


@dataclass(frozen=True)
class Emission:
    """OpenQASM 3 text and what is known of it.

    text             the document; bit k of a string is bit k of its register `c`
    inputs           what the text's `input`s stand for: numbers made of the program's inputs
    width            qubits
    depth            layers of gates, resets and measurements, no qubit being used twice in a layer
    two_qubit_gates  statements that are gates on two qubits or more; one that the text defines counts once
    wires            what `width` would be if each wire of the circuit had a qubit of its own
    wide_depth       what `depth` would be then
    figures          these in words, as at the head of the text
    """

    text: str
    inputs: dict[str, Real]
    _offsets: tuple[int, ...]
    width: int
    depth: int
    two_qubit_gates: int
    wires: int
    wide_depth: int
    figures: tuple[str, ...]

    def bindings(self, inputs: NDArray[np.float64]) -> dict[str, float]:
        """The values to give a reader for the text's inputs, from the flat vector of the program's inputs.

        Raises:
            ValueError: an input that the text needs is NaN.
        """
        values = {name: bind(meaning, inputs, self._offsets) for name, meaning in self.inputs.items()}
        missing = [name for name, value in values.items() if not value.is_constant]
        if missing:
            raise ValueError(f"no values for the inputs {', '.join(missing)}")
        return {name: value.constant for name, value in values.items()}


def emit(
    circuit: Circuit,
    inputs: NDArray[np.float64] | None,
    profile: str = "portable",
    *,
    optimise: bool = False,
    reuse: bool | None = None,
    max_qubits: int | None = None,
    notes: Sequence[str] = (),
) -> str:
    """OpenQASM 3 text of a circuit.

    Args:
        circuit: as the program has it: channels, measurements and branches included.
        inputs: flat vector of the values of all parameters in order, shape (inputs,). An input that is NaN stays
            open, as an `input float[64]` of the text; None leaves all open.
        profile: a key of `PROFILES`.
        optimise: leave out what cannot change the distribution of the output bits.
        reuse: True: as few qubits as an order of the operations is found for; a qubit whose wire has ended serves
            again after a `reset`, and one that is read out is measured as soon as its last gate is done, where the
            profile can. False: each wire has its own qubit. None: the order of the program, the output measured at
            the end, and other qubits shared if that suits the readers of the profile.
        max_qubits: the most qubits of the text. Up to so many are used where that makes it less deep, unless each wire
            can have its own qubit anyway.
        notes: lines of comment for the head of the text.

    Raises:
        QglError: QGL10xx, the profile cannot say something; at the line of the program. QGL1008: `max_qubits` are too
            few.
        ValueError: `inputs` has the wrong shape.
    """
    return emission(circuit, inputs, profile, optimise=optimise, reuse=reuse, max_qubits=max_qubits, notes=notes).text


def emission(
    circuit: Circuit,
    inputs: NDArray[np.float64] | None,
    profile: str = "portable",
    *,
    optimise: bool = False,
    reuse: bool | None = None,
    max_qubits: int | None = None,
    notes: Sequence[str] = (),
) -> Emission:
    """As `emit`, with the meaning of the text's inputs and the figures of the text."""
    if profile not in PROFILES:
        raise QglError([UnknownProfile(None, profile, tuple(PROFILES))])
    record = PROFILES[profile]
    if record.machine:
        raise QglError([NeedsTarget(None, profile)])
    arranged = _arranged(circuit, profile, optimise, reuse, max_qubits)
    outputs = [str(circuit.wires[wire]) for wire in circuit.visible]
    qubits = WorkQubits(arranged.circuit, arranged.share, arranged.most)
    writer = Writer(qubits, record, Angles(circuit.parameters, inputs, record), outputs, arranged.output)
    writer.write_operations()
    sizes = [parameter.size for parameter in circuit.parameters]
    return Emission(
        writer.document(notes),
        writer.angles.used,
        tuple(sum(sizes[:k]) for k in range(len(sizes))),
        writer.width,
        writer.layers.depth,
        writer.two_qubit_gates,
        writer.wires,
        writer.apart.depth,
        tuple(writer.figures()),
    )


def prepare(circuit: Circuit, profile: Profile, optimise: bool) -> Circuit:
    """The circuit in gates, `fresh` and `discard`, beside `measure`, conditions and `reset` if the profile branches."""
    if optimise:
        circuit = drop_dead(circuit, reads_only_bits=True)
    circuit = dilate(circuit)
    if not profile.branches:
        circuit = defer(circuit, reads_only_bits=optimise)
    return tighten(drop_dead(circuit, reads_only_bits=True)) if optimise else circuit


@dataclass(frozen=True)
class Arranged:
    """A prepared circuit in the order in which it is written; `share` and `most` are those of `WorkQubits`.

    output  the bit of the circuit that is the first one of the output, where the circuit measures it by itself
    """

    circuit: Circuit
    output: int
    share: bool = True
    most: int | None = None


@lru_cache(maxsize=16)  # the same circuit is often written many times, with other values of its inputs
def _arranged(circuit: Circuit, profile: str, optimise: bool, reuse: bool | None, max_qubits: int | None) -> Arranged:
    record = PROFILES[profile]
    return arrange(prepare(circuit, record, optimise), record, reuse, max_qubits)


def arrange(circuit: Circuit, profile: Profile, reuse: bool | None, max_qubits: int | None) -> Arranged:
    """The order of a prepared circuit, and how its wires take qubits; see `emit`."""
    if reuse is None and max_qubits is None:
        return Arranged(circuit, circuit.bits, profile.reuse)
    wide = len(circuit.live_wires)
    most = wide if max_qubits is None else max_qubits
    if reuse is False or not profile.resets or (reuse is None and wide <= most):
        if wide > most:
            others = () if profile.resets else able(lambda other: other.resets)
            raise QglError([TooFewQubits(None, most, wide, profile.name, True, others, profile.resets)])
        return Arranged(circuit, circuit.bits, share=False)
    narrowed = narrow(read_out(renew(circuit)) if profile.measures else circuit)
    if max_qubits is not None and max_qubits < narrowed.width:
        others = () if profile.measures else able(lambda other: other.measures and other.resets)
        span = narrowed.widest.span if narrowed.widest else None
        raise QglError([TooFewQubits(span, max_qubits, narrowed.width, profile.name, narrowed.least, others)])
    room = max(narrowed.width, max_qubits or 0) - len(narrowed.circuit.visible)
    return Arranged(narrowed.ordered(max_qubits), circuit.bits, most=room)
