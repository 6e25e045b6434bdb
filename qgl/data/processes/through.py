"""`through(data, channel)`: the states of a data set, each pushed through a layer or channel with draws of its own.

Draws are a function of the channel, its arguments and the seed: `scramble(3)` draws otherwise than `scramble(4)`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from qgl.data.ensembles import check_states, matrices
from qgl.data.files import Limits
from qgl.data.processes.batch import Batch, Tensor, is_drawn, keeps_pure
from qgl.data.processes.draws import Draws
from qgl.diagnostics.data import BadDataArgument, RareSuccess
from qgl.diagnostics.model import QglError
from qgl.diagnostics.size import ValueTooLarge
from qgl.program.calls.data_sources import Through
from qgl.program.operations import Discard, Fresh, Measurement, is_required
from qgl.program.process import Process
from qgl.program.program import DataSet

_AT_ONCE = 2**18  # numbers of the states that are simulated together
_MOST_WORK = 2**31  # numbers of states, once for each operation
_MOST_QUBITS = 22  # of a vector, or twice those of a density matrix, `fresh` qubits and bits included
_TRIES = 64  # runs for each element that succeeds, before it is given up


def through(call: Through, declared: Mapping[str, DataSet], limits: Limits) -> tuple[Tensor, str]:
    """The elements, vectors or density matrices, and a hash of how they are made.

    Raises:
        QglError: QGL0610 or QGL0503, they are too many or too large; QGL0613, the data are no states; QGL0616, the
            outcomes that the channel requires hardly ever come.
    """
    process, data = call.process, declared[call.data]
    assert process is not None  # the checker has made it
    entropy = np.frombuffer(hashlib.sha256(process.seed.encode()).digest(), dtype=np.uint32)
    rng = np.random.default_rng([call.seed, *entropy.tolist()])
    count = _count(call, process, data)
    mixed = _is_mixed(data) or not keeps_pure(process.operations)
    check_states(process.qubits, count, mixed, f"`{call.name}`", limits, call.span)
    _check_work(call, process, count, mixed)
    given = _chosen(data, count, rng)
    draws = Draws(process.latents, rng)
    elements: list[Tensor] = []
    together = max(1, _AT_ONCE >> _axes(process, mixed))
    for first in range(0, count, together):
        elements.append(_pushed(call, process, given[first : first + together], mixed, draws))
    digest = hashlib.sha256(f"{data.sha256}{process.digest}{process.seed}{call.seed} {count}".encode())
    return np.concatenate(elements), digest.hexdigest()


def _pushed(call: Through, process: Process, given: Tensor, mixed: bool, draws: Draws) -> Tensor:
    """One element for each state that is given; where a required outcome does not come, the run is made again."""
    states = matrices(given) if mixed else given
    result = np.empty_like(states)
    waiting: NDArray[np.intp] = np.arange(len(states))
    for _ in range(_TRIES if any(map(is_required, process.operations)) else 1):
        batch = Batch(states[waiting].copy(), mixed, draws.rng, draws.of(len(waiting)))
        try:
            batch.run(process.operations)
        except (ValueError, ArithmeticError) as error:
            fault = f"a number of `{call.channel.name}` is none for some draw of its latent inputs ({error})"
            raise QglError([BadDataArgument(call.span, call.name, fault)]) from None
        result[waiting[batch.alive]] = batch.states()
        waiting = waiting[~batch.alive]
        if not len(waiting):
            return result
    raise QglError([RareSuccess(call.span, call.channel.name, _TRIES)])


# ---------------------------------------------------------------- what is pushed


def _count(call: Through, process: Process, data: DataSet) -> int:
    """How many elements there are to be.

    Raises:
        QglError: QGL0613, that is not said, or the data have conditions.
    """
    if data.conditions is not None:
        fault = f"`{data.name}` has condition columns, which states have none of"
        raise QglError([BadDataArgument(call.span, call.name, fault)])
    if call.count is not None:
        return call.count
    if data.states is not None:
        return len(data.states)
    drawn = bool(process.latents) or any(map(is_drawn, process.operations))
    if data.exact and (drawn or (data.state is None and len(data.rows) > 1)):
        what = "one state" if data.state is not None else "a distribution"
        fault = f"`{data.name}` is {what}: say how many elements are drawn, `count = 1000`"
        raise QglError([BadDataArgument(call.span, call.name, fault)])
    return 1 if data.state is not None else len(data.rows)


def _is_mixed(data: DataSet) -> bool:
    return data.state is not None and (data.state.ndim == 2 if data.states is None else data.states.ndim == 3)


def _chosen(data: DataSet, count: int, rng: np.random.Generator) -> Tensor:
    """So many states of the data, shape (count, 2^n) or (count, 2^n, 2^n).

    Of an ensemble all in turn, or some without repetition; of strings as many as there are, or drawn by their weights.
    """
    if data.states is None and data.state is not None:
        return np.broadcast_to(data.state, (count, *data.state.shape))
    total = len(data.rows if data.states is None else data.states)
    if data.states is None and (data.exact or total != count):
        which = rng.choice(total, count, p=data.weights)
    elif count < total:
        which = rng.permutation(total)[:count]
    else:
        which = np.arange(count) % total
    if data.states is not None:
        return np.asarray(data.states[which])
    states = np.zeros((count, 2**data.width), dtype=np.complex128)
    powers = 2 ** np.arange(data.width)[::-1]
    states[np.arange(count), data.rows[which].astype(np.int64) @ powers] = 1
    return states


# ---------------------------------------------------------------- how large it is


def _axes(process: Process, mixed: bool) -> int:
    """The most qubits that there are at one time, twice as many of a density matrix."""
    present = most = process.qubits
    for operation in process.operations:
        bit = isinstance(operation, Measurement) and operation.bit is not None and not is_drawn(operation)
        present += isinstance(operation, Fresh) + bit - isinstance(operation, Discard)
        most = max(most, present)
    return most * (1 + mixed)


def _check_work(call: Through, process: Process, count: int, mixed: bool) -> None:
    axes = _axes(process, mixed)
    what = f"`{call.channel.name}` on {'density matrices' if mixed else 'states'} of {axes // (1 + mixed)} qubits"
    if axes > _MOST_QUBITS:
        limit = f"{_MOST_QUBITS // (1 + mixed)} qubits, `fresh` ones and measured bits included"
        raise QglError([ValueTooLarge(call.span, what, limit)])
    work = len(process.operations) * count << axes
    if work > _MOST_WORK:
        what += f", {count:,} elements under {len(process.operations):,} operations,"
        raise QglError([ValueTooLarge(call.span, what, f"{_MOST_WORK:,} numbers in all")])
