"""Arguments that are operators of a program: Hamiltonians and sums of Pauli words, channels."""

from __future__ import annotations

from typing import Any

from qgl.expression import Real
from qgl.program.calls.arguments import AsItIs, UnfitError, describe, number
from qgl.record import record


@record
class SpinTerms:
    """A Hamiltonian of known numbers on `width` visible qubits: coefficients, each with its (position, letter)s.

    Positions in a Pauli word ascend. `written` is how the program names it.
    """

    width: int
    terms: tuple[tuple[float, tuple[tuple[int, str], ...]], ...]
    written: str = "hamiltonian"

    def __str__(self) -> str:
        return self.written

    @property
    def plain(self) -> list[Any]:
        """Numbers and strings, from which `of_plain` makes it again."""
        pauli_words = [[coefficient, [[*letter] for letter in pauli_word]] for coefficient, pauli_word in self.terms]
        return [self.width, pauli_words, self.written]

    @classmethod
    def of_plain(cls, value: object) -> SpinTerms:
        """
        Raises:
            UnfitError: `value` is not what `plain` gives.
        """
        match value:
            case [int(width), list(pauli_words), str(written)]:
                return cls(width, tuple(_term(pauli_word, width) for pauli_word in pauli_words), written)
            case _:
                raise UnfitError(describe(value))


def _term(value: object, width: int) -> tuple[float, tuple[tuple[int, str], ...]]:
    """A coefficient and a Pauli pauli_word on `width` qubits, from a list as `SpinTerms.plain` has them."""
    match value:
        case [int() | float() as coefficient, list(pauli_word)]:
            letters = [
                (place, letter) for place, letter in pauli_word if place in range(width) and letter in ("X", "Y", "Z")
            ]
            if len({place for place, _ in letters}) == len(pauli_word):
                return number(coefficient), tuple(letters)
    raise UnfitError(describe(value))


@describe.register
def _(value: SpinTerms) -> str:
    return "a Hamiltonian"


@record
class Spins(AsItIs[SpinTerms]):
    """A declared Hamiltonian of known numbers on visible qubits."""

    wording = "a Hamiltonian of the program"
    kind = SpinTerms


@record
class DrawnTerms:
    """A Hamiltonian on `width` visible qubits whose coefficients depend on latent inputs; as `SpinTerms`."""

    width: int
    terms: tuple[tuple[Real, tuple[tuple[int, str], ...]], ...]
    text: str


@describe.register
def _(value: DrawnTerms) -> str:
    return "a Hamiltonian that depends on inputs"


@record
class DrawnSpins(AsItIs[DrawnTerms]):
    """A declared Hamiltonian on visible qubits that depends on latent inputs."""

    wording = "a Hamiltonian of the program that depends on latent inputs"
    kind = DrawnTerms


@record
class AppliedChannel:
    """A layer or channel of the program with known numbers: `scramble(3)`."""

    name: str
    arguments: tuple[Any, ...]


@describe.register
def _(value: AppliedChannel) -> str:
    return f"`{value.name}`, which acts on qubits"


@record
class Channels(AsItIs[AppliedChannel]):
    """A declared layer or channel."""

    wording = "a layer or channel of the program, such as `scramble(3)`"
    kind = AppliedChannel
