"""Outputs on hardware: a circuit for each group of Pauli words that are measured together; arithmetic is of the host.

A register whose distribution is read is measured as the word of Z on all of its qubits is. Outcomes that are kept or
required are further bits: shots without those required are thrown away, and each row of numbers is of the shots that
have one value of those kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.hardware.engines.engine import Strings
from qgl.ir.circuit import Circuit
from qgl.ir.outcomes import required_outcomes, with_all_outcomes_read
from qgl.jobs.pauli_words import bases_of, signs, turned
from qgl.program.operations import is_kept
from qgl.program.program import Program
from qgl.readout import Readout


@dataclass(frozen=True, eq=False)
class OutputCircuits:
    """The circuits of a program's outputs, and what is made of their strings.

    bases  a letter of XYZ for each qubit that is read, one word a circuit; hidden qubits are read if a word has them
    """

    program: Program
    bases: tuple[str, ...]
    pauli_words: tuple[str, ...]  # those whose means are read, and then one of Z for each region
    circuit_of: tuple[int, ...]  # the circuit that each is measured by

    @classmethod
    def of(cls, program: Program) -> OutputCircuits:
        outputs = program.outputs
        places = [place for pauli_word in outputs.pauli_words for place, _ in pauli_word]
        places += [place for region in outputs.regions for place in region]
        width = len(program.visible) + (len(program.hidden) if max(places) >= len(program.visible) else 0)
        regions = [tuple((place, "Z") for place in region) for region in outputs.regions]
        pauli_words = tuple(_letters(each, width) for each in (*outputs.pauli_words, *regions))
        bases = bases_of(pauli_words)
        distinct = tuple(dict.fromkeys(bases.values()))
        return cls(program, distinct, pauli_words, tuple(distinct.index(bases[each]) for each in pauli_words))

    def circuits(self) -> list[tuple[Circuit, tuple[str, ...]]]:
        """Each circuit, and what its bits mean, a line each."""
        circuit = Circuit.of(self.program)
        if len(self.bases[0]) > len(self.program.visible):
            circuit = circuit.with_hidden_read
        found = []
        for number, basis in enumerate(self.bases):
            read, notes = with_all_outcomes_read(turned(circuit, basis))
            count = self.circuit_of.count(number)
            what = f"Circuit {number} of {len(self.bases)}: qubits are measured in {basis}, for {count} of the outputs'"
            found.append((read, (f"{what} means and distributions.", *notes)))
        return found

    def numbers(self, strings: Sequence[Strings], inputs: NDArray[np.floating[Any]]) -> dict[str, NDArray[Any]]:
        """The outputs by name, shape (labels, *dimensions), of the strings of each circuit; NaN where none has a label.

        inputs: the values of all inputs, flat, which the arithmetic may hold.

        Raises:
            ValueError: strings of another number of circuits or of another width.
        """
        labels, required = sum(map(is_kept, self.program.operations)), required_outcomes(Circuit.of(self.program))
        width = len(self.bases[0])
        if len(strings) != len(self.bases) or any(
            s.ndim != 2 or s.shape[1] != width + labels + len(required) for s in strings
        ):
            raise ValueError(
                f"strings of {len(self.bases)} circuits are wanted, of {width + labels + len(required)} bits"
            )
        readout = Readout(self.program.outputs, self.program.parameters, width, labels, required)
        rows = [
            np.concatenate(
                [
                    self._read(k, _having(strings[self.circuit_of[k]], width, label, labels, required))
                    for k in range(len(self.pauli_words))
                ]
            )
            for label in range(2**labels)
        ]
        made = readout.made(jnp.asarray(np.array(rows)), jnp.asarray(inputs))
        return {name: np.asarray(each) for name, each in self.program.outputs.named(made).items()}

    def _read(self, k: int, strings: Strings) -> NDArray[np.float64]:
        """The mean of a word, or the frequencies of the strings of a region, under each string that is given."""
        means = len(self.program.outputs.pauli_words)
        if k < means:
            return np.array([signs(self.pauli_words[k], strings).mean() if len(strings) else np.nan])
        region = self.program.outputs.regions[k - means]
        codes = strings[:, list(region)].astype(np.int64) @ (1 << np.arange(len(region) - 1, -1, -1))
        counts = np.bincount(codes, minlength=1 << len(region)).reshape(1 << self.program.outputs.given[k - means], -1)
        totals = counts.sum(axis=1, keepdims=True)
        return np.where(totals > 0, counts / np.maximum(totals, 1), np.nan).ravel()


def _letters(pauli_word: Sequence[tuple[int, str]], width: int) -> str:
    letters = dict(pauli_word)
    return "".join(letters.get(place, "I") for place in range(width))


def _having(strings: Strings, width: int, label: int, labels: int, required: tuple[bool, ...]) -> Strings:
    """The strings that have the outcomes of a label and those required."""
    wanted = [*(label >> k & 1 for k in range(labels - 1, -1, -1)), *map(int, required)]
    kept: Strings = strings[(strings[:, width:] == np.array(wanted, np.uint8)).all(axis=1), :width]
    return kept
