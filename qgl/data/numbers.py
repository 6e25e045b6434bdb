"""Data of real numbers: grey pictures, transforms that keep their inverse, windows, blends, levels, and pairs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import IO

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import indices, strings
from qgl.data.digits import averaged, pictures
from qgl.data.files import Limits
from qgl.data.npz_archive import header, read_array
from qgl.data.tables.table import check_bytes
from qgl.diagnostics.data import BadDataArgument
from qgl.diagnostics.model import QglError, plural
from qgl.diagnostics.tables import BadArchive, NoRows
from qgl.program.calls import data_sources as calls
from qgl.program.program import DataSet
from qgl.program.transforms import Binning, Projection, Stretch, Transform, undone
from qgl.source import Span

Numbers = NDArray[np.float64]
Declared = Mapping[str, DataSet]


def make(
    name: str,
    numbers: Numbers,
    limits: Limits,
    span: Span,
    *,
    conditions: Numbers | None = None,
    picture: tuple[int, int] | None = None,
    undo: tuple[Transform, ...] = (),
) -> DataSet:
    """A data set of rows of real numbers. The hash is over the numbers.

    Raises:
        QglError: QGL0607, QGL0610, there are none or too many.
    """
    if not numbers.size:
        raise QglError([NoRows(span, f"`{name}`", f"its numbers have the shape {numbers.shape}")])
    check_bytes(f"`{name}`", 8 * numbers.size, limits, span)
    numbers = np.ascontiguousarray(numbers, dtype=np.float64)
    digest = hashlib.sha256(f"{numbers.shape}".encode() + numbers.tobytes())
    digest.update(b"" if conditions is None else np.ascontiguousarray(conditions).tobytes())
    rows, weights = np.zeros((len(numbers), 0), np.uint8), np.full(len(numbers), 1 / len(numbers))
    for array in (numbers, rows, weights, conditions):
        if array is not None:
            array.setflags(write=False)
    about = f"{plural(len(numbers), 'row')} of {plural(numbers.shape[1], 'number')} each"
    if conditions is not None:
        about += f"; {plural(conditions.shape[1], 'condition column')}"
    return DataSet(
        name, rows, weights, conditions, False, digest.hexdigest(), about, picture=picture, numbers=numbers, undo=undo
    )


def images(content: bytes, call: calls.Images, limits: Limits) -> tuple[Numbers, tuple[int, int]]:
    """Grey pictures of an archive, a row each, and their numbers of rows and columns.

    Raises:
        QglError: QGL0609, the array holds no pictures; QGL0610, QGL0613.
    """

    def check(file: IO[bytes]) -> tuple[int, ...]:
        shape, kind = header(file, call.path, call.span)
        if kind.hasobject or kind.kind not in "biuf" or len(shape) != 3 or 0 in shape:
            fault = f"the array is {kind} of shape {shape}; pictures are numbers of shape (pictures, rows, columns)"
            raise QglError([BadArchive(call.span, call.path, fault)])
        check_bytes(f'"{call.path}"', 8 * int(np.prod(shape, dtype=object)), limits, call.span)
        return shape

    array = read_array(content, call, check)
    if call.rows is not None:
        array = _chosen(array, call.rows, f'"{call.path}"', call)
    values = array.astype(np.float64) / (255 if array.dtype.kind in "iu" else 1)
    if not np.isfinite(values).all() or (array.dtype.kind in "iu" and (values.min() < 0 or values.max() > 1)):
        fault = "a pixel is no finite number, or a whole number that is not from 0 to 255"
        raise QglError([BadArchive(call.span, call.path, fault)])
    return values.reshape(len(values), -1), (int(array.shape[1]), int(array.shape[2]))


def grey_digits(call: calls.Digits) -> Numbers:
    """Ink of handwritten digits as fractions of the most there can be, a row a picture."""
    ink, digit = pictures()
    shades = averaged(ink[np.isin(digit, call.classes)], call.size)
    return shades.reshape(len(shades), -1)


def transformed(name: str, call: calls.NumbersCall, declared: Declared, limits: Limits) -> DataSet:
    """Data that are made of the numbers of other data, row by row.

    Raises:
        QglError: QGL0613, the arguments do not go with the data; QGL0610, they would be too many numbers.
    """
    data = declared[call.data]
    x = _numbers(data)
    match call:
        case calls.RowsOf(rows=chosen):
            conditions = None if data.conditions is None else _chosen(data.conditions, chosen, call.data, call)
            rows = _chosen(x, chosen, call.data, call)
            made = make(name, rows.copy(), limits, call.span, conditions=conditions)
            return replace(made, picture=data.picture, undo=data.undo, columns=data.columns, labels=data.labels)
        case calls.PCA() | calls.Scaled():
            step = _fitted(call, _numbers(declared[call.fit or call.data]), x.shape[1])
            made = make(name, step.apply(x), limits, call.span, picture=data.picture, undo=(*data.undo, step))
            return _with_labels(replace(made, columns=data.columns), data)
        case calls.Unit():
            norms = np.linalg.norm(x, axis=1, keepdims=True)
            if not norms.all():
                raise _fault(call, f"row {int(np.argmin(norms))} of `{data.name}` is zero, which has no direction")
            made = make(name, x / norms, limits, call.span, picture=data.picture)
            return _with_labels(replace(made, columns=() if data.undo else data.columns), data)
        case calls.Windows(length=length, step=step):
            count = (len(x) - length) // step + 1
            if count < 1:
                raise _fault(call, f"`{data.name}` has {plural(len(x), 'row')}, and a window {length}")
            check_bytes(f"`{name}`", 8 * count * length * x.shape[1], limits, call.span)
            places = step * np.arange(count)[:, None] + np.arange(length)
            made = make(name, x[places].reshape(count, -1), limits, call.span)
            named = () if data.undo else tuple(f"{each}[{k}]" for k in range(length) for each in data.columns)
            return replace(made, columns=named)
        case calls.Patches():
            return make(name, _patches(x, data, call, limits), limits, call.span, picture=(call.size, call.size))
        case calls.Blended():
            check_bytes(f"`{name}`", 8 * x.size * len(call.weights), limits, call.span)
            noise = np.random.default_rng(call.seed).normal(call.mean, call.deviation, x.shape)
            parts = [np.clip((1 - weight) * x + weight * noise, 0, 1) for weight in call.weights]
            return make(name, np.concatenate(parts), limits, call.span, picture=data.picture)
        case _:
            raise ValueError(f"no data source `{call.name}`")


def _with_labels(made: DataSet, data: DataSet) -> DataSet:
    """Rows made of those of `data`, one of each, with the labels that these have."""
    if data.labels is None or data.conditions is None:
        return made
    digest = hashlib.sha256(f"{made.sha256} {data.labels.names}".encode() + data.conditions.tobytes()).hexdigest()
    return replace(made, conditions=data.conditions, labels=data.labels, sha256=digest)


def binned(call: calls.Levels | calls.TableCall, x: Numbers, declared: Declared) -> tuple[NDArray[np.uint8], Binning]:
    """The bin of each number in its column, in binary, and what the bins are; `x` has the shape (rows, columns).

    Raises:
        QglError: QGL0613, the arguments do not go with the numbers.
    """
    step = _binning(call, x, declared)
    codes = step.apply(x).astype(np.int64)
    return np.concatenate(list(map(strings, codes.T, step.bits.tolist())), axis=1).astype(np.uint8), step


def _binning(call: calls.Levels | calls.TableCall, x: Numbers, declared: Declared) -> Binning:
    """The bins that a call asks for: made by its own numbers, by those of other data, or the bins of other data."""
    columns = x.shape[1]
    bits = call.bits * columns if len(call.bits) == 1 else call.bits
    if len(bits) != columns:
        raise _fault(call, f"{len(bits)} numbers of bits for {plural(columns, 'column')}")
    fit = None if call.fit is None else declared[call.fit]
    if fit is not None and fit.numbers is None:
        step = fit.undo[-1] if fit.undo else None
        if not isinstance(step, Binning):
            raise _fault(call, f"`{fit.name}` has neither real numbers nor bins of them")
        if tuple(step.bits.tolist()) != bits:
            raise _fault(call, f"the bins of `{fit.name}` are of {listed_bits(step)}, not of as many here")
        return step
    rows = x if fit is None else _numbers(fit)
    _same_columns(call, x, rows)
    quantile = call.quantile if isinstance(call, calls.Levels) else None
    return Binning.fitted(rows, bits, 1.0 if quantile is None and call.bins == "width" else quantile)


def listed_bits(step: Binning) -> str:
    """`3 columns, 4 bits each`."""
    widths = step.bits.tolist()
    if len(set(widths)) == 1:
        return f"{plural(len(widths), 'column')}, {plural(widths[0], 'bit')} each"
    return f"{plural(len(widths), 'column')}, {', '.join(map(str, widths))} bits"


def in_units(rows: NDArray[np.uint8], data: DataSet, random: np.random.Generator | None = None) -> Numbers | None:
    """Strings of bits as the numbers that the bins of `data` are of, shape (count, columns): the centres of bins, or
    with `random` numbers drawn inside of them. None where the bits of `data` are no bins.
    """
    step = data.undo[-1] if data.undo else None
    if not isinstance(step, Binning):
        return None
    ends = np.cumsum(step.bits)[:-1].tolist()
    codes = np.column_stack([indices(each) for each in np.split(rows, ends, axis=1)])
    return undone(codes.astype(np.float64), data.undo, random)


def complete(rows: Numbers, call: calls.TableCall, known: NDArray[np.bool_] | None = None) -> tuple[Numbers, str]:
    """The rows in which no value is missing, or the `known` ones, and a remark on how many others there were.

    Raises:
        QglError: QGL0607, none is left.
    """
    whole = ~np.isnan(rows).any(axis=1) if known is None else known
    if not whole.any():
        raise QglError([NoRows(call.span, f'"{call.path}"', "a value is missing in each of its rows")])
    left_out = int((~whole).sum())
    remark = f"{plural(left_out, 'row')} with missing values left out" if left_out else ""
    return (rows[whole] if left_out else rows), remark


def pairs(name: str, call: calls.Pairs, declared: Declared) -> DataSet:
    """The rows of the target, which are given those of the input.

    Raises:
        QglError: QGL0613, there are not as many of both, or the target is a distribution or has conditions.
    """
    given, target = declared[call.input], declared[call.target]
    x = _inputs(given)
    whole = target.states if target.states is not None else target.numbers
    if target.conditions is not None or (whole is None and target.exact):
        raise _fault(call, f"the rows of `{target.name}` are a distribution, or are given something already")
    count = len(target.rows if whole is None else whole)
    if len(x) != count:
        counts = f"{plural(len(x), 'row')} and `{target.name}` {count}"
        raise _fault(call, f"`{given.name}` has {counts}, but a pair is a row of each")
    digest = hashlib.sha256(f"pairs {given.sha256} {target.sha256}".encode()).hexdigest()
    about = f"{target.description}; {plural(x.shape[1], 'condition column')}"
    kind = "" if given.states is None else "state" if given.states.ndim == 2 else "density"
    return replace(target, name=name, conditions=x, given=kind, sha256=digest, description=about)


def _inputs(data: DataSet) -> Numbers:
    """What a `condition` is given: numbers, real and imaginary parts of amplitudes in turn, for mixed states of the
    entries of their square roots, or bits.
    """
    if data.numbers is not None:
        return data.numbers
    if data.states is None:
        return data.rows.astype(np.float64)
    if data.states.ndim != 2:
        return amplitude_pairs(square_roots(data.states))
    return amplitude_pairs(data.states)


def amplitude_pairs(states: NDArray[np.complex128]) -> Numbers:
    """The real and the imaginary part of each number in turn: shape (states, 2 numbers)."""
    return np.stack([states.real, states.imag], axis=-1).reshape(len(states), -1)


def square_roots(states: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Those of density matrices, shape (states, d, d)."""
    values, vectors = np.linalg.eigh(states)
    scaled = vectors * np.sqrt(np.maximum(values, 0))[:, None]
    roots: NDArray[np.complex128] = scaled @ np.swapaxes(vectors, 1, 2).conj()
    return roots


