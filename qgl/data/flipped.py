"""Noise on bits: each of a row flipped by chance, drawn for rows and exact for distributions of few bits."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distribution, strings
from qgl.data.files import Limits
from qgl.diagnostics.data import BadDataArgument, DataTooLarge
from qgl.diagnostics.model import QglError, plural
from qgl.program.calls.data_sources import Flipped
from qgl.program.program import DataSet

WIDEST = 16  # bits of a distribution all of whose strings are listed


def flipped(name: str, call: Flipped, data: DataSet, limits: Limits) -> DataSet:
    """`data` after noise on each bit; conditions and labels stay with their rows.

    Raises:
        QglError: noise would lead out of the categories or out of what can be listed (QGL0613), or the rows are too
            many to hold (QGL0610).
    """
    for count, width in data.categories or ():
        if count != 1 << width:
            fault = f"a variable of {count} values in {plural(width, 'bit')} has codes that mean nothing"
            raise QglError([BadDataArgument(call.span, call.name, fault)])
    cells = call.draws * len(data.rows) * data.width
    if cells > limits.cells:
        raise QglError([DataTooLarge(call.span, f"`{call.name}`", f"{cells:,} bits", f"{limits.cells:,} bits")])
    if data.exact:
        return _distribution(name, call, data)
    generator = np.random.default_rng(call.seed)
    drawn = [np.asarray(generator.random(data.rows.shape) < call.p, np.uint8) ^ data.rows for _ in range(call.draws)]
    conditions = None if data.conditions is None else np.tile(data.conditions, (call.draws, 1))
    return _made(name, call, data, np.concatenate(drawn), np.tile(data.weights / call.draws, call.draws), conditions)


def _distribution(name: str, call: Flipped, data: DataSet) -> DataSet:
    """The distribution of noisy strings, one bit after another."""
    fault = ""
    if data.width > WIDEST:
        fault = f"`{data.name}` is a distribution of {data.width} bits, and its noisy strings are listed up to {WIDEST}"
    if data.conditions is not None:
        fault = f"`{data.name}` is a distribution with conditions"
    if call.draws > 1:
        fault = f"`{data.name}` is a distribution, of whose noisy strings none is drawn"
    if fault:
        raise QglError([BadDataArgument(call.span, call.name, fault)])
    chances = distribution(data).reshape((2,) * data.width)
    for bit in range(data.width):
        chances = (1 - call.p) * chances + call.p * np.flip(chances, bit)
    there = np.flatnonzero(chances)
    return _made(name, call, data, strings(there, data.width), chances.reshape(-1)[there], None)


def _made(
    name: str,
    call: Flipped,
    data: DataSet,
    rows: NDArray[np.uint8],
    weights: NDArray[np.float64],
    conditions: NDArray[np.float64] | None,
) -> DataSet:
    """The hash is that of what it is made of, and of how."""
    for array in (rows, weights, conditions):
        if array is not None:
            array.setflags(write=False)
    digest = hashlib.sha256(repr((data.sha256, call.p, call.draws, call.seed)).encode()).hexdigest()
    kind = "string" if data.exact else "noisy row"
    about = (
        f"{plural(len(rows), kind)} of {data.name}, bits flipped with p = {call.p:g}; {plural(data.width, 'bit')} each"
    )
    made = replace(data, name=name, rows=rows, weights=weights, conditions=conditions, sha256=digest, description=about)
    return replace(made, state=None, states=None, rule=None, guessed="")
