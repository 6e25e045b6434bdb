"""The search by layers, against plain NumPy and against itself when it is interrupted."""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.check.settings.layers import Layers, layers_of
from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.model import QglError
from qgl.gates.algebra import PAULI
from qgl.loading import loads
from qgl.model import Model
from qgl.query import log_floor
from qgl.runs.run import Run
from qgl.source import Source
from qgl.train.loop import train
from qgl.train.strategies.layerwise_search import LayerwiseSearch

QUENCH = """
const layers = 3, sites = 4, seeds = 3;
lattice chain = line(sites);
hidden bath on chain[0] = neel;
visible v on chain[1..sites - 1] = neel;
random field[layers, chain] ~ uniform(-4, 4);
data words = strings(["101", "110", "011"], weights = [1, 2, 1]);
hamiltonian quench(k) =
    sum((a, b) in edges(chain): 0.25 * (X[a] * X[b] + Y[a] * Y[b] + 0.7 * Z[a] * Z[b]))
    + sum(a in chain: 0.5 * field[k, a] * Z[a]);
model { repeat layers as k { evolve quench(k) for 1.5; } }
objective mmd(words, gaussian(variance = [0.5, 2]));
train { strategy layerwise_search(draws = 5); seeds seeds; precision double; }
report entropy(chain[0..1], kind = quantum), hamming_distance, hamming_distance(v);
"""
TURNS = """
const layers = 3, seeds = 2;
visible v[2];
random f[layers, v] ~ uniform(-3, 3);
random g[layers] ~ normal(0, 1);
data words = parity(2);
model { h v[0]; repeat layers as k { h v; ry(f[k]) v; cz v[0], v[1]; rx(g[k]) v; } }
objective {objective};
train { strategy layerwise_search(draws = 4); seeds seeds; {settings} }
"""


def turns(objective: str = "nll(words)", settings: str = "", **constants: Any) -> Model:
    text = TURNS.replace("{objective}", objective).replace("{settings}", settings)
    return loads(text, **constants)


def codes(text: str) -> list[str]:
    return [d.code for d in diagnose(Source("t.qgl", text), FolderEnvironment(Path()))[1]]


# bit 1 is never set, by a sum that cancels in every layer
CANCELLING = """
data rows = strings(["00", "10", "01"]);
visible v[2];
random f[3] ~ uniform(-1, 1);
random g[3] ~ uniform(0.1, 1);
model { repeat 3 as k { ry(f[k]) v[0]; h v[1]; rz(g[k]) v[1]; rz(-g[k]) v[1]; h v[1]; } }
objective nll(rows);
train { strategy layerwise_search(draws = 3); seeds 2; precision {precision}; watch nll(rows), every(1); }
report nll(rows);
"""


@pytest.mark.parametrize("precision", ["single", "double"])
def test_what_rounding_makes_impossible_is_charged_in_every_layer(precision: str) -> None:
    """It cost 33 nats, and watching a likelihood ended in a traceback."""
    run = train(loads(CANCELLING.replace("{precision}", precision)), display="quiet")
    angles = np.cumsum(np.asarray(run.all_params["f"], np.float64), axis=1)
    logs = [2 * np.log(np.abs(np.cos(angles / 2))), 2 * np.log(np.abs(np.sin(angles / 2)))]
    expected = -(np.stack(logs).sum(axis=0) + log_floor(2)) / 3
    np.testing.assert_allclose(run.history.loss, expected.T, rtol=1e-4)
    assert run.watched is not None
    np.testing.assert_allclose(run.watched.values["nll(rows)"][1:], expected.T, rtol=1e-4)
    assert run.watched.impossible["nll(rows)"].tolist() == [[2, 2], [1, 1], [1, 1], [1, 1]]


# ---------------------------------------------------------------- plain NumPy

SITES = 4


def pauli_word(letters: dict[int, str]) -> NDArray[np.complex128]:
    product: NDArray[Any] = np.eye(1, dtype=np.complex128)
    for k in range(SITES):
        product = np.kron(product, PAULI[letters.get(k, "I")])
    return product


