"""Random programs with their exact distributions, and how likely it is that strings come from one."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from qgl.bits.distribution import indices
from qgl.hardware.engines.engine import Strings, Task
from qgl.ir.circuit import Circuit
from qgl.program.program import Program
from tests.qasm.readers import as_bit_strings, with_product_formulas
from tests.reference.density import probabilities
from tests.reference.programs import EVERYTHING, random_inputs, random_program

SHOTS = 4000


@lru_cache
def case(seed: int) -> tuple[Program, NDArray[np.float64], NDArray[np.float64]]:
    """A program with channels, measurements, branches, resets and hidden qubits; its inputs; its exact distribution."""
    program = with_product_formulas(random_program(seed, EVERYTHING, visible=(2, 4), operations=(8, 14)))
    inputs = random_inputs(seed)
    return program, inputs, distribution_of(program, inputs)


def distribution_of(program: Program, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
    distribution = probabilities(as_bit_strings(program), inputs).clip(0.0)
    return np.asarray(distribution / distribution.sum())


def task(seed: int, **changes: int) -> Task:
    program, inputs, _ = case(seed)
    return Task(Circuit.of(program), inputs[None], (SHOTS,), **{"seed": seed, **changes})


def p_value(strings: Strings, distribution: NDArray[np.float64]) -> float:
    """Of Pearson's chi-square test; rare strings are put together. Impossible ones must not come."""
    counts = np.bincount(indices(strings), minlength=len(distribution))
    assert counts[distribution < 1e-12].sum() == 0
    expected = distribution * len(strings)
    often = expected >= 5
    observed = np.append(counts[often], counts[~often].sum())
    wanted = np.append(expected[often], expected[~often].sum())
    kept = wanted > 1e-9
    statistic = ((observed[kept] - wanted[kept]) ** 2 / wanted[kept]).sum()
    return float(chi2.sf(statistic, max(1, kept.sum() - 1)))
