"""Free energies against dense NumPy: energies, entropies, their gradients, and what thermal states have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.data.many_body.thermal import thermal
from qgl.evaluate.exact import evaluate
from qgl.objectives.many_body.free_energy import Energy, FreeEnergy
from qgl.objectives.model import Setting
from qgl.objectives.states import entropies, reduced_states
from qgl.program.calls.arguments import UnfitError
from qgl.program.calls.operators import SpinTerms
from qgl.query import Marginals
from qgl.report.report import answerer
from qgl.runs.manifest import settings_from_json, settings_to_json
from qgl.runs.shapes.settings_shape import settings_fault
from qgl.source import Source, Span
from tests.reference.density import density_matrix
from tests.reference.matrices import pauli_matrix

Matrix = NDArray[np.complex128]
RNG = np.random.default_rng(2)
PROGRAM = """
const n = {n};
lattice chain = line(n);
visible v on chain;
hamiltonian ising(g) =
    0.5 - sum((a, b) in edges(chain): Z[a] * Z[b]) - g * sum(a in chain: X[a]) + 0.3 * Y[chain[0]] * X[chain[2]];
data hot = gibbs(ising(0.7), beta = 0.8);
model {{
    ry(?) v;
    amplitude_damping(0.3) v;
    for (a, b) in edges(chain) {{ rxx(?) a, b; rz(?) b; }}
    depolarizing(0.1) v;
}}
objective free_energy(ising(0.7), beta = 0.8{entropy});
train {{ watch free_energy; }}
report free_energy;
"""


def ising(n: int) -> Matrix:
    """The program's Hamiltonian."""

    def pauli_word(letters: dict[int, str]) -> Matrix:
        return np.asarray(pauli_matrix("".join(letters.get(k, "I") for k in range(n))), np.complex128)

    total = 0.5 * pauli_word({}) + 0.3 * pauli_word({0: "Y", 2: "X"})
    total -= sum(pauli_word({k: "Z", k + 1: "Z"}) for k in range(n - 1)) + 0.7 * sum(
        pauli_word({k: "X"}) for k in range(n)
    )
    return total


def entropy(rho: NDArray[Any]) -> float:
    values = np.linalg.eigvalsh(rho)
    values = values[values > 0]
    return float(-values @ np.log(values))


def markov_entropy(rho: Matrix, radius: int) -> float:
    """By the definition, one qubit after another."""
    total, n = 0.0, len(rho).bit_length() - 1
    for k in range(n):
        before = tuple(range(max(0, k - radius), k))
        total += entropy(reduced_states(rho, ((*before, k),))[0])
        total -= entropy(reduced_states(rho, (before,))[0]) if before else 0.0
    return total


Made = tuple[qgl.Model, dict[str, Any]]


@pytest.fixture(scope="module")
def made() -> Made:
    """Two ways to take the entropy in one objective, so that one circuit is compiled."""
    again = "report free_energy(ising(0.7), beta = 0.8, entropy = markov(1));"
    entropy = ") + 0.5 * free_energy(ising(0.7), beta = 0.8, entropy = markov(1)"
    text = PROGRAM.format(n=3, entropy=entropy).replace("report free_energy;", again)
    model = qgl.loads(text, precision="double")
    with jax.enable_x64(True):
        return model, model.init(jax.random.key(1))


def state_of(model: qgl.Model, params: dict[str, Any]) -> Matrix:
    with jax.enable_x64(True):
        inputs = np.asarray(model.parameters.inputs(params, None, jnp.float64)[0])
    return density_matrix(model.program, inputs)


def test_values_and_gradients(made: Made) -> None:
    model, params = made

    def expected(params: dict[str, Any]) -> float:
        rho = state_of(model, params)
        return float(1.5 * np.trace(rho @ ising(3)).real - (entropy(rho) + markov_entropy(rho, 1) / 2) / 0.8)

    value, gradient = model.value_and_grad(params)
    assert float(value) == pytest.approx(expected(params), abs=1e-10)
    for name in params:
        step = np.zeros(params[name].shape)
        step.flat[0] = 1e-5
        up, down = (expected({**params, name: np.asarray(params[name]) + sign * step}) for sign in (1, -1))
        assert np.asarray(gradient[name]).flat[0] == pytest.approx((up - down) / 2e-5, abs=1e-6)


