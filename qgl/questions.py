"""What a Python user hands to a model, held against what the model takes before any of it reaches JAX.

Shapes and types are always checked, values where they are known: what `jax.jit`, `jax.grad` and `jax.vmap` trace has
none yet. Every fault is a `ValueError` that says what was given and what was wanted, so that no shape is broadcast and
no string that is none gets a probability.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from qgl import observables
from qgl.query import (
    Expectation,
    GivenBases,
    GivenOutcomes,
    GivenPauliWords,
    GivenStrings,
    LogProb,
    Marginals,
    Numbers,
    Query,
    Samples,
)

Array = jax.Array
_OPEN = (GivenStrings, GivenOutcomes, GivenBases, GivenPauliWords)


def is_traced(value: object) -> bool:
    """Whether JAX is tracing `value`, so that its numbers are not known yet."""
    return isinstance(value, jax.core.Tracer)


def numbers(value: Any, name: str, shape: tuple[int, ...]) -> Array:
    """An array of real numbers of exactly this shape, finite where they are known.

    Raises:
        ValueError: it is none.
    """
    array = _array(value, name)
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, but {shape} is wanted")
    if array.dtype.kind not in "fiub" and not jnp.issubdtype(array.dtype, jnp.floating):
        raise ValueError(f"{name} holds {array.dtype}, but real numbers are wanted")
    with np.errstate(over="ignore"):  # of doubles that are infinite in single precision, which is told below
        result = jnp.asarray(array)
    if not jnp.issubdtype(result.dtype, jnp.floating):
        result = result.astype(jnp.result_type(float))
    if not is_traced(result) and not np.isfinite(result).all():
        raise ValueError(f"{name} holds numbers that are not finite in {result.dtype}")
    return result


def bits(value: Any, name: str, width: int, count: int | None = None) -> Array:
    """Rows of 0 and 1, shape (count, width), as uint8. Rows may be written as strings: `["011", "100"]`.

    Raises:
        ValueError: another shape or type, no row at all, or, where values are known, one other than 0 and 1.
    """
    array = _rows_of_text(value, name) if _is_text(value) else _array(value, name)
    if array.dtype.kind in "US":
        array = _rows_of_text(array.tolist(), name)
    wanted = f"({'rows' if count is None else count}, {width})"
    if array.ndim != 2 or array.shape[1] != width or not len(array) or count not in (None, len(array)):
        raise ValueError(f"{name} has shape {array.shape}, but {wanted} is wanted, a bit for each visible qubit")
    if array.dtype.kind not in "iub":
        raise ValueError(f"{name} holds {array.dtype}, but whole numbers 0 and 1 are wanted")
    if not is_traced(array):
        known = np.asarray(array)
        wrong = known[(known != 0) & (known != 1)]
        if wrong.size:
            raise ValueError(f"{name} holds {wrong[0]}, but only 0 and 1 are bits")
        return jnp.asarray(known.astype(np.uint8))
    return jnp.asarray(array) if array.dtype.kind != "b" else jnp.asarray(array, jnp.uint8)


def of_bits_only(answer: Array, rows: Array | None) -> Array:
    """`answer`, of last axis (rows,), with NaN for those traced `rows` that hold something other than 0 and 1."""
    if rows is None or not is_traced(rows):
        return answer
    return jnp.where(((rows == 0) | (rows == 1)).all(axis=1), answer, jnp.nan)


def whole(value: Any, name: str, least: int) -> int:
    """A plain whole number of at least `least`.

    Raises:
        ValueError: it is none, or is not known yet.
    """
    if is_traced(value):
        raise ValueError(f"{name} must be known when the question is compiled: make it a static argument")
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name} is {_shown(value)}, but a whole number of at least {least} is wanted")
    return int(value)


def random_key(value: Any, name: str = "key") -> Array:
    """One key of JAX, typed, of shape (), or of two raw numbers, (2,).

    Raises:
        ValueError: it is none.
    """
    wanted = "but one key is wanted, such as jax.random.key(0)"
    if not isinstance(value, jax.Array | np.ndarray):
        raise ValueError(f"{name} is {_shown(value)}, {wanted}")
    typed = jnp.issubdtype(value.dtype, jax.dtypes.prng_key)
    if not typed and value.dtype != np.uint32:
        raise ValueError(f"{name} holds {value.dtype}, {wanted}")
    if value.ndim != (0 if typed else 1):
        raise ValueError(f"{name} has shape {value.shape}, {wanted}")
    if not typed and len(value) != jax.random.key_data(jax.random.key(0)).size:
        raise ValueError(f"{name} has shape {value.shape}, {wanted}")
    return jnp.asarray(value)


def checked_pauli_words(pauli_words: Any, width: int) -> tuple[str, ...]:
    """Pauli words of a letter of `IXYZ` for each visible qubit, however they are written (`qgl.observables`).

    Raises:
        ValueError: no list, an empty one, or what is no Pauli word on the visible qubits.
    """
    given = _listed(pauli_words, "pauli_words", 'a list of Pauli words, such as ["' + "Z" * min(width, 8) + '"]')
    letters = []
    for each in given:
        pauli_word = observables.pauli_word(each, width)
        if pauli_word is None:
            raise ValueError(f"{_shown(each)} is not a Pauli word of {width} letters of IXYZ")
        letters.append(pauli_word)
    return tuple(letters)


def regions(given: Any, positions: int) -> tuple[tuple[int, ...], ...]:
    """Regions of different positions below `positions`.

    Raises:
        ValueError: no list of lists of such positions, or an empty one.
    """
    given_regions = _listed(given, "regions", "a list of lists of positions, such as [[0, 1], [1, 2]]")
    return tuple(_region(region, positions) for region in given_regions)


def _region(region: Any, positions: int) -> tuple[int, ...]:
    shown = _shown(tuple(region) if isinstance(region, list | range) else region)
    fault = ValueError(f"{shown} is not a region of positions 0 to {positions - 1}")
    if is_traced(region) or isinstance(region, str | bytes | int | float | None | dict):
        raise fault
    places = list(region)
    if any(isinstance(place, bool) or not isinstance(place, int | np.integer) for place in _plain(places)):
        raise fault
    if not places or len(set(map(int, places))) < len(places) or not all(0 <= place < positions for place in places):
        raise fault
    return tuple(map(int, places))


def checked_queries(
    queries: Iterable[Query],
    given: Mapping[Query, ArrayLike] | None,
    key: Any,
    width: int,
    positions: int,
) -> tuple[tuple[Query, ...], tuple[Array | None, ...]]:
    """The queries, and beside each the array that comes with it, shape (rows, width), if any.

    Args:
        queries: those of `qgl.query`.
        given: the strings or Pauli words of those that leave them open.
        key: for those that draw.
        width: of the strings; visible qubits.
        positions: visible and hidden qubits, which `Expectation` and `Marginals` may name.

    Raises:
        ValueError: a query of another width, one that needs a key or an array and has none.
    """
    listed = _listed(queries, "queries", "a list of queries of qgl.query", may_be_empty=True)
    for query in listed:
        check_query(query, width, positions)
        draws = isinstance(query, Samples | GivenBases) or (
            isinstance(query, GivenPauliWords) and query.samples is not None
        )
        draws |= isinstance(query, Numbers) and query.shots is not None
        if draws and key is None:
            raise ValueError(f"{query} draws random numbers: give `key`, such as jax.random.key(0)")
    arrays = dict(given or {})
    for query in arrays:
        if query not in listed or not isinstance(query, _OPEN):
            raise ValueError(f"`given` holds an array for {_shown(query)}, which takes none or was not asked")
    return tuple(listed), tuple(_array_of(query, arrays, width) for query in listed)


def _array_of(query: Query, arrays: Mapping[Query, ArrayLike], width: int) -> Array | None:
    if not isinstance(query, _OPEN):
        return None
    if query not in arrays:
        raise ValueError(f"{query} leaves its rows open: give them in `given`")
    if isinstance(query, GivenOutcomes):
        return _outcomes(arrays[query], f"given[{query}]", (query.count, width, 2))
    if isinstance(query, GivenBases):
        return pauli_bases(arrays[query], f"given[{query}]", (query.count, width))
    return bits(arrays[query], f"given[{query}]", width, query.count)


def pauli_bases(value: Any, name: str, shape: tuple[int, ...]) -> Array:
    """Pauli bases, whole numbers 1 to 3, of exactly this shape, as uint8.

    Raises:
        ValueError: they are none.
    """
    array = _array(value, name)
    if array.shape != shape or array.dtype.kind not in "iu":
        raise ValueError(f"{name} has shape {array.shape} of {array.dtype}, but whole numbers, {shape}, are wanted")
    if not is_traced(array) and not np.isin(array, (1, 2, 3)).all():
        raise ValueError(f"{name} holds other numbers than 1, 2 and 3, which stand for the bases X, Y and Z")
    return jnp.asarray(array, jnp.uint8)


def _outcomes(value: Any, name: str, shape: tuple[int, ...]) -> Array:
    """Pauli bases and bits, of exactly this shape, the last axis being of the two, as uint8."""
    array = _array(value, name)
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, but {shape} is wanted, a basis and a bit of each qubit")
    rows = bits(array[..., 1], name, shape[1], shape[0])
    return jnp.stack([pauli_bases(array[..., 0], name, shape[:2]), rows.astype(jnp.uint8)], -1)


def check_query(query: Query, width: int, positions: int) -> None:
    """That a query can be asked of a model of so many visible qubits (`width`), and visible and hidden (`positions`).

    Raises:
        ValueError: it cannot.
    """
    if not isinstance(query, Query):
        raise ValueError(f"{_shown(query)} is no query of qgl.query")
    match query:
        case LogProb():
            if query.width != width:
                raise ValueError(f"the strings of LogProb have {query.width} bits, but the model has {width}")
            bits(query.rows, "LogProb", width)
        case GivenStrings() | GivenOutcomes() | GivenBases():
            whole(query.count, f"{type(query).__name__}.count", 1)
        case GivenPauliWords():
            whole(query.count, "GivenPauliWords.count", 1)
            if query.samples is not None:
                whole(query.samples, "GivenPauliWords.samples", 2)
        case Expectation():
            if not query.count:
                raise ValueError("Expectation asks of no Pauli word")
            if not ((query.positions >= -1) & (query.positions < positions)).all() or (query.letters > 3).any():
                raise ValueError(f"a Pauli word of Expectation reaches beyond positions 0 to {positions - 1}")
        case Marginals():
            regions(query.regions, positions)
        case Numbers() if query.shots is not None:
            whole(query.shots, "Numbers.shots", 1)
        case Samples():
            whole(query.shots, "Samples.shots", 1)


def _array(value: Any, name: str) -> Any:
    """`value` as an array of NumPy or JAX; ragged lists, None and objects are none."""
    if isinstance(value, jax.Array | np.ndarray):
        array: Any = value
    else:
        try:
            array = np.asarray(value)
        except (ValueError, TypeError):
            try:
                array = jnp.asarray(value)  # a list that holds numbers that JAX traces
            except (ValueError, TypeError):
                raise ValueError(f"{name} is {_shown(value)}, which is no array of numbers") from None
    if array.dtype == object:
        raise ValueError(f"{name} is {_shown(value)}, which is no array of numbers")
    return array


def _is_text(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) > 0 and isinstance(value[0], str | bytes)


def _rows_of_text(value: Any, name: str) -> Any:
    """Strings of 0 and 1 as an array of bits."""
    if isinstance(value, str | bytes):
        raise ValueError(f"{name} is one string, but a list of them is wanted")
    rows = [row.decode("ascii", "replace") if isinstance(row, bytes) else row for row in value]
    for row in rows:
        if not isinstance(row, str) or not row or set(row) - {"0", "1"}:
            raise ValueError(f"{name} holds {_shown(row)}, which is no string of 0 and 1")
    if len({len(row) for row in rows}) > 1:
        raise ValueError(f"{name} holds strings of different lengths")
    return np.array([list(row) for row in rows], dtype=np.uint8)


def _listed(value: Any, name: str, wanted: str, *, may_be_empty: bool = False) -> list[Any]:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable) or is_traced(value):
        _refuse(value, name, wanted)
    try:
        items = list(value)
    except TypeError:
        _refuse(value, name, wanted)
    if not items and not may_be_empty:
        raise ValueError(f"{name} is empty, but {wanted} is wanted")
    return items


def _refuse(value: Any, name: str, wanted: str) -> NoReturn:
    raise ValueError(f"{name} is {_shown(value)}, but {wanted} is wanted")


def _plain(places: Sequence[Any]) -> list[Any]:
    """Elements of arrays of JAX as plain numbers, so far as they are known."""
    return [p.item() if isinstance(p, jax.Array) and not is_traced(p) and p.ndim == 0 else p for p in places]


def _shown(value: Any) -> str:
    """A few words of `value`, for messages."""
    if isinstance(value, jax.Array | np.ndarray) and np.ndim(value):
        return f"an array of shape {value.shape}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def in_reverse_mode(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, which says in our words that a kernel with a reverse rule of its own has no forward mode."""

    @functools.wraps(function)
    def called(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except TypeError as error:
            if "can't apply forward-mode" not in str(error):
                raise
            raise TypeError(
                "the method that answers for this model is differentiated in reverse mode only, once: use jax.grad, "
                "jax.vjp or jax.jacrev; jax.jvp, jax.jacfwd and jax.hessian need forward mode (second derivatives can "
                "be taken as differences of `value_and_grad`)"
            ) from error

    return called
