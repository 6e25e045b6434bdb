"""Reports on the numbers that outputs hand out, as they were before the transforms of the data that are learnt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.evaluate.outputs import pictures
from qgl.evaluate.row import Row
from qgl.evaluate.table.titles import title
from qgl.objectives.model import Setting
from qgl.objectives.outputs.columns import columns_of
from qgl.objectives.outputs.discrepancy import NumbersDiscrepancy
from qgl.objectives.outputs.mse import MeanSquaredError
from qgl.objectives.outputs.transport import NumbersTransport
from qgl.program.calls import reports as calls
from qgl.program.program import DataSet
from qgl.program.transforms import undone
from qgl.query import Numbers, Query

Array = NDArray[np.float64]
Similarity = Callable[[Array, Array], float]
Generated = Callable[[int], Array]  # so many rows of all outputs, shape (rows, numbers)
_LEAST_SIDE = 3  # of a picture whose windows are compared
_SEED = 2  # of rows that are drawn


class Answer(Protocol):
    """Answers a query, under a condition if it is given one."""

    def __call__(self, query: Query, condition: Any = None) -> Any: ...


def drawn_by_weight(answer: Answer) -> Generated:
    """Rows of labels that are drawn by their weights, of a model without conditions."""

    def generated(count: int) -> Array:
        weights, numbers = (np.asarray(each, np.float64) for each in answer(Numbers()))
        return numbers[np.random.default_rng(_SEED).choice(len(weights), count, p=weights / weights.sum())]

    return generated


def _discrepancy(call: calls.MMD, setting: Setting, answer: Answer) -> Row:
    """The discrepancy of the numbers of all labels, with their weights, from those of the data."""
    weights, numbers = answer(Numbers())
    with jax.enable_x64(True):  # answers of a program in double precision stay so
        distance = NumbersDiscrepancy.of(call, setting).distance(jnp.asarray(weights), jnp.asarray(numbers))
        return Row(title(call), float(distance))


def _transported(call: calls.Wasserstein, setting: Setting, data: DataSet, answer: Answer) -> Row:
    """The distance of the numbers of all labels, with their weights, from the data; beside that of their halves."""
    rows, between = data.numbers, NumbersTransport.of(call, setting)
    assert rows is not None
    value, half = between.measured(*answer(Numbers())), len(rows) // 2
    if not half:
        return Row(title(call), value)
    order = np.random.default_rng(_SEED).permutation(len(rows))
    one, other = rows[order[:half]], replace(between, rows=rows[order[half:]], columns=np.arange(rows.shape[1]))
    parts = f"the distance of {half:,} of its rows from the {len(other.rows):,} others"
    floor = other.measured(np.full(half, 1 / half), one)
    return Row(title(call), value, floor=floor, floor_is=f"sampling floor of `{data.name}`: {parts}")


def numbers_reported(call: calls.OfData, setting: Setting, answer: Answer, generated: Generated) -> Iterator[Row]:
    """The rows of the table that a report on numbers has."""
    assert call.data is not None  # the checker has seen to it
    data = setting.data[call.data]
    match call:
        case calls.MMD():
            yield _discrepancy(call, setting, answer)
        case calls.Wasserstein():
            yield _transported(call, setting, data, answer)
        case calls.MSE():
            yield _mean_squared_error(call, setting, data, answer)
        case calls.Frechet():
            yield from _frechet(call, setting, data, generated)
        case calls.Spread():
            variance = pictures.spread(_before(call, setting, generated(call.samples)))
            yield Row(
                title(call),
                variance,
                floor=pictures.spread(_of_data(data)),
                floor_is=f"floor of `{data.name}` in spread: that of the data",
            )
        case calls.SSIM():
            if data.picture is None or min(data.picture) < _LEAST_SIDE:
                yield _without(
                    call, f"the rows of `{data.name}` are no pictures of at least {_LEAST_SIDE} x {_LEAST_SIDE}"
                )
                return
            shape = data.picture
            yield _similarity(call, setting, data, answer, generated, lambda: pictures.structural_similarity(shape))
        case calls.PSNR():
            yield _similarity(call, setting, data, answer, generated, pictures.peak_ratio)
        case _:
            raise ValueError(f"no report `{call.name}`")


def _mean_squared_error(call: calls.MSE, setting: Setting, data: DataSet, answer: Answer) -> Row:
    error = MeanSquaredError.of(call, setting)

    def measured(condition: Any, targets: NDArray[np.float64]) -> float:
        weights, numbers = answer(Numbers(), *condition)
        with jax.enable_x64(True):
            return float(error.error(weights, numbers, jnp.asarray(targets)))

    if data.conditions is None:
        return Row(title(call), measured((), error.targets))
    each = zip(data.conditions, error.targets, strict=True)
    return Row(title(call), float(np.mean([measured((condition,), target[None]) for condition, target in each])))


def _frechet(call: calls.Frechet, setting: Setting, data: DataSet, generated: Generated) -> Iterator[Row]:
    """The distance, that of the mean row of the data by itself, and that of one half of the data from the other."""
    model, wanted = _before(call, setting, generated(call.samples)), _of_data(data)
    count, size = model.shape
    if size > pictures.MOST_NUMBERS:
        yield _without(call, f"rows of {size:,} numbers are more than {pictures.MOST_NUMBERS:,}")
        return
    if not np.isfinite(model).all():
        yield _without(call, "some of what is generated has no numbers: outcomes that are required do not come")
        return
    few = min(count, len(wanted))
    note = "" if few > size else f"{title(call)}: {few:,} rows do not fill {size:,} numbers: covariances are singular"
    yield Row(title(call), pictures.frechet(model, wanted), note=note)
    mean = wanted.mean(axis=0, keepdims=True)
    yield Row(f"{title(call)}, mean row of the data", pictures.frechet(np.repeat(mean, 2, axis=0), wanted))
    order = np.random.default_rng(_SEED).permutation(len(wanted))
    if len(wanted) > 3:
        halves = np.array_split(wanted[order], 2)
        yield Row(f"{title(call)}, one half of the data from the other", pictures.frechet(*halves))


def _similarity(
    call: calls.Similarity,
    setting: Setting,
    data: DataSet,
    answer: Answer,
    generated: Generated,
    measure: Callable[[], Similarity],
) -> Row:
    """The mean over rows: of pairs, of what is handed out under each condition; else of what is nearest in the data."""
    try:
        similarity = measure()
    except ImportError:
        return _without(call, "needs the package scikit-image, which is not installed: pip install 'qglc[pictures]'")
    wanted = _of_data(data)
    if data.conditions is None:
        rows = _before(call, setting, generated(call.samples))
        values = [similarity(row, wanted[k]) for row, k in zip(rows, pictures.nearest(rows, wanted), strict=True)]
        return _finite(call, float(np.mean(values)))
    values = []
    for condition, target in zip(data.conditions, wanted, strict=True):
        weights, numbers = (np.asarray(each, np.float64) for each in answer(Numbers(), condition))
        comes = weights > 0
        rows = _before(call, setting, numbers[comes])
        values.append(float(np.dot(weights[comes], [similarity(row, target) for row in rows])))
    return _finite(call, float(np.mean(values)))


def _finite(call: calls.Similarity, value: float) -> Row:
    return (
        Row(title(call), value)
        if np.isfinite(value)
        else _without(call, "a picture is equal to what it is held against")
    )


def _without(call: calls.OfData, reason: str) -> Row:
    return Row(title(call), None, note=f"{title(call)}: {reason}")


def _before(call: calls.OfNumbers, setting: Setting, numbers: Array) -> Array:
    """Rows of the outputs that are compared, as they were before the transforms of the data that are learnt."""
    return undone(np.asarray(numbers, np.float64)[:, columns_of(setting.outputs, call.of)], setting.undo)


def _of_data(data: DataSet) -> Array:
    assert data.numbers is not None  # the checker has seen to it
    return undone(data.numbers, data.undo)
