"""Patterns of propagations, found once and run for other numbers, and gradients in stretches of the circuit."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.ir.circuit import Circuit
from qgl.kernels.propagation.runner import PropagationRunner
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.propagation import gradient as stretches
from qgl.plan.propagation.method import PauliPropagation
from qgl.plan.propagation.pattern import Layout, Pattern, PatternTooLargeError, rounded, tables_of
from qgl.plan.propagation.program import PropagationProgram
from qgl.plan.propagation.propagate import Limits
from qgl.plan.propagation.witness import Tape
from qgl.query import Expectation
from tests.check.checking import program

Real = NDArray[np.float64]
MULTIPLES = [1.0, -2.0, 0.5]
NOISY = """
const n = 6, depth = 3;
lattice ring = line(n);
visible v on ring;
model {
    repeat depth as l {
        rx(?) v; rz(?) v; amplitude_damping(?) v; depolarizing(0.05) v;
        for (a, b) in brick(ring, l) { rzz(?) a, b; }
    }
    rx(?) v;
}
"""
PAULI_WORDS = Expectation.of(["IIZIII", "IIZZII", "IIXIIY"])


def lowered(limits: Limits) -> PropagationProgram:
    prepared = PauliPropagation(limits).prepare(CircuitVariants(Circuit.of(program(NOISY)), bits_only=False))
    found = prepared.lower((PAULI_WORDS,), "double")
    assert isinstance(found, PropagationProgram)
    return found


def inputs(seed: int) -> Real:
    rng = np.random.default_rng(seed)
    return np.concatenate(
        [
            rng.uniform(0, 0.3, each.size) if each.constraint == "probability" else rng.normal(0, 0.4, each.size)
            for each in program(NOISY).parameters
        ]
    )


def numbers_of(run: PropagationRunner, at: Real) -> Real:
    return np.asarray(jax.jit(run._numbers)(jnp.asarray(at)))


class Following:
    """The means by patterns, and the gradient of the sum of their multiples."""

    def __init__(self, found: PropagationProgram) -> None:
        self.run = PropagationRunner(found)
        self._compiled = jax.jit(jax.value_and_grad(self._total, argnums=1, has_aux=True))

    def __call__(self, pattern: Pattern, at: Real, layout: Layout | None = None) -> tuple[Real, Real]:
        (_, means), gradient = self._compiled(tables_of(pattern, layout or Layout.of([pattern])), jnp.asarray(at))
        return np.asarray(means), np.asarray(gradient)

    def _total(self, tables: dict[str, jax.Array], values: jax.Array) -> tuple[jax.Array, jax.Array]:
        means = self.run.following(tables).answers(values, {PAULI_WORDS: None}, None)[PAULI_WORDS]
        return means @ jnp.array(MULTIPLES), means


def test_a_pattern_is_exact_where_it_was_found_and_smooth_beside_it() -> None:
    found, at = lowered(Limits(smallest=1e-2)), inputs(0)
    with jax.enable_x64(True):
        ask = Following(found)
        numbers = numbers_of(ask.run, at)
        pattern = ask.run.pattern(jnp.asarray(at))
        means, gradient = ask(pattern, at)
        assert np.allclose(means, found.means(numbers), atol=1e-12)
        by_numbers = found.gradient(numbers, np.array(MULTIPLES))
        chained = jax.jit(lambda values, flowing: jax.vjp(ask.run._numbers, values)[1](flowing)[0])
        whole = chained(jnp.asarray(at), jnp.asarray(by_numbers))
        assert np.allclose(gradient, whole, atol=1e-12)
        for place in np.argsort(-np.abs(gradient))[:4]:
            step = 1e-4 * np.eye(len(at))[place]  # far enough for other words to be kept
            ahead, behind = (ask(pattern, at + way * step)[0] for way in (1, -1))
            assert np.isclose((ahead - behind) @ MULTIPLES / 2e-4, gradient[place], atol=1e-7)


def test_what_is_dropped_by_letters_alone_has_one_pattern() -> None:
    found, others = lowered(Limits(weight=3)), inputs(1)
    pattern = found.pattern_of_all()
    assert pattern is not None and lowered(Limits(terms=5)).pattern_of_all() is None
    assert found.pattern_of_all(10) is pattern and lowered(Limits(weight=3)).pattern_of_all(10) is None
    with jax.enable_x64(True):
        ask = Following(found)
        means, _ = ask(pattern, others)
        numbers = numbers_of(ask.run, others)
    assert np.allclose(means, found.means(numbers), atol=1e-12)


def test_patterns_of_several_seeds_share_shapes_and_bits() -> None:
    found = lowered(Limits(smallest=1e-2))
    with jax.enable_x64(True):
        ask = Following(found)
        patterns = [ask.run.pattern(jnp.asarray(inputs(seed))) for seed in range(3)]
        assert len({pattern.work for pattern in patterns}) > 1
        layout = Layout.of(patterns)
        for seed, pattern in enumerate(patterns):
            alone, shared = ask(pattern, inputs(seed)), ask(pattern, inputs(seed), layout)
            assert all(np.array_equal(a, b) for a, b in zip(alone, shared, strict=True))


def test_shapes_are_few_and_large_patterns_refused() -> None:
    counts = [rounded(count) for count in range(1, 1000)]
    assert all(count <= room <= 1.25 * count for count, room in enumerate(counts, start=1))
    assert len(set(counts)) < 40
    found = lowered(Limits())
    with pytest.raises(PatternTooLargeError):
        found.pattern(np.ones(found.count), most=100)


@pytest.mark.parametrize("least", [0, 10_000])
def test_gradients_in_stretches_are_those_of_one_tape(monkeypatch: pytest.MonkeyPatch, least: int) -> None:
    found = lowered(Limits(smallest=1e-3))
    with jax.enable_x64(True):
        numbers = numbers_of(PropagationRunner(found), inputs(2))
    cotangent = np.array(MULTIPLES)
    expected = found.gradient(numbers, cotangent)
    tapes: list[Tape] = []

    class Counted(Tape):
        def __init__(self) -> None:
            super().__init__()
            tapes.append(self)

    monkeypatch.setattr(stretches, "LEAST_BYTES", least)
    monkeypatch.setattr(stretches, "Tape", Counted)
    assert np.array_equal(found.gradient(numbers, cotangent), expected)
    assert len(tapes) > 20