def quench(field: NDArray[np.float64]) -> NDArray[np.complex128]:
    """exp(-i 1.5 H) of QUENCH."""
    h = sum(0.5 * field[k] * pauli_word({k: "Z"}) for k in range(SITES))
    for k in range(SITES - 1):
        h = h + 0.25 * sum(s * pauli_word({k: p, k + 1: p}) for p, s in (("X", 1.0), ("Y", 1.0), ("Z", 0.7)))
    values, vectors = np.linalg.eigh(h)
    turned: NDArray[np.complex128] = (vectors * np.exp(-1.5j * values)) @ vectors.conj().T
    return turned


def start() -> NDArray[np.complex128]:
    state = np.zeros(2**SITES, np.complex128)
    state[0b0101] = 1
    return state


def loss(state: NDArray[np.complex128]) -> float:
    p = (np.abs(state) ** 2).reshape(2, 8).sum(axis=0)
    p[[0b101, 0b110, 0b011]] -= [0.25, 0.5, 0.25]
    distance = np.array([[bin(a ^ b).count("1") for b in range(8)] for a in range(8)])
    kernel = (np.exp(-distance / 1.0) + np.exp(-distance / 4.0)) / 2
    return float(p @ kernel @ p)


@pytest.fixture(scope="module")
def run() -> Run:
    return train(loads(QUENCH), display="quiet")


def test_the_losses_are_those_of_the_layers_so_far(run: Run) -> None:
    assert run.history.loss.shape == (3, 3)
    assert run.reason == "steps"
    for seed, fields in enumerate(run.all_params["field"]):
        state = start()
        for layer, field in enumerate(fields):
            state = quench(field) @ state
            assert run.history.loss[layer, seed] == pytest.approx(loss(state), abs=1e-9)
    assert run.losses == pytest.approx(run.history.loss[-1], abs=1e-12)


def test_the_best_of_the_draws_is_kept() -> None:
    model = loads(QUENCH)
    assert model.program.train.strategy is not None
    strategy = LayerwiseSearch(model, model.program.train)
    with jax.enable_x64(True):
        state = strategy.initial()
        state = strategy.compile(state)
        for layer in range(2):
            before = {name: value[1] for name, value in state.trained.items()}
            key, _ = jax.random.split(strategy._step_key(1, np.int32(layer)))
            drawn = np.asarray(strategy._candidates(before, key, layer)["field"])
            assert drawn.shape == (5, 3, SITES)
            others = [k for k in range(3) if k != layer]
            assert np.array_equal(drawn[:, others], np.broadcast_to(before["field"], drawn.shape)[:, others])
            losses = []
            for fields in drawn:
                psi = reduce(lambda psi, field: quench(field) @ psi, fields[: layer + 1], start())
                losses.append(loss(psi))
            state, history = strategy.advance(state, layer, 1)
            assert history.loss[0, 1] == pytest.approx(min(losses), abs=1e-9)
            assert np.array_equal(np.asarray(state.trained["field"])[1], drawn[int(np.argmin(losses))])


def test_probes_are_those_of_the_whole_state(run: Run) -> None:
    psi = reduce(lambda psi, field: quench(field) @ psi, run.params["field"], start())
    singular = np.linalg.svd(psi.reshape(4, 4), compute_uv=False) ** 2
    z = [float(np.vdot(psi, pauli_word({k: "Z"}) @ psi).real) for k in range(SITES)]
    found = [metric["value"] for metric in run.report["metrics"]]
    assert found[0] == pytest.approx(float(-(singular * np.log(singular)).sum()), abs=1e-9)
    signs = np.array([1, -1, 1, -1])
    assert found[1] == pytest.approx(0.5 - (z @ signs) / 8, abs=1e-9)
    assert found[2] == pytest.approx(0.5 - (z[1:] @ signs[1:]) / 6, abs=1e-9)


# ---------------------------------------------------------------- layers