@pytest.mark.parametrize("radius", [None, 1, 2, 5])
def test_entropies_of_a_state_that_is_given(radius: int | None) -> None:
    root = RNG.normal(size=(16, 5)) + 1j * RNG.normal(size=(16, 5))
    rho = root @ root.conj().T / np.sum(np.abs(root) ** 2)
    asked = FreeEnergy(Energy.of(SpinTerms(4, ((1.0, ((0, "X"),)),))), 4, 0.8, radius)
    answer = reduced_states(rho, asked.states.regions) if isinstance(asked.states, Marginals) else rho
    expected = entropy(rho) if radius is None else markov_entropy(rho, radius)
    with jax.enable_x64(True):
        assert float(asked.entropy(jnp.asarray(answer))) == pytest.approx(expected, abs=1e-10)


def test_a_markov_entropy_is_no_smaller_and_falls_with_the_radius() -> None:
    values, vectors = np.linalg.eigh(ising(4))
    rho = (vectors * (np.exp(-values) / np.exp(-values).sum())) @ vectors.conj().T
    chain = [markov_entropy(rho, radius) for radius in (1, 2, 3)]
    assert chain[0] > chain[1] > chain[2] == pytest.approx(entropy(rho), abs=1e-10)


def test_the_gradient_of_an_entropy_is_finite_where_eigenvalues_vanish_or_coincide() -> None:
    with jax.enable_x64(True):
        gradient = jax.grad(lambda rho: entropies(rho[None])[0])
        for values in ([0.5, 0.5, 0, 0], [1, 0, 0, 0], [0.25] * 4):
            assert np.isfinite(gradient(jnp.diag(jnp.array(values, complex)))).all()
        rho = np.diag([0.4, 0.4, 0.2, 0]).astype(complex)
        step = np.zeros((4, 4), complex)
        step[:3, :3] = RNG.normal(size=(3, 3)) + 1j * RNG.normal(size=(3, 3))
        step += step.conj().T
        at = jax.jit(lambda t: entropies((jnp.asarray(rho) + t * jnp.asarray(step))[None])[0])
        expected = (entropy(rho + 1e-6 * step) - entropy(rho - 1e-6 * step)) / 2e-6
        assert float(jax.grad(at)(0.0)) == pytest.approx(expected, abs=1e-6)


def test_gibbs_states_and_what_they_have(made: Made) -> None:
    model, _ = made
    values, vectors = np.linalg.eigh(ising(3))
    weights = np.exp(-0.8 * values)
    sigma = (vectors * (weights / weights.sum())) @ vectors.conj().T
    state = model.program.data["hot"].state
    assert state is not None
    np.testing.assert_allclose(state, sigma, atol=1e-12)
    assert model.program.data["hot"].weights == pytest.approx(np.diagonal(sigma).real)
    call = model.program.objective[0].call
    exact = thermal(call.hamiltonian, 0.8)  # type: ignore[attr-defined]
    assert exact is not None
    assert exact.free_energy == pytest.approx(-np.log(weights.sum()) / 0.8)
    assert exact.energy == pytest.approx(np.trace(sigma @ ising(3)).real)
    assert exact.entropy == pytest.approx(entropy(sigma))


def test_reports_have_the_thermal_state_beside_them(made: Made) -> None:
    model, params = made
    rho = state_of(model, params)
    rows = evaluate(model.program.reports, Setting.of(model.program), answerer(model, params))
    energy = np.trace(rho @ ising(3)).real
    own, whole = markov_entropy(rho, 1), entropy(rho)
    assert [row.name.partition(")), ")[2] for row in rows] == ["", "energy", "entropy", "exact", "exact entropy"]
    expected = [energy - own / 0.8, energy, own, energy - whole / 0.8, whole]
    assert [row.value for row in rows] == pytest.approx(expected, abs=1e-9)
    assert rows[0].floor == rows[3].floor
    assert rows[3].floor is not None and rows[3].value is not None
    assert rows[3].floor < rows[3].value  # the thermal state has the least free energy
    assert rows[0].uniform == pytest.approx(0.5 - 3 * np.log(2) / 0.8)


PAULI_WORDS = {
    "ising": [{0: "Z", 1: "Z"}, {1: "Z", 2: "Z"}, {0: "X"}, {1: "X"}, {2: "X"}],
    "xy": [{0: "X", 1: "X"}, {0: "Y", 1: "Y"}, {1: "X", 2: "X"}, {2: "Z"}, {0: "Y", 1: "Z", 2: "X"}],
    "along y": [{0: "Z", 1: "X"}, {1: "X", 2: "X"}, {1: "Y"}, {0: "Z", 1: "Y", 2: "Z"}],
}


