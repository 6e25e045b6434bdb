"""Outputs on hardware: a circuit for each group of Pauli words that are measured together; arithmetic is of the host.

A register whose distribution is read is measured as the word of Z on all of its qubits is. Outcomes that are kept or
required are further bits: shots without those required are thrown away, and each row of numbers is of the shots that
have one value of those kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
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

    @cached_property
    def circuit(self) -> Circuit:
        """The circuit in which all is read that one of them reads: qubits, then kept and then required outcomes."""
        return with_all_outcomes_read(self._read_out)[0]

    @property
    def _read_out(self) -> Circuit:
        circuit = Circuit.of(self.program)
        return circuit.with_hidden_read if self._width > len(self.program.visible) else circuit

    @property
    def all_bases(self) -> tuple[str, ...]:
        """A letter of XYZ for each bit of `circuit`, one word a circuit; outcomes are bits already."""
        return tuple(basis + "Z" * (self._labels + len(self._required)) for basis in self.bases)

    @property
    def _width(self) -> int:
        return len(self.bases[0])

    @cached_property
    def _labels(self) -> int:
        return sum(map(is_kept, self.program.operations))

    @cached_property
    def _required(self) -> tuple[bool, ...]:
        return required_outcomes(Circuit.of(self.program))

    @cached_property
    def _readout(self) -> Readout:
        return Readout(self.program.outputs, self.program.parameters, self._width, self._labels, self._required)

    def circuits(self) -> list[tuple[Circuit, tuple[str, ...]]]:
        """Each circuit, and what its bits mean, a line each."""
        found = []
        for number, basis in enumerate(self.bases):
            read, notes = with_all_outcomes_read(turned(self._read_out, basis))
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
        return self.program.outputs.named(self.estimates(strings, inputs).numbers)

    def estimates(self, strings: Sequence[Strings], inputs: NDArray[np.floating[Any]]) -> Estimates:
        """Numbers of each label with their standard errors; otherwise as `numbers`.

        What is read in one circuit is read of the same shots, so that errors are those of what each shot adds to a
        number, to first order (the delta method); circuits are independent of each other.
        """
        wanted = self._width + self._labels + len(self._required)
        if len(strings) != len(self.bases) or any(each.ndim != 2 or each.shape[1] != wanted for each in strings):
            raise ValueError(f"strings of {len(self.bases)} circuits are wanted, of {wanted} bits")
        having = [[self._having(each, label) for each in strings] for label in range(2**self._labels)]
        rows = np.array([self._row(each) for each in having])
        with jax.enable_x64(True):
            given = jnp.asarray(inputs, jnp.float64)
            derivatives = jax.vmap(jax.jacobian(lambda row: self._readout.made(row[None], given)[0]))(jnp.asarray(rows))
            numbers = np.asarray(self._readout.made(jnp.asarray(rows), given))
        errors = [
            self._errors(each, row, np.asarray(derivative))
            for each, row, derivative in zip(having, rows, derivatives, strict=True)
        ]
        counts = np.array([sum(map(len, each)) for each in having], np.float64)
        total = sum(map(len, strings))
        return Estimates(counts / max(total, 1), numbers, np.where(np.isnan(numbers), np.nan, np.array(errors)))

    def _row(self, strings: Sequence[Strings]) -> NDArray[np.float64]:
        """All that is read of the strings of each circuit."""
        return np.concatenate([self._read(k, strings[self.circuit_of[k]]) for k in range(len(self.pauli_words))])

    def _read(self, k: int, strings: Strings) -> NDArray[np.float64]:
        """The mean of a word, or the frequencies of the strings of a region, under each string that is given."""
        means = len(self.program.outputs.pauli_words)
        if k < means:
            return np.array([signs(self.pauli_words[k], strings).mean() if len(strings) else np.nan])
        counts = np.bincount(self._codes(k, strings), minlength=1 << len(self._region(k)))
        counts = counts.reshape(1 << self.program.outputs.given[k - means], -1)
        totals = counts.sum(axis=1, keepdims=True)
        return np.where(totals > 0, counts / np.maximum(totals, 1), np.nan).ravel()

    def _region(self, k: int) -> tuple[int, ...]:
        return self.program.outputs.regions[k - len(self.program.outputs.pauli_words)]

    def _codes(self, k: int, strings: Strings) -> NDArray[np.int64]:
        """The numbers that the strings of a region are, first bit most significant."""
        region = self._region(k)
        return strings[:, list(region)].astype(np.int64) @ (1 << np.arange(len(region) - 1, -1, -1))

    def _errors(
        self, strings: Sequence[Strings], row: NDArray[np.float64], derivatives: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Standard errors of the numbers of a label, shape (numbers,); NaN where shots are too few to tell.

        An error is at least what one shot more or less changes: shots that all agree do not show that others would.

        row: all that is read, shape (read,). derivatives: of the numbers by it, shape (numbers, read).
        """
        total, least = np.zeros(len(derivatives)), np.zeros(len(derivatives))
        for circuit, own in enumerate(strings):
            changes, first = np.zeros((len(own), len(derivatives))), 0
            for k in range(len(self.pauli_words)):
                size = len(self._read(k, own[:0]))
                if self.circuit_of[k] == circuit:
                    part = slice(first, first + size)
                    changes += self._changes(k, own, row[part], derivatives[:, part])
                    least += self._of_one_shot(k, own, derivatives[:, part]) ** 2
                first += size
            total += changes.var(axis=0, ddof=1) / len(own) if len(own) > 1 else np.nan
        return np.asarray(np.sqrt(np.maximum(total, least)))

    def _of_one_shot(self, k: int, strings: Strings, derivatives: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much each number changes if one shot of the rarest condition reads differently, at most."""
        means = len(self.program.outputs.pauli_words)
        if k < means:
            return np.asarray(2 * np.abs(derivatives[:, 0]) / max(len(strings), 1))
        given = self.program.outputs.given[k - means]
        blocks = derivatives.reshape(len(derivatives), 1 << given, -1)
        under = np.bincount(self._codes(k, strings) // blocks.shape[2], minlength=1 << given)
        spread = np.ptp(blocks, axis=2)[:, under > 0] / under[under > 0]
        return np.asarray(np.sqrt((np.nan_to_num(spread) ** 2).sum(axis=1)))

    def _changes(
        self, k: int, strings: Strings, read: NDArray[np.float64], derivatives: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """What each shot adds to each number, to first order and up to a constant, shape (shots, numbers)."""
        means = len(self.program.outputs.pauli_words)
        if k < means:
            return signs(self.pauli_words[k], strings)[:, None] * derivatives[:, 0]
        codes, given = self._codes(k, strings), self.program.outputs.given[k - means]
        if not given:
            return np.asarray(derivatives.T[codes])
        under = codes // (len(read) >> given)  # what is given, in each shot
        share = np.bincount(under, minlength=1 << given) / max(len(codes), 1)
        known = np.nan_to_num(read).reshape(1 << given, -1)
        blocks = np.where(derivatives == 0, 0, derivatives).reshape(len(derivatives), 1 << given, -1)
        centre = np.einsum("ngv,gv->gn", np.where(known > 0, blocks, 0), known)
        return np.asarray((derivatives.T[codes] - centre[under]) / share[under][:, None])

    def _having(self, strings: Strings, label: int) -> Strings:
        """The strings that have the outcomes of a label and those required."""
        wanted = [*(label >> k & 1 for k in range(self._labels - 1, -1, -1)), *map(int, self._required)]
        kept: Strings = strings[(strings[:, self._width :] == np.array(wanted, np.uint8)).all(axis=1), : self._width]
        return kept


@dataclass(frozen=True, eq=False)
class Estimates:
    """Of each label the share of shots that have it, and its numbers with their standard errors, (labels, numbers)."""

    shares: NDArray[np.float64]
    numbers: NDArray[np.float64]
    errors: NDArray[np.float64]


def _letters(pauli_word: Sequence[tuple[int, str]], width: int) -> str:
    letters = dict(pauli_word)
    return "".join(letters.get(place, "I") for place in range(width))
