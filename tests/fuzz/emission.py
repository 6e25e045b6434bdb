"""Random programs to OpenQASM 3 to its readers: the distribution of the output bits is that of the judge."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from numpy.typing import NDArray

from qgl.ir.circuit import Circuit
from qgl.program.program import Program
from qgl.qasm import PROFILES
from tests.qasm.consumers import consumers_of, dumped, written
from tests.qasm.readers import as_bit_strings, with_product_formulas
from tests.reference.density import probabilities
from tests.reference.programs import EVERYTHING, programs, random_inputs

LARGEST = 9  # qubits of a text


@dataclass(frozen=True)
class Case:
    program: Program
    inputs: NDArray[np.float64]
    profile: str
    optimise: bool

    def __repr__(self) -> str:
        lines = [f"    {operation}" for operation in self.program.operations]
        return "\n".join([f"Case: {self.profile}, {self.optimise}, inputs {self.inputs.tolist()}", *lines])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    features = replace(EVERYTHING, visible=(1, 3), hidden=(0, 1), operations=(1, 8), live=4)
    program = with_product_formulas(draw(programs(features)))
    assume(program.operations)
    profile = draw(st.sampled_from(sorted(PROFILES)))
    optimise = PROFILES[profile].machine is not None or draw(st.booleans())
    return Case(program, random_inputs(draw(st.integers(0, 2**20))), profile, optimise)


def compare(case: Case) -> Counter[str]:
    """Counts the readers that took the text, each of which has the judge's distribution."""
    expected = probabilities(as_bit_strings(case.program), case.inputs)
    text = written(Circuit.of(case.program), case.inputs, case.profile, optimise=case.optimise)
    again = dumped(text)
    readers = [reader for reader in consumers_of(case.profile) if reader.reaches(text, LARGEST)]
    for reader in readers:
        found = reader.distribution(again, {})
        np.testing.assert_allclose(found, expected, atol=1e-7, rtol=0, err_msg=f"{reader}\n{text}")
    return Counter(readings=len(readers))
