"""Ensembles of ground states: of a Hamiltonian whose latent inputs are drawn for each state."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from qgl.data.ensembles import check_states
from qgl.data.files import Limits
from qgl.data.many_body.ground_state import SPLIT, applied
from qgl.data.processes.draws import Draws
from qgl.diagnostics.data import BadDataArgument
from qgl.diagnostics.many_body import DegenerateGroundState
from qgl.diagnostics.model import QglError
from qgl.diagnostics.size import ValueTooLarge
from qgl.program.calls.data_sources import GroundStates
from qgl.program.calls.operators import SpinTerms

MOST = 8  # qubits, all levels of which are found
_MOST_WORK = 2**33  # cubes of the size of a matrix, for all of them
_AT_ONCE = 2**20  # numbers of the matrices that are held together


def ground_states(call: GroundStates, limits: Limits) -> tuple[NDArray[np.complex128], str]:
    """The states, shape (count, 2^n), the largest amplitude of each real and positive, and a hash of how they are made.

    Raises:
        QglError: QGL0803 or QGL0610, they are too large or too many; QGL0750, one of them is degenerate; QGL0613, a
            coefficient is no number for some draw.
    """
    spins, count = call.hamiltonian, call.count
    size = 2 ** min(spins.width, MOST + 1)
    if spins.width > MOST or count * size**3 > _MOST_WORK:
        what = f"`{call.name}` of {count:,} Hamiltonians on {spins.width} qubits"
        raise QglError([ValueTooLarge(call.span, what, f"{MOST} qubits, and {_MOST_WORK:,} operations in all")])
    check_states(spins.width, count, False, f"`{call.name}`", limits, call.span)
    entropy = np.frombuffer(hashlib.sha256(spins.text.encode()).digest(), dtype=np.uint32)
    value = Draws(call.latents, np.random.default_rng([call.seed, *entropy.tolist()])).of(count)
    try:
        coefficients = np.stack([np.broadcast_to(value(number), count) for number, _ in spins.terms], axis=1)
    except (ValueError, ArithmeticError) as error:
        fault = f"a coefficient of `{spins.text}` is no number for some draw ({error})"
        raise QglError([BadDataArgument(call.span, call.name, fault)]) from None
    unit = np.eye(size, dtype=np.complex128)
    matrices = np.stack([applied(SpinTerms(spins.width, ((1.0, pauli_word),)), unit) for _, pauli_word in spins.terms])
    states = np.empty((count, size), dtype=np.complex128)
    together = max(1, _AT_ONCE // size**2)
    for first in range(0, count, together):
        part = coefficients[first : first + together]
        levels, vectors = np.linalg.eigh(np.tensordot(part, matrices, axes=1))
        close = levels[:, 1] - levels[:, 0] < SPLIT * np.abs(part).sum(axis=1)
        if close.any():
            raise QglError([DegenerateGroundState(call.span, float(levels[close][0, 0]), None)])
        states[first : first + together] = vectors[:, :, 0]
    largest = np.take_along_axis(states, np.abs(states).argmax(axis=1)[:, None], axis=1)
    latents = tuple((number, each.shape, each.distribution) for number, each in call.latents)
    digest = hashlib.sha256(repr((spins.width, spins.terms, spins.text, latents, count, call.seed)).encode())
    return states * (largest.conj() / np.abs(largest)), digest.hexdigest()
