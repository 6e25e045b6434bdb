"""Quantum states in NumPy archives: amplitudes, or density matrices."""

from __future__ import annotations

from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import strings
from qgl.data.files import Limits
from qgl.data.npz_archive import header, read_array
from qgl.data.tables.table import check_size
from qgl.diagnostics.model import QglError
from qgl.diagnostics.tables import BadArchive
from qgl.program.calls import data_sources
from qgl.source import Span

State = NDArray[np.complex128]
_MOST = 2**20  # numbers: 20 qubits as a vector, 10 as a matrix
_CLOSE = 1e-6


def read_state(content: bytes, call: data_sources.State, limits: Limits) -> State:
    """A state of n qubits: a vector of norm 1, shape (2^n,), or a density matrix, shape (2^n, 2^n).

    The first qubit is the most significant bit of an index.

    Raises:
        QglError: QGL0609, it is none; QGL0608, it is too large.
    """
    path, span = call.path, call.span

    def check(file: IO[bytes]) -> tuple[int, ...]:
        return _check_header(file, path, limits, span)

    state = np.array(read_array(content, call, check), dtype=np.complex128)
    fault = fault_of(state)
    if fault:
        raise QglError([BadArchive(span, path, f"the array is no state: {fault}")])
    if state.ndim == 1:
        state /= np.linalg.norm(state)
        return state
    state = (state + state.conj().T) / 2
    state /= np.trace(state).real
    return state


def distribution_of(state: State) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The strings that a measurement of all qubits can give, and their probabilities."""
    p = np.abs(state) ** 2 if state.ndim == 1 else np.maximum(np.diagonal(state).real, 0.0)
    seen = np.flatnonzero(p)
    return strings(seen, len(p).bit_length() - 1), p[seen] / p[seen].sum()


def _check_header(file: IO[bytes], path: str, limits: Limits, span: Span | None) -> tuple[int, ...]:
    shape, kind = header(file, path, span)
    size = shape[0] if shape else 0
    if kind.hasobject or kind.kind not in "biufc":
        raise QglError([BadArchive(span, path, f"the array holds {kind}, not numbers")])
    if len(shape) not in (1, 2) or shape != (size,) * len(shape) or size < 2 or size & (size - 1):
        fault = (
            f"the array has shape {shape}; a state of n qubits has 2^n amplitudes, or a matrix of 2^n rows and columns"
        )
        raise QglError([BadArchive(span, path, fault)])
    if size ** len(shape) > _MOST:
        fault = f"the state has {size ** len(shape):,} numbers; at most {_MOST:,} are read"
        raise QglError([BadArchive(span, path, fault)])
    check_size(f'"{path}"', size, size.bit_length() - 1, limits, span)
    return shape


def fault_of(state: NDArray[Any]) -> str:
    """What is wrong with a vector or matrix that should be a state, or nothing."""
    if not np.isfinite(state).all():
        return "a number in it is not finite"
    if state.ndim == 1:
        norm = float(np.linalg.norm(state))
        return "" if abs(norm - 1) < _CLOSE else f"its norm is {norm:.6g}, not 1"
    if np.abs(state - state.conj().T).max() > _CLOSE:
        return "it is not Hermitian"
    trace = float(np.trace(state).real)
    if abs(trace - 1) > _CLOSE:
        return f"its trace is {trace:.6g}, not 1"
    least = float(np.linalg.eigvalsh(state)[0])
    return "" if least > -_CLOSE else f"it has the eigenvalue {least:.3g}"
