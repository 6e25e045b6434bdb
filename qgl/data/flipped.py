"""Noise on bits: each of a row flipped by chance, drawn for rows and exact for distributions of few bits; and paths of
more and more of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distribution, strings
from qgl.data.files import Limits
from qgl.diagnostics.data import BadDataArgument, DataTooLarge
from qgl.diagnostics.model import QglError, plural
from qgl.program.calls.data_sources import Diffused, Flipped
from qgl.program.program import DataSet

WIDEST = 16  # bits of a distribution all of whose strings are listed


def flipped(name: str, call: Flipped, data: DataSet, limits: Limits) -> DataSet:
    """`data` after noise on each bit; conditions and labels stay with their rows.

    Raises:
        QglError: noise would lead out of the categories or out of what can be listed (QGL0613), or the rows are too
            many to hold (QGL0610).
    """
    _check(call, data, 1, limits)
    if data.exact:
        return _distribution(name, call, data)
    generator = np.random.default_rng(call.seed)
    drawn = [np.asarray(generator.random(data.rows.shape) < call.p, np.uint8) ^ data.rows for _ in range(call.draws)]
    about = f"{plural(call.draws * len(data.rows), 'noisy row')} of {data.name}, bits flipped with p = {call.p:g}"
    return _drawn(name, call, data, np.concatenate(drawn), (call.p, call.draws, call.seed), about)


def diffused(name: str, call: Diffused, data: DataSet, limits: Limits) -> DataSet:
    """Paths of `data` and its noisier versions, the noisiest first: a Markov chain from the row, which comes last.

    From a bit that differs from the row's with probability a comes one that does with b by a flip of probability
    (b - a) / (1 - 2 a): the binomial diffusion of J. Sohl-Dickstein et al., arXiv 1503.03585.

    Raises:
        QglError: as `flipped` does; or `data` are no rows, or `p` does not ascend (QGL0613).
    """
    fault = f"`{data.name}` is a distribution, of whose paths none is drawn" if data.exact else ""
    before = (0.0, *call.p)[:-1]
    if any(a >= b for a, b in zip(before, call.p, strict=True)):
        fault = "`p` ascends: each step adds noise"
    if fault:
        raise QglError([BadDataArgument(call.span, call.name, fault)])
    _check(call, data, 1 + len(call.p), limits)
    generator = np.random.default_rng(call.seed)
    versions = [np.tile(data.rows, (call.draws, 1))]
    for a, b in zip(before, call.p, strict=True):
        flips = generator.random(versions[0].shape, np.float32) < (b - a) / (1 - 2 * a)
        versions.insert(0, versions[0] ^ flips.astype(np.uint8))
    about = f"{plural(len(versions[0]), 'path')} of {data.name} in {plural(len(call.p), 'step')} of noise"
    made = _drawn(name, call, data, np.hstack(versions), (call.p, call.draws, call.seed), about)
    picture = None if data.picture is None else (len(versions) * data.picture[0], data.picture[1])
    categories = None if data.categories is None else data.categories * len(versions)
    return replace(made, picture=picture, categories=categories, undo=(), columns=(), integer=False)


def _check(call: Flipped | Diffused, data: DataSet, versions: int, limits: Limits) -> None:
    """Raises what is wrong with noise on any data, of which so many versions are held."""
    for count, width in data.categories or ():
        if count != 1 << width:
            fault = f"a variable of {count} values in {plural(width, 'bit')} has codes that mean nothing"
            raise QglError([BadDataArgument(call.span, call.name, fault)])
    cells = versions * call.draws * len(data.rows) * data.width
    if cells > limits.cells:
        raise QglError([DataTooLarge(call.span, f"`{call.name}`", f"{cells:,} bits", f"{limits.cells:,} bits")])


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
    about = f"{plural(len(there), 'string')} of {data.name}, bits flipped with p = {call.p:g}"
    how = (call.p, call.draws, call.seed)
    return _made(name, data, strings(there, data.width), chances.reshape(-1)[there], None, how, about)


def _drawn(
    name: str, call: Flipped | Diffused, data: DataSet, rows: NDArray[np.uint8], how: tuple[object, ...], about: str
) -> DataSet:
    """Rows that were drawn for all of `data` and for all again; conditions stay with them."""
    conditions = None if data.conditions is None else np.tile(data.conditions, (call.draws, 1))
    return _made(name, data, rows, np.tile(data.weights / call.draws, call.draws), conditions, how, about)


def _made(
    name: str,
    data: DataSet,
    rows: NDArray[np.uint8],
    weights: NDArray[np.float64],
    conditions: NDArray[np.float64] | None,
    how: tuple[object, ...],
    about: str,
) -> DataSet:
    """The hash is that of what it is made of, and of how."""
    for array in (rows, weights, conditions):
        if array is not None:
            array.setflags(write=False)
    digest = hashlib.sha256(repr((data.sha256, *how)).encode()).hexdigest()
    about = f"{about}; {plural(rows.shape[1], 'bit')} each"
    made = replace(data, name=name, rows=rows, weights=weights, conditions=conditions, sha256=digest, description=about)
    return replace(made, state=None, states=None, rule=None, guessed="")