@pytest.mark.parametrize("kind", [*PAULI_WORDS])
def test_free_fermions_have_the_levels_of_the_matrix(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    coefficients = RNG.normal(size=len(PAULI_WORDS[kind]))
    terms = tuple(
        (float(c), tuple(pauli_word.items())) for c, pauli_word in zip(coefficients, PAULI_WORDS[kind], strict=True)
    )
    spins = SpinTerms(3, ((0.3, ()), *terms))
    dense = thermal(spins, 1.3)
    monkeypatch.setattr("qgl.data.many_body.thermal.MOST", 0)
    free = thermal(spins, 1.3)
    assert dense is not None and free is not None
    for name in ("free_energy", "energy", "entropy"):
        assert getattr(free, name) == pytest.approx(getattr(dense, name), abs=1e-10)
    for beyond in ({0: "Z"}, {0: "Z", 2: "Z"}, {0: "X", 1: "Z"}):
        assert thermal(SpinTerms(3, (*terms, (1.0, tuple(beyond.items())))), 1.3) is None or kind != "ising"


def test_a_long_chain_has_the_free_energy_of_the_infinite_one() -> None:
    n, g, beta = 120, 1.2, 0.9
    pauli_words = [(-1.0, ((k, "Z"), (k + 1, "Z"))) for k in range(n - 1)] + [(-g, ((k, "X"),)) for k in range(n)]
    found = thermal(SpinTerms(n, tuple(pauli_words)), beta)
    k = (np.arange(4000) + 0.5) / 4000 * np.pi
    modes = np.sqrt(1 + g**2 + 2 * g * np.cos(k))
    assert found is not None
    assert found.free_energy / n == pytest.approx(-np.mean(np.logaddexp(beta * modes, -beta * modes)) / beta, abs=3e-3)


def test_a_watched_hamiltonian_comes_back_from_the_manifest() -> None:
    model = qgl.loads(PROGRAM.format(n=4, entropy=", entropy = markov(radius = 2)"))
    train = model.program.train
    stored = settings_to_json(train)
    assert settings_fault(stored) == ""
    assert settings_from_json(stored, train, Span(model.program.source, 0, 0)).watch == train.watch
    for wrong in ([4], [4, [[1, [[9, "X"]]]], "h"], [4, [[1, [[0, "X"], [0, "Z"]]]], "h"], [4, [["a", []]], "h"], None):
        with pytest.raises(UnfitError):
            SpinTerms.of_plain(wrong)
        stored["watch"][0]["arguments"]["hamiltonian"] = wrong
        assert wrong is None or settings_fault(stored)


@pytest.mark.parametrize(
    ("objective", "code"),
    [
        ("free_energy(ising(1.0))", "QGL0702"),
        ("free_energy(ising(1.0), beta = 0)", "QGL0703"),
        ("free_energy(ising(1.0), beta = 1, entropy = markov)", "QGL0702"),
        ("free_energy(ising(1.0), beta = 1, entropy = exact)", "QGL0701"),
        ("free_energy(1, beta = 1)", "QGL0703"),
        ("free_energy(ising(1.0), beta = 1); report kl", "QGL0708"),
        ("free_energy(ising(1.0), beta = 1); train { batch 5; }", "QGL0713"),
        ("free_energy(ising(1.0), beta = 1); train { gradient parameter_shift(shots = 10); }", "QGL1160"),
        ("nll(hot); report free_energy", "QGL0708"),
        ("nll(hot); report free_energy(ising(1.0))", "QGL0708"),
        ("nll(hot); report free_energy(ising(1.0), beta = 1)", ""),
    ],
)
def test_what_is_refused(objective: str, code: str, tmp_path: Path) -> None:
    end = "" if objective.endswith("}") else ";"
    text = PROGRAM.format(n=4, entropy="").partition("objective")[0] + f"objective {objective}{end}\n"
    codes = [fault.code for fault in diagnose(Source("t.qgl", text), FolderEnvironment(tmp_path))[1]]
    assert codes == ([code] if code else [])


def test_a_thermal_state_is_a_target_and_no_start(tmp_path: Path) -> None:
    text = "visible v[2] = gibbs(h, beta = 1);\nhamiltonian h = Z[v[0]] * Z[v[1]];\nmodel { ry(?) v; }\n"
    (fault,) = diagnose(Source("t.qgl", text), FolderEnvironment(tmp_path))[1]
    assert fault.code == "QGL0412" and fault.help is not None and "free_energy" in fault.help


def test_wide_states_and_conditions_are_refused(tmp_path: Path) -> None:
    for text, code in (
        (PROGRAM.format(n=11, entropy="").replace("data hot = gibbs(ising(0.7), beta = 0.8);", ""), "QGL0756"),
        (PROGRAM.format(n=11, entropy=", entropy = markov(radius = 1)"), "QGL0610"),
        (PROGRAM.format(n=4, entropy="") + "condition c;\n", "QGL0710"),
    ):
        assert code in [fault.code for fault in diagnose(Source("t.qgl", text), FolderEnvironment(tmp_path))[1]]
