"""Ensembles of pure states: by formula, and from NumPy archives."""

from __future__ import annotations

from typing import IO

import numpy as np
from numpy.typing import NDArray

from qgl.data.files import Limits
from qgl.data.npz_archive import header, read_array
from qgl.data.table import check_bytes
from qgl.diagnostics.data import BadArchive, DataTooLarge, plural
from qgl.diagnostics.model import QglError
from qgl.program.calls.data_sources import Ensemble, StatesNear
from qgl.source import Span

States = NDArray[np.complex128]
MOST = 10  # qubits of a state
_NUMBERS = 2**22  # amplitudes of all states
_CLOSE = 1e-6


def states_near(call: StatesNear, limits: Limits) -> States:
    """States about a basis state, shape (count, 2^n), each of norm 1.

    The cluster of B. Zhang et al., Generative quantum machine learning via denoising diffusion probabilistic models,
    PRL 132, 100602, 2024, arXiv 2310.05866.

    Raises:
        QglError: QGL0610, they are too many numbers.
    """
    qubits, shape = len(call.center), (call.count, 2 ** min(len(call.center), MOST + 1))
    _check(qubits, call.count, f"`{call.name}`", limits, call.span)
    rng = np.random.default_rng(call.seed)
    states = call.width * (rng.normal(size=shape) + 1j * rng.normal(size=shape))
    states[:, int(call.center, 2)] = 1
    return np.asarray(states / np.linalg.norm(states, axis=1, keepdims=True), dtype=np.complex128)


def read_ensemble(content: bytes, call: Ensemble, limits: Limits) -> States:
    """The states of an archive, shape (count, 2^n), each of norm 1.

    Raises:
        QglError: QGL0609, the array holds no states; QGL0610 or QGL0608, it is too large.
    """

    def check(file: IO[bytes]) -> tuple[int, ...]:
        shape, kind = header(file, call.path, call.span)
        numbers = kind.kind in "biufc" and not kind.hasobject
        size = shape[1] if len(shape) == 2 else 0
        if not numbers or len(shape) != 2 or size < 2 or size & (size - 1) or not shape[0]:
            fault = f"the array is {kind} of shape {shape}; an ensemble has a row of 2^n amplitudes for each state"
            raise QglError([BadArchive(call.span, call.path, fault)])
        _check(size.bit_length() - 1, shape[0], f'"{call.path}"', limits, call.span)
        return shape

    states = np.array(read_array(content, call, check), dtype=np.complex128)
    norms = np.linalg.norm(states, axis=1)
    wrong = np.flatnonzero(~(np.abs(norms - 1) < _CLOSE))
    if len(wrong):
        fault = f"row {wrong[0]} is no state: its norm is {norms[wrong[0]]:.6g}, not 1"
        raise QglError([BadArchive(call.span, call.path, fault)])
    return np.asarray(states / norms[:, None], dtype=np.complex128)


def _check(qubits: int, count: int, what: str, limits: Limits, span: Span) -> None:
    extent = f"{plural(count, 'state')} of {plural(qubits, 'qubit')}"
    if qubits > MOST or count << qubits > _NUMBERS:
        raise QglError([DataTooLarge(span, what, extent, f"{MOST} qubits and {_NUMBERS:,} amplitudes")])
    check_bytes(what, 16 * count << qubits, limits, span)