def _fitted(call: calls.PCA | calls.Scaled, fit: Numbers, columns: int) -> Transform:
    """The transform, of the rows `fit`."""
    if fit.shape[1] != columns:
        raise _fault(call, f"it is fitted to rows of {plural(fit.shape[1], 'number')}, but the data have {columns}")
    if isinstance(call, calls.PCA):
        if call.components > min(fit.shape):
            raise _fault(
                call,
                f"{plural(len(fit), 'row')} of {plural(columns, 'number')} have no {call.components} components",
            )
        mean = fit.mean(axis=0)
        axes = np.linalg.svd(fit - mean, full_matrices=False)[2][: call.components]
        largest = axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)]
        return Projection(mean, axes * np.sign(largest)[:, None])  # the sign of a component means nothing: it is fixed
    order = np.array(call.order or range(columns), np.int64)
    if sorted(order.tolist()) != list(range(columns)):
        raise _fault(call, f"`order` names each of the columns 0..{columns - 1} once")
    axis = None if call.alike else 0
    low, high = fit.min(axis=axis), fit.max(axis=axis)
    if not (high > low).all() or call.high <= call.low:
        raise _fault(call, "numbers that are all alike cannot be stretched, nor can bounds be the same or backwards")
    factor = np.atleast_1d((call.high - call.low) / (high - low))
    return Stretch(factor, np.atleast_1d(call.low - low * factor), order)


