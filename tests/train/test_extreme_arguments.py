"""Numbers at the ends of what a float holds, in every argument of every named call: refused in words, or right."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

import qgl
from qgl.objectives.kernel import Kernel
from qgl.program.calls.arguments import LARGEST, LEAST, Number, UnfitError
from qgl.program.calls.call import parameters
from qgl.program.calls.kernels import Hamming
from qgl.program.calls.table import KINDS
from qgl.train.optimisers import GradientMethod, method
from tests.check.checking import faults

PROGRAM = (
    'visible v[2];\ndata d = strings(["00", "11"]);\nmodel {{ ry(?) v; }}\nobjective {objective};\ntrain {{ {train} }}'
)


def program(objective: str = "nll(d)", train: str = "steps 5;") -> str:
    return PROGRAM.format(objective=objective, train=train)


def numbers() -> Iterator[tuple[str, str, Number]]:
    """Every argument that is one number: kind and name of the call, and how the number is read."""
    for kind in KINDS.values():
        for callee, parameter in itertools.chain.from_iterable(((c, p) for p in parameters(c)) for c in kind.classes):
            read = getattr(parameter.type, "item", parameter.type)
            if isinstance(read, Number):
                yield kind.name, f"{callee.called}.{parameter.name}", read


def test_every_number_of_every_call_is_one_that_single_precision_holds() -> None:
    found = list(numbers())
    assert len(found) > 20
    for _, name, read in found:
        for value in (1e308, -1e308, 1e39, 1e-300, 5e-324, -1e-300, 1e-39, float("inf"), float("nan"), 10**400):
            if read.underflows and 0 < value < LEAST:  # the tail of a formula
                assert read.take(value) == 0
                continue
            with pytest.raises(UnfitError):
                read.take(value)
                pytest.fail(f"{name} takes {value}")
    assert Number().take(LARGEST) == np.finfo(np.float32).max and Number().take(-LEAST) == -np.finfo(np.float32).tiny


@pytest.mark.parametrize("sigma", ["1e308", "1e-308", "1e-300", "5e-324", "[1, 1e200]"])
@pytest.mark.parametrize("kernel", ["hamming(sigma = {})", "gaussian(sigma = {})", "gaussian(variance = {})"])
def test_widths_beyond_single_precision_are_refused(kernel: str, sigma: str) -> None:
    found = faults(program(f"mmd(d, {kernel.format(sigma)})"))
    assert [fault.code for fault in found] == ["QGL0703"]


def test_kernels_at_both_ends_are_their_limits() -> None:
    span = qgl.Span(qgl.Source("", ""), 0, 0)
    for sigma, rate in ((LARGEST, 0.0), (LEAST, 0.5)):
        kernel = Kernel.of(Hamming((sigma,), span=span))
        np.testing.assert_allclose(kernel.rates, [rate], atol=1e-70)


def rates(text: str, steps: int) -> list[float]:
    """The rates of `sgd` in so many steps, from the moves under a gradient of -1."""
    settings = replace(qgl.loads(text).program.train, steps=steps)
    made = method(settings)
    assert isinstance(made, GradientMethod)
    optimiser, at = made._optimiser, {"t": jnp.zeros(1)}
    state, moves = optimiser.init(at), []
    for _ in range(steps):
        update, state = optimiser.update({"t": -jnp.ones(1)}, state, at)
        moves.append(float(update["t"][0]))
    return moves


def test_a_training_as_long_as_its_warmup_or_shorter_only_rises() -> None:
    """optax refuses a cosine of no steps: `qglc train --steps 20` of a program with a warm-up of 20 ended there."""
    text = program(train="steps 200; optimizer sgd(rate = warmup_cosine(0.1, 20));")
    whole = rates(text, 25)
    np.testing.assert_allclose(whole[:21], np.arange(21) * 0.005, rtol=1e-5)
    assert all(before > after for before, after in itertools.pairwise(whole[20:]))
    for steps in (20, 7, 1):
        np.testing.assert_allclose(rates(text, steps), whole[:steps], rtol=1e-5)
    assert rates(program(train="steps 5; optimizer sgd(rate = cosine(0.1));"), 0) == []
    long = program(train=f"steps 3; optimizer sgd(rate = warmup_cosine(0.1, {2**31 - 1}));")
    np.testing.assert_allclose(rates(long, 2), [0, 0.1 / 2**31], atol=1e-9)


@pytest.mark.parametrize(
    ("mixture", "says"),
    [
        ("mixture(2, [1e38], [1])", "no whole number from 0 to 3 is within 10000 deviations (1) of 1e+38"),
        ("mixture(2, [1, 2.5], [1, 1e-30])", "within 10000 deviations (1e-30) of 2.5"),
        ("mixture(2, [-1e6], [1])", "of -1e+06"),
    ],
)
def test_means_that_no_number_is_near_are_refused(mixture: str, says: str) -> None:
    with pytest.raises(qgl.QglError, match=r"QGL0613") as caught:
        qgl.loads(program().replace('strings(["00", "11"])', mixture))
    assert says in str(caught.value)


def test_a_narrow_mixture_is_the_number_at_its_mean() -> None:
    data = qgl.loads(program().replace('strings(["00", "11"])', "mixture(2, [2, -30], [1e-30, 1])")).program.data["d"]
    np.testing.assert_array_equal(data.rows, [[1, 0]])
