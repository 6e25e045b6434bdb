"""Rough times and sizes. The constants were measured on two cores of a 2.6 GHz AMD EPYC (Zen 4), November 2026.

They serve to choose between methods and to warn of long runs; they are good to a factor of two or three.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from qgl.plan.state.elements import Diagonal, Evolve, PauliExponential, Small, StochasticReset
from qgl.plan.state.lower import Part
from qgl.query import Elements, Marginals, Query, State

FLOPS_PER_SECOND = 70e9
BYTES_PER_SECOND = 13e9
STEP_SECONDS = 5e-6
DOUBLE = 2.0  # how much slower double precision is
GRADIENT = 4.0  # value and gradient against value: a step, its undoing, the cotangent's, and the gradient's own product
MOST_VISIBLE = 250  # beyond, figures stay the same: they are out of reach in any case
EVOLUTION = 50.0  # applications of the Hamiltonian that are expected in an evolution, as its time is not known
PAULI_WORD_SECONDS = 6e-9  # for each amplitude of a Pauli word that is applied


def pass_seconds(
    parts: Sequence[Part], bits: int, block_width: int, precision: str, states: int = 1
) -> tuple[float, float]:
    """Seconds and flops of value and gradient of a program of `parts` on `states` states of 2^bits amplitudes."""
    amplitudes = states * 2.0**bits
    flops = touched = seconds = 0.0
    for part in parts:
        match part:
            case Evolve():
                flops += EVOLUTION * len(part.terms) * 8 * amplitudes
                seconds += EVOLUTION * len(part.terms) * (PAULI_WORD_SECONDS * amplitudes + STEP_SECONDS / 4)
            case Diagonal():
                flops += (2 * bits + 30) * amplitudes
                touched += bits * amplitudes
            case PauliExponential():
                flops += 10 * amplitudes
                touched += 3 * amplitudes
            case StochasticReset():
                flops += 6 * amplitudes
                touched += 3 * amplitudes
            case Small() | list():
                flops += 8 * 2.0**block_width * amplitudes
                touched += 4 * amplitudes
    factor = GRADIENT * (DOUBLE if precision == "double" else 1.0)
    seconds += flops / FLOPS_PER_SECOND + 8 * touched / BYTES_PER_SECOND + (1 + len(parts)) * STEP_SECONDS
    return factor * seconds, GRADIENT * flops


def states_drawn_from(parts: Sequence[Part]) -> int:
    """States that a run of `parts` alone holds at once, as samples are drawn: the state, and where it moves to."""
    return 2 if all(isinstance(part, list) for part in parts) else 3


def states_held(parts: Sequence[Part], unitary: bool) -> int:
    """States that value and gradient of `parts` hold at once, measured as what XLA sets aside.

    Steps that are undone need the state, its cotangent, and room for both to move; what is not a block of gates needs
    some of its own beside. Steps that are not unitary are run again in chunks of about sqrt(steps): a state is kept for
    each chunk, and for each step of a chunk the states that its derivative is made from, which a loop over steps of
    several kinds keeps for all kinds.
    """
    blocks = all(isinstance(part, list) for part in parts)
    if unitary:
        return 4 if blocks else 6
    each = 5 if any(isinstance(part, PauliExponential | Evolve) for part in parts) else 3 if blocks else 4
    length = math.isqrt(max(len(parts) - 1, 0)) + 1
    return 2 + -(-len(parts) // length) + each * length


def query_memory(query: Query, visible: int, precision: str) -> float:
    """Bytes that the answer and its making take beside the state."""
    number = 8 if precision == "double" else 4
    visible = min(visible, MOST_VISIBLE)
    match query:
        case State():
            return 4.0 * number * 4.0**visible
        case Elements(labels):
            return 4.0 * number * 4.0**visible / 2.0 ** min(labels, visible)
        case Marginals(regions, bits):
            held = 0.0 if not bits else 4.0 * number * 2.0**visible
            return held + sum(2.0 * number * (2.0 if bits else 4.0) ** len(region) for region in regions)
        case _:
            return 4.0 * number * 2.0**visible
