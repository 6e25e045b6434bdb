"""From parameters, a dictionary of named arrays, to inputs, the flat vectors of numbers that circuits depend on.

The dictionary is a JAX pytree. It holds the trained parameters (`param` and `?`) and, beside them, what was drawn once
for the run (`random`, and the draws of a `latent`); the latter get a gradient of zero. What is stored for a probability
is its logit. A program with `latent` inputs is a mixture: it has one vector of inputs for each of its elements.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import ArrayLike
from numpy.typing import NDArray

from qgl import known_keys
from qgl.bits.distribution import distinct, strings
from qgl.gates.states import mixed_state
from qgl.program.program import GIVEN, Distribution, MapFit, Parameter, StartFit
from qgl.questions import is_traced, numbers

Array = jax.Array
Params = dict[str, Array]
Bits = Mapping[str, Array | NDArray[Any]]
CERTAIN = ("constant", "mixed")  # distributions of one value, which take no random bits
_RENEWAL = 0x616E6577  # apart from what objectives fold into the key of a step


class Parameters:
    """The parameters of one program.

    rows: whether each row that a register starts from is an element of the mixture; else their inputs are 0, for
    circuits that start from all rows at once.
    """

    def __init__(self, declared: Sequence[Parameter], rows: bool = True) -> None:
        self.declared = tuple(declared)
        self._latents = [p for p in declared if p.kind == "latent" and (rows or p.rows is None)]

    @functools.cached_property
    def trainable(self) -> dict[str, bool]:
        """For each entry of the dictionary, whether training moves it."""
        return {p.name: p.kind == "param" for p in self.declared if _is_stored(p)}

    @property
    def is_mixture(self) -> bool:
        """Whether the program has `latent` inputs."""
        return bool(self._latents)

    @functools.cached_property
    def weights(self) -> NDArray[np.float64]:
        """Weights of the elements of the mixture, shape (rows,); a single 1 without `latent` inputs."""
        return np.repeat(self._finite[1] / self.draws, self.draws)

    def init(self, key: Array) -> Params:
        """An array of the declared shape for each entry, drawn from its declared distribution."""
        return self.drawn(self.bits(key))

    def bits(self, key: Array | known_keys.Key) -> Bits:
        """The random bits of `init`, by the names of the entries, in their shapes: of NumPy, unless the key is traced.

        Of several keys, shape (..., 2), they are those of each, shape (..., *shape).
        """
        return {
            parameter.name: random_bits(key, index, _stored_shape(parameter))
            for index, parameter in enumerate(self.declared)
            if _is_stored(parameter) and parameter.distribution.name not in CERTAIN
        }

    def drawn(self, bits: Bits) -> Params:
        """What `init` makes of its random bits."""
        return {p.name: _drawn(p, bits.get(p.name)) for p in self.declared if _is_stored(p)}

    def numbers(self, params: Mapping[str, ArrayLike]) -> dict[str, NDArray[np.float64]]:
        """Parameters, trained or random, as gates take them, in their declared shapes: a probability, not its logit."""
        by_name: dict[str, NDArray[np.float64]] = {}
        for parameter in self.declared:
            if parameter.kind in ("param", "random"):
                raw = np.asarray(params[parameter.name], np.float64)
                of_logit = parameter.constraint == "probability" and parameter.kind == "param"
                by_name[parameter.name] = np.exp(-np.logaddexp(0, -raw)) if of_logit else raw
        return by_name

    @property
    def renews(self) -> bool:
        """Whether some latents are drawn anew at each step of training."""
        return any(p.anew for p in self._latents)

    def renewed(self, params: Params, key: Array) -> Params:
        """`params` with the latents that are drawn anew, shape (draws, *shape), drawn by the key of a step."""
        key = jax.random.fold_in(key, _RENEWAL)
        drawn = {
            parameter.name: _drawn(parameter, random_bits(key, index, _stored_shape(parameter))).astype(
                params[parameter.name].dtype
            )
            for index, parameter in enumerate(self.declared)
            if parameter.anew
        }
        return {**params, **drawn}

    @functools.cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each entry of the dictionary."""
        return {p.name: _stored_shape(p) for p in self.declared if _is_stored(p)}

    @functools.cached_property
    def varying(self) -> NDArray[np.bool_]:
        """Whether each input differs between the circuits of a mixture or from one condition to another, (inputs,)."""
        kinds = [p.kind in ("latent", "condition") for p in self.declared]
        return np.repeat(np.asarray(kinds, np.bool_), [p.size for p in self.declared])

    @functools.cached_property
    def condition_width(self) -> int:
        """Number of `condition` inputs."""
        return sum(p.size for p in self.declared if p.kind == "condition")

    def checked(self, params: Mapping[str, ArrayLike]) -> Params:
        """`params` as real arrays of the declared names and shapes.

        Raises:
            ValueError: a name too many or too few, another shape, or numbers that are not real and finite.
        """
        if not isinstance(params, Mapping):
            raise ValueError(f"parameters are a dictionary of named arrays, not {type(params).__name__}")
        declared = ", ".join(f"`{name}` {shape}" for name, shape in self.shapes.items()) or "none"
        strange = [f"{name}" for name in params if name not in self.shapes]
        missing = [name for name in self.shapes if name not in params]
        if strange or missing:
            fault = f"`{missing[0]}` is missing" if missing else f"there is no `{strange[0]}`"
            raise ValueError(f"{fault} among the parameters; the program declares {declared}")
        return {name: numbers(params[name], f"the parameter `{name}`", shape) for name, shape in self.shapes.items()}

    def checked_condition(self, condition: ArrayLike | None) -> Array | None:
        """`condition` as a real array of shape (condition width,); None for a model without.

        Raises:
            ValueError: there are `condition` inputs and no `condition`, one of another width, one too many, or a number
                that is no category where one is wanted.
        """
        width = self.condition_width
        if condition is None and not width:
            return None
        if not width:
            raise ValueError("`condition` is given, but the program declares no `condition` inputs")
        if condition is None:
            raise ValueError(f"the model is conditional: give `condition`, {width} numbers, shape ({width},)")
        given = numbers(condition, f"the model is conditional: give `condition`, {width} numbers; this", (width,))
        for parameter in self.declared:
            if parameter.categories is not None and not is_traced(given):
                values = np.asarray(given[self.condition_columns[parameter.name]])
                if not np.isin(values, np.arange(parameter.categories)).all():
                    last = parameter.categories - 1
                    raise ValueError(f"`{parameter.name}` is a category, a whole number from 0 to {last}, not {values}")
        return given

    @property
    def draws_conditions(self) -> bool:
        """Whether the model has conditions, all of which have distributions of their own."""
        conditions = [p for p in self.declared if p.kind == "condition"]
        return bool(conditions) and all(p.distribution != GIVEN for p in conditions)

    def drawn_conditions(self, key: Array, count: int) -> Array:
        """Conditions from the distributions that `condition` inputs have of their own, shape (count, condition width).

        Raises:
            ValueError: one has none, but is given with the data.
        """
        conditions = [p for p in self.declared if p.kind == "condition"]
        given = [p.name for p in conditions if p.distribution == GIVEN]
        if given:
            raise ValueError(
                f"the model is conditional, and `{given[0]}` has no distribution to be drawn from: give it"
            )
        columns = [
            sample(p.distribution, random_bits(key, k, (count, *p.shape)), (count, *p.shape)).reshape(count, p.size)
            for k, p in enumerate(conditions)
        ]
        return jnp.concatenate(columns, axis=1) if columns else jnp.zeros((count, 0))

    def inputs(self, params: Params, condition: ArrayLike | None, real: Any) -> Array:
        """Constrained values of all inputs in order of declaration, shape (rows, inputs), of type `real`.

        Raises:
            ValueError: parameters or a `condition` that `checked` and `checked_condition` refuse.
        """
        params, condition = self.checked(params), self.checked_condition(condition)
        rows = len(self.weights)
        columns = [
            jnp.broadcast_to(self._column(parameter, params, condition).astype(real), (rows, parameter.size))
            for parameter in self.declared
        ]
        return jnp.concatenate(columns, axis=1) if columns else jnp.zeros((rows, 0), dtype=real)

    def _column(self, parameter: Parameter, params: Params, condition: Array | None) -> Array:
        """Values of one parameter, shape (size,) or (rows, size)."""
        match parameter.kind:
            case "param":
                raw = jnp.ravel(params[parameter.name])
                return jax.nn.sigmoid(raw) if parameter.constraint == "probability" else raw
            case "random":
                return jax.lax.stop_gradient(jnp.ravel(params[parameter.name]))
            case "condition":
                return jnp.asarray(condition)[self.condition_columns[parameter.name]]
        if parameter.rows is not None and parameter not in self._latents:
            return jnp.zeros(parameter.size)
        if parameter.draws is None:
            return jnp.repeat(jnp.asarray(self._finite[0][parameter.name]), self.draws, axis=0)
        drawn = jax.lax.stop_gradient(params[parameter.name]).reshape(parameter.draws, parameter.size)
        return jnp.tile(drawn, (len(self.weights) // parameter.draws, 1))

    @functools.cached_property
    def draws(self) -> int:
        """Draws of the latents of continuous distribution, which are drawn together; the least common multiple of
        all.
        """
        return int(np.lcm.reduce([p.draws for p in self._latents if p.draws is not None] or [1]))

    @functools.cached_property
    def _finite(self) -> tuple[dict[str, NDArray[np.uint8]], NDArray[np.float64]]:
        """All values that latents of finitely many take together: of each its bits, shape (values, size), and how
        likely they are, shape (values,). Bits vary slowest, all of them as one number; rows that are alike are one.
        """
        finite = [p for p in self._latents if p.draws is None]
        bits = [p for p in finite if p.rows is None]
        rates = [rate for p in bits for rate in [p.distribution.arguments[0]] * p.size]
        every = strings(np.arange(2 ** len(rates)), len(rates))
        chances = np.prod(np.where(every, rates, 1.0 - np.asarray(rates)), axis=1) if rates else np.ones(1)
        values = {name: every[:, places] for name, places in _places(bits).items()}
        for parameter in finite:
            if parameter.rows is not None:
                rows, shares, _ = distinct(parameter.rows.rows, parameter.rows.weights)
                values = {name: np.repeat(each, len(rows), axis=0) for name, each in values.items()}
                values[parameter.name] = np.tile(rows, (len(chances), 1))
                chances = np.outer(chances, shares / shares.sum()).reshape(-1)
        return values, chances

    @functools.cached_property
    def condition_columns(self) -> dict[str, slice]:
        """Where the numbers of each `condition` input stand in an array of all of them."""
        return _places(p for p in self.declared if p.kind == "condition")


def _places(parameters: Any) -> dict[str, slice]:
    """Where each of several parameters stands when they are laid end to end."""
    places, at = {}, 0
    for parameter in parameters:
        places[parameter.name] = slice(at, at + parameter.size)
        at += parameter.size
    return places


def _is_stored(parameter: Parameter) -> bool:
    return parameter.kind in ("param", "random") or (parameter.kind == "latent" and parameter.draws is not None)


def _stored_shape(parameter: Parameter) -> tuple[int, ...]:
    return parameter.shape if parameter.draws is None else (parameter.draws, *parameter.shape)


def _drawn(parameter: Parameter, bits: Array | NDArray[Any] | None) -> Array:
    """An array from the declared distribution; for a trained probability, the logit of what was drawn."""
    drawn = sample(parameter.distribution, bits, _stored_shape(parameter))
    if parameter.constraint == "probability" and parameter.kind == "param":
        return jax.scipy.special.logit(jnp.clip(drawn, 1e-6, 1 - 1e-6))
    return drawn


def random_bits(key: Array | known_keys.Key, number: int, shape: tuple[int, ...]) -> Array | NDArray[Any]:
    """Random words of such a shape, as wide as real numbers are, of the key that is made of a key and a number."""
    width = 8 * jnp.result_type(float).itemsize
    own = known_keys.known(key)
    if own is not None:
        return known_keys.bits(known_keys.folded(own, number), shape, width)
    return jax.random.bits(jax.random.fold_in(key, number), shape, f"uint{width}")


def sample(distribution: Distribution, bits: Array | NDArray[Any] | None, shape: tuple[int, ...]) -> Array:
    """Numbers of the given shape drawn from a distribution; of states the last axis is that of the numbers of one.

    bits: random words of that shape, as wide as the numbers; None for a distribution that is `CERTAIN`.
    """
    match distribution.name, distribution.arguments:
        case "constant", (value,):
            return jnp.full(shape, value, dtype=jnp.result_type(float))
        case "mixed", ():
            return jnp.broadcast_to(jnp.asarray(mixed_state(shape[-1])), shape)
    assert bits is not None
    match distribution.name, distribution.arguments:
        case "normal", (mean, deviation):
            return mean + deviation * _normal(bits)
        case "about", (deviation,):
            return jnp.resize(jnp.asarray(distribution.centres), shape) + deviation * _normal(bits)
        case "fitted", (deviation,):
            assert isinstance(distribution.fit, StartFit | MapFit)
            return jnp.resize(jnp.asarray(_fitted(distribution.fit)), shape) + deviation * _normal(bits)
        case "uniform", (low, high):
            return _uniform(bits, low, high)
        case "haar" | "hilbert_schmidt", ():
            drawn = _normal(bits)
            states: Array = drawn / jnp.linalg.norm(drawn, axis=-1, keepdims=True)
            return states
        case "bernoulli", (rate,):
            return (_uniform(bits, 0.0, 1.0) < rate).astype(jnp.result_type(float))
    raise ValueError(f"no distribution {distribution.name} of {len(distribution.arguments)} arguments")


def _uniform(bits: Array | NDArray[Any], low: Any, high: Any) -> Array:
    """Real numbers from `low` to below `high`, of as many bits; as `jax.random.uniform` makes them."""
    real = np.dtype(f"float{8 * bits.dtype.itemsize}")
    one = np.asarray(1.0, real)
    mantissa = jnp.asarray(bits) >> bits.dtype.type(8 * bits.dtype.itemsize - np.finfo(real).nmant)
    share = lax.bitcast_convert_type(mantissa | one.view(bits.dtype), real) - one  # from 1 to 2, less 1
    low, high = np.asarray(low, real), np.asarray(high, real)
    return jnp.maximum(low, share * (high - low) + low)


def _normal(bits: Array | NDArray[Any]) -> Array:
    """Numbers of the standard normal distribution; as `jax.random.normal` makes them."""
    real = np.dtype(f"float{8 * bits.dtype.itemsize}").type
    numbers: Array = real(np.sqrt(2)) * lax.erf_inv(_uniform(bits, np.nextafter(real(-1), real(0)), 1.0))
    return numbers


def _fitted(fit: StartFit | MapFit) -> NDArray[np.float64]:
    """Where numbers start that are fitted to data."""
    from qgl.data.local_maps import start as local_maps
    from qgl.data.tensor_train import start as tensor_train

    return local_maps.centres(fit) if isinstance(fit, MapFit) else tensor_train.centres(fit)