def _patches(x: Numbers, data: DataSet, call: calls.Patches, limits: Limits) -> Numbers:
    """Squares of pixels, a row each, picture after picture."""
    if data.picture is None:
        raise _fault(call, f"the rows of `{data.name}` are no pictures, which have rows and columns of pixels")
    high, wide = (side - 2 * call.border for side in data.picture)
    if min(high, wide) < call.size:
        shape = " x ".join(map(str, data.picture))
        raise _fault(call, f"the pictures of `{data.name}` are {shape} pixels, in which there is no such square")
    check_bytes(f"`{data.name}`", 8 * len(x) * high * wide * call.size**2, limits, call.span)
    across = data.picture[1]
    rows, columns = (call.border + np.arange(side - call.size + 1) for side in (high, wide))
    corners = (rows[:, None] * across + columns).ravel()
    within = (np.arange(call.size)[:, None] * across + np.arange(call.size)).ravel()
    return x[:, corners[:, None] + within].reshape(-1, call.size**2)


def _numbers(data: DataSet) -> Numbers:
    assert data.numbers is not None  # the checker has seen to it
    return data.numbers


def _chosen(rows: NDArray[np.float64], wanted: tuple[int, int], what: str, call: calls.DataCall) -> NDArray[np.float64]:
    first, last = wanted
    if last >= len(rows):
        raise _fault(call, f"rows {first}..{last} of {what}, which has {plural(len(rows), 'row')}, numbered from 0")
    return rows[first : last + 1]


def _same_columns(call: calls.DataCall, x: Numbers, fit: Numbers) -> None:
    if x.shape[1] != fit.shape[1]:
        raise _fault(call, f"it is fitted to rows of {plural(fit.shape[1], 'number')}, but the data have {x.shape[1]}")


def _fault(call: calls.DataCall, fault: str) -> QglError:
    return QglError([BadDataArgument(call.span, call.name, fault)])
