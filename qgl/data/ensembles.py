"""Ensembles of states: by formula, and from NumPy archives.

Elements are vectors, shape (states, 2^n), or, where one of them may be mixed, density matrices, (states, 2^n, 2^n).
"""

from __future__ import annotations

from typing import IO

import numpy as np
from numpy.typing import NDArray

from qgl.data.files import Limits
from qgl.data.npz_archive import header, read_array
from qgl.data.state_archive import fault_of
from qgl.data.tables.table import check_bytes
from qgl.diagnostics.data import BadDataArgument, DataTooLarge
from qgl.diagnostics.model import QglError, plural
from qgl.diagnostics.tables import BadArchive
from qgl.program.calls.data_sources import Amplitudes, Ensemble, StatesNear
from qgl.program.program import DataSet
from qgl.source import Span

States = NDArray[np.complex128]
MOST = 10  # qubits of a state
_NUMBERS = 2**22  # of all states


def states_near(call: StatesNear, limits: Limits) -> States:
    """States about a basis state, each of norm 1, or each mixed with I/2^n by a strength of its own.

    The cluster of B. Zhang et al., Generative quantum machine learning via denoising diffusion probabilistic models,
    PRL 132, 100602, 2024, arXiv 2310.05866.

    Raises:
        QglError: QGL0610, they are too many numbers; QGL0613, more than two strengths.
    """
    if len(call.depolarised) > 2:
        fault = "`depolarised` is one strength, or the least and the most"
        raise QglError([BadDataArgument(call.span, call.name, fault)])
    qubits, shape = len(call.center), (call.count, 2 ** min(len(call.center), MOST + 1))
    mixed = any(call.depolarised)
    check_states(qubits, call.count, mixed, f"`{call.name}`", limits, call.span)
    rng = np.random.default_rng(call.seed)
    states = call.width * (rng.normal(size=shape) + 1j * rng.normal(size=shape))
    states[:, int(call.center, 2)] = 1
    pure = np.asarray(states / np.linalg.norm(states, axis=1, keepdims=True), dtype=np.complex128)
    if not mixed:
        return pure
    strengths = rng.uniform(min(call.depolarised), max(call.depolarised), call.count)[:, None, None]
    return np.asarray((1 - strengths) * matrices(pure) + strengths * np.eye(shape[1]) / shape[1])


def encoded(call: Amplitudes, data: DataSet, limits: Limits) -> States:
    """The rows of `data` as amplitudes, each state of norm 1, shape (count, 2^n), n being the least that holds a row.

    Raises:
        QglError: QGL0610, QGL0803, they are too many numbers; QGL0613, a row is zero.
    """
    assert data.numbers is not None  # the checker has seen to it
    total, size = data.numbers.shape
    count, qubits = call.count or total, max(1, (size - 1).bit_length())
    check_states(qubits, count, False, f"`{call.name}`", limits, call.span)
    rows = np.pad(data.numbers, [(0, 0), (0, 2**qubits - size)], constant_values=call.pad)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    if not norms.all():
        fault = f"row {int(np.argmin(norms))} of `{data.name}` is zero, which is no state"
        raise QglError([BadDataArgument(call.span, call.name, fault)])
    states = np.asarray((rows / norms)[np.arange(count) % total], np.complex128)
    if not call.width:
        return states
    rng = np.random.default_rng(call.seed)
    states += call.width * (rng.normal(size=states.shape) + 1j * rng.normal(size=states.shape))
    return np.asarray(states / np.linalg.norm(states, axis=1, keepdims=True))


def matrices(states: States) -> States:
    """Density matrices, whatever the elements are."""
    return states if states.ndim == 3 else states[:, :, None] * states[:, None, :].conj()


def read_ensemble(content: bytes, call: Ensemble, limits: Limits) -> States:
    """The states of an archive, each of norm or trace 1.

    Raises:
        QglError: QGL0609, the array holds no states; QGL0610 or QGL0608, it is too large.
    """

    def check(file: IO[bytes]) -> tuple[int, ...]:
        shape, kind = header(file, call.path, call.span)
        numbers = kind.kind in "biufc" and not kind.hasobject
        size = shape[1] if len(shape) in (2, 3) else 0
        if not numbers or size < 2 or size & (size - 1) or not shape[0] or shape[1:] != (size,) * (len(shape) - 1):
            each = "an ensemble has 2^n amplitudes for each state, or 2^n rows of 2^n numbers"
            raise QglError([BadArchive(call.span, call.path, f"the array is {kind} of shape {shape}; {each}")])
        check_states(size.bit_length() - 1, shape[0], len(shape) == 3, f'"{call.path}"', limits, call.span)
        return shape

    states = np.array(read_array(content, call, check), dtype=np.complex128)
    for row, state in enumerate(states):
        fault = fault_of(state)
        if fault:
            raise QglError([BadArchive(call.span, call.path, f"row {row} is no state: {fault}")])
    if states.ndim == 2:
        return np.asarray(states / np.linalg.norm(states, axis=1, keepdims=True), dtype=np.complex128)
    states = (states + states.conj().swapaxes(1, 2)) / 2
    return np.asarray(states / np.einsum("sxx->s", states).real[:, None, None])


def check_states(qubits: int, count: int, mixed: bool, what: str, limits: Limits, span: Span) -> None:
    """
    Raises:
        QglError: QGL0610, so many states, pure or mixed, are too many numbers.
    """
    extent = f"{plural(count, 'mixed state' if mixed else 'state')} of {plural(qubits, 'qubit')}"
    numbers = count << (1 + mixed) * min(qubits, MOST)
    if qubits > MOST or numbers > _NUMBERS:
        raise QglError([DataTooLarge(span, what, extent, f"{MOST} qubits and {_NUMBERS:,} numbers")])
    check_bytes(what, 16 * numbers, limits, span)