def test_what_stands_before_a_layer_belongs_to_it() -> None:
    program = turns().program
    layers = layers_of(program)
    assert isinstance(layers, Layers)
    gates = [operation.name for operation in program.operations]
    assert layers.names == ("f", "g")
    assert [gates[at:until] for at, until in zip(layers.starts, [*layers.starts[1:], None], strict=True)] == [
        ["h", "h", "ry", "ry", "cz", "rx", "rx"]
    ] * 3
    assert gates[: layers.starts[0]] == ["h"]


def test_steps_are_the_layers_unless_said() -> None:
    assert turns().program.train.steps == 3
    assert turns(settings="steps 2;").program.train.steps == 2


def test_more_steps_than_layers_are_refused_wherever_they_are_asked_for() -> None:
    with pytest.raises(QglError) as refused:
        train(turns(), steps=4, display="quiet")
    assert [fault.code for fault in refused.value.diagnostics] == ["QGL0752"]


@pytest.mark.parametrize(
    ("inputs", "body", "code"),
    [
        ("random f[3, v] ~ uniform(0, 1);", "for k in 0..2 { ry(f[2 - k]) v; }", "QGL0751"),
        ("random f[3] ~ uniform(0, 1);", "ry(f[0] + f[1]) v; ry(f[2]) v;", "QGL0751"),
        ("random f[3] ~ uniform(0, 1);", "ry(f[0]) v; ry(f[1]) v;", "QGL0751"),
        ("random f[3] ~ uniform(0, 1);\nrandom g[2] ~ uniform(0, 1);", "ry(f[0]) v; rx(g[0]) v;", "QGL0751"),
        ("random f ~ uniform(0, 1);", "ry(f) v;", "QGL0751"),
        ("param f[3] : angle;", "for k in 0..2 { ry(f[k]) v; }", "QGL0751"),
    ],
)
def test_what_has_no_layers_is_refused(inputs: str, body: str, code: str) -> None:
    text = f"""
visible v[2];
{inputs}
data words = parity(2);
model {{ {body} cz v[0], v[1]; }}
objective nll(words);
train {{ strategy layerwise_search; }}
"""
    assert [found for found in codes(text) if found != "QGL0211"] == [code]


# ---------------------------------------------------------------- runs


@pytest.fixture(scope="module")
def whole() -> Run:
    return train(turns(), display="quiet")


def test_a_stochastic_objective_and_one_seed() -> None:
    found = train(turns("mmd(words, hamming(sigma = 1), samples = 20)", seeds=1), display="quiet")
    assert np.isfinite(found.history.loss).all()


def test_a_layer_ends_before_the_next_one_begins(whole: Run) -> None:
    """The first loss is that of the circuit which a person would write for one layer."""
    text = TURNS.replace("repeat layers as k { h v;", "repeat 1 as k { h v;").replace("{objective}", "nll(words)")
    text = text.replace("strategy layerwise_search(draws = 4); ", "").replace("{settings}", "")
    one = loads(text)
    for seed in range(2):
        params = {name: value[seed] for name, value in whole.all_params.items()}
        assert float(one.loss(params)) == pytest.approx(whole.history.loss[0, seed], abs=1e-5)


def test_a_broken_run_goes_on_bit_for_bit(whole: Run, tmp_path: Path) -> None:
    train(turns(), out=tmp_path / "run", steps=2, display="quiet", pictures=False)
    resumed = train(turns(), resume=tmp_path / "run", steps=5, display="quiet", pictures=False)
    for name in ("f", "g"):
        assert np.array_equal(whole.all_params[name], resumed.all_params[name])
    assert np.array_equal(whole.history.loss, resumed.history.loss[:3])
    assert resumed.reason == "stop rule"  # there are three layers
    assert np.array_equal(Run.load(tmp_path / "run").params["f"], whole.params["f"])


def test_layers_that_are_not_reached_are_as_drawn(whole: Run) -> None:
    model = turns(settings="steps 1;")
    found = train(model, display="quiet")
    assert np.array_equal(found.all_params["f"][:, 0], whole.all_params["f"][:, 0])
    params = {name: value[0] for name, value in found.all_params.items()}
    assert found.losses[0] == pytest.approx(float(model.loss(params)), abs=1e-5)
