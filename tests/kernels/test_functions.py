"""Functions of expressions at the ends of their domains: values and derivatives, on the device and on the host."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qgl
from qgl.expression import FUNCTIONS as ON_HOST
from qgl.expression import Function, Input, Real
from qgl.kernels.expressions import evaluate
from qgl.kernels.functions import FUNCTIONS
from qgl.plan.expressions import ExpressionBuilder

# points inside of the domain, near its ends and near zero
INSIDE = {
    "reciprocal": [-2.0, 1e-3, 5.0],
    "sin": [-1e-9, 0.0, 2.0],
    "cos": [0.0, 3.0],
    "tan": [0.0, 1.5],
    "asin": [-0.999, 0.0, 1e-9, 0.999],
    "acos": [-0.999, 0.0, 0.999],
    "atan": [-1e3, 0.0, 1e3],
    "exp": [-80.0, 0.0, 3.0],
    "log": [1e-6, 1.0, 1e6],
    "sqrt": [1e-8, 1.0, 1e6],
    "tanh": [-20.0, 0.0, 1e-9, 20.0],
    "sigmoid": [-80.0, 0.0, 800.0],
    "abs": [-1e-9, 3.0],
}
# the ends of domains: a value, and a derivative that is finite
ENDS = {
    "sqrt": [(0.0, 0.0), (-1e-16, 0.0)],
    "asin": [(1.0, math.pi / 2), (-1.0, -math.pi / 2), (1 + 1e-15, math.pi / 2)],
    "acos": [(1.0, 0.0), (-1.0, math.pi), (1 + 1e-15, 0.0)],
    "sigmoid": [(-800.0, 0.0), (800.0, 1.0)],
    "tanh": [(-800.0, -1.0), (800.0, 1.0)],
    "abs": [(0.0, 0.0)],
    "exp": [(-800.0, 0.0)],
}
# beyond them there is no number: never a wrong one
BEYOND = {"sqrt": [-1e-3], "asin": [1.001, -1.001], "acos": [1.001], "log": [-1.0, 0.0], "reciprocal": [0.0]}


def test_every_function_is_held() -> None:
    assert set(FUNCTIONS) == set(ON_HOST) == {*INSIDE, "multiply", "power", "atan2", "clip", "choose"}


@pytest.mark.parametrize("name", INSIDE)
def test_functions_of_one_number(name: str) -> None:
    function, host = FUNCTIONS[name], ON_HOST[name]
    with jax.enable_x64(True):
        value_and_derivative = jax.value_and_grad(function)
        for x in INSIDE[name]:
            value, derivative = map(float, value_and_derivative(jnp.asarray(x)))
            step = 1e-6 * max(abs(x), 1e-5)
            assert value == pytest.approx(host(x), rel=1e-13, abs=1e-300)
            assert derivative == pytest.approx((host(x + step) - host(x - step)) / (2 * step), rel=1e-4, abs=1e-30)
        for x, wanted in ENDS.get(name, []):
            value, derivative = map(float, value_and_derivative(jnp.asarray(x)))
            assert value == pytest.approx(wanted, abs=1e-15) and host(x) == pytest.approx(wanted, abs=1e-15)
            assert np.isfinite(derivative)
        for x in BEYOND.get(name, []):
            assert not np.isfinite(float(function(jnp.asarray(x))))
            with pytest.raises((ValueError, ZeroDivisionError)):
                host(x)


# base, exponent, value, derivative by the base, and by the exponent (None: there is none)
POWERS: list[tuple[float, float, float, float, float | None]] = [
    (4.0, 0.5, 2.0, 0.25, 2 * math.log(4)),
    (1e-8, 0.5, 1e-4, 5e3, 1e-4 * math.log(1e-8)),
    (0.0, 1.5, 0.0, 0.0, 0.0),
    (0.0, 1.0, 0.0, 1.0, 0.0),
    (0.0, 12.0, 0.0, 0.0, 0.0),
    (0.0, 0.0, 1.0, 0.0, math.nan),
    (-2.0, 9.0, -512.0, 9 * 256.0, None),
    (-2.0, -3.0, -0.125, -3 / 16, None),
    (2.0, -0.5, 2**-0.5, -0.5 * 2**-1.5, 2**-0.5 * math.log(2)),
]


@pytest.mark.parametrize(("base", "exponent", "value", "of_base", "of_exponent"), POWERS)
def test_powers(base: float, exponent: float, value: float, of_base: float, of_exponent: float | None) -> None:
    with jax.enable_x64(True):
        x, y = jnp.asarray(base), jnp.asarray(exponent)
        assert float(FUNCTIONS["power"](x, y)) == pytest.approx(value)
        assert ON_HOST["power"](base, exponent) == pytest.approx(value)
        found, other = map(float, jax.grad(FUNCTIONS["power"], argnums=(0, 1))(x, y))
        assert found == pytest.approx(of_base, abs=1e-3)
        if of_exponent is None:
            assert np.isnan(other)
        elif not np.isnan(of_exponent):
            assert other == pytest.approx(of_exponent, abs=1e-12)


def test_roots_at_zero_and_what_is_no_power() -> None:
    """As `sqrt`: a large derivative, but a number; the chain of a root of squares is zero."""
    for y in (0.5, 1 / 3, 0.01):
        derivative = float(jax.grad(FUNCTIONS["power"])(jnp.float32(0), y))
        assert np.isfinite(derivative) and derivative > 1e3
        assert float(jax.grad(lambda x, y=y: FUNCTIONS["power"](x * x, y))(jnp.float32(0))) == 0
    for base, exponent in ((-2.0, 0.5), (0.0, -1.0), (-1.0, 1 / 3)):
        assert not np.isfinite(float(FUNCTIONS["power"](jnp.asarray(base), jnp.asarray(exponent))))
        with pytest.raises((ValueError, ZeroDivisionError)):
            ON_HOST["power"](base, exponent)


def test_constant_exponents_have_no_derivative_in_either_mode() -> None:
    """(x + y) ** 9 and y ** x in one program: the first has a derivative at a negative base, forward and in reverse."""
    x, y = (Real(0.0, ((1.0, Input(0, k)),)) for k in range(2))
    builder = ExpressionBuilder([2])
    for base, exponent in ((x + y, Real(9.0)), (y, x)):
        builder.row(Real(0.0, ((1.0, Function("power", (base, exponent))),)))
    tables = builder.build()
    with jax.enable_x64(True):
        point = jnp.array([-3.0, 2.0])
        wanted = [[9.0, 9.0], [math.log(2) / 8, -3 / 16]]
        for transform in (jax.jacfwd, jax.jacrev):
            np.testing.assert_allclose(transform(lambda v: evaluate(tables, v))(point), wanted, rtol=1e-12)


@pytest.mark.parametrize("root", ["(a[0] ** 2 + a[1] ** 2) ** 0.5", "sqrt(a[0] ** 2 + a[1] ** 2)"])
def test_a_root_at_zero_in_a_program(root: str) -> None:
    text = f"""
        visible v[2];
        param a[2] : real ~ constant(0);
        data words = strings(["01", "10", "00"]);
        model {{ ry(0.7) v[0]; ry(0.4) v[1]; rx(a[0]) v[0]; ry({root}) v[1]; }}
        objective nll(words);
    """
    value, derivative = qgl.loads(text).value_and_grad({"a": jnp.zeros(2)})
    assert np.isfinite(value) and np.asarray(derivative["a"]).tolist() == [0, 0]


def test_the_angle_of_a_point() -> None:
    with jax.enable_x64(True):
        for y, x in [(1.0, 2.0), (-1.0, -2.0), (0.0, -3.0), (2.0, 0.0), (1e-9, 0.0)]:
            value, (of_y, of_x) = jax.value_and_grad(FUNCTIONS["atan2"], (0, 1))(jnp.asarray(y), jnp.asarray(x))
            assert float(value) == ON_HOST["atan2"](y, x) == math.atan2(y, x)
            np.testing.assert_allclose([of_y, of_x], [x / (x * x + y * y), -y / (x * x + y * y)], rtol=1e-12)
        value, derivatives = jax.value_and_grad(FUNCTIONS["atan2"], (0, 1))(jnp.asarray(0.0), jnp.asarray(-0.0))
        assert (float(value), *map(float, derivatives)) == (0.0, 0.0, 0.0)
    assert ON_HOST["atan2"](0.0, -0.0) == 0.0


def test_clip() -> None:
    with jax.enable_x64(True):
        for x, value, derivative in ((-0.5, 0.0, 0.0), (0.3, 0.3, 1.0), (7.0, 2.0, 0.0)):
            found = jax.value_and_grad(FUNCTIONS["clip"])(jnp.asarray(x), jnp.asarray(0.0), jnp.asarray(2.0))
            assert tuple(map(float, found)) == (value, derivative)
            assert ON_HOST["clip"](x, 0.0, 2.0) == value


def test_a_choice() -> None:
    """The value of that number, a derivative by it alone; of other numbers none."""
    with jax.enable_x64(True):
        number, values = jnp.array([0.0, 2.0, 1.0]), [jnp.array([1.0, 2.0, 3.0]) * 10**k for k in range(3)]
        np.testing.assert_array_equal(FUNCTIONS["choose"](number, *values), [1, 200, 30])
        derivatives = jax.grad(lambda *v: jnp.sum(FUNCTIONS["choose"](number, *v)), (0, 1, 2))(*values)
        np.testing.assert_array_equal(derivatives, [[1, 0, 0], [0, 0, 1], [0, 1, 0]])
        assert np.isnan(FUNCTIONS["choose"](jnp.array([3.0, -1.0, 0.5]), *values)).all()
        moved = number * (1 + 32 * np.finfo(np.float32).eps)
        np.testing.assert_array_equal(FUNCTIONS["choose"](moved, *values), [1, 200, 30])
    assert ON_HOST["choose"](2.0, 5.0, 6.0, 7.0) == 7
    with pytest.raises(ValueError, match="none of 2 categories"):
        ON_HOST["choose"](2.0, 5.0, 6.0)
