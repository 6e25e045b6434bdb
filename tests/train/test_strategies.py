"""Strategies of training: their place in the loop, CMA-ES, and strategies of one's own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cma
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qgl
from qgl.check.calls.strategies import cost_text, method_text
from qgl.diagnostics.model import QglError
from qgl.program.calls import strategies
from qgl.runs import manifest
from qgl.runs.files import checkpoint
from qgl.runs.seed_status import TARGET
from qgl.train.loop import train
from qgl.train.strategies.candidates import Judged, together
from qgl.train.strategies.evolution.cma_steps import OPTIONS, Memory, Sampler, ranked
from qgl.train.strategies.gradient import Gradient
from qgl.train.strategies.search import Losses, Search
from qgl.train.strategies.table import STRATEGIES
from tests.train.bowl_model import Bowl
from tests.train.softmax_model import SPAN, call, settings
from tests.train.test_loop import ADAM, codes, same

CMA = call("cma", population=None, sigma=0.5)


def evolution(**options: Any) -> Any:
    return settings(ADAM, strategy=CMA, **options)


def test_every_strategy_of_the_table_is_made_by_something() -> None:
    assert set(strategies.STRATEGIES.table) == set(STRATEGIES)


PROGRAM = """
    data words = parity(3);
    visible v[3];
    model {{ repeat 2 {{ ry(?) v; cx v[0], v[1]; cx v[1], v[2]; }} }}
    objective mmd(words, hamming(sigma = 1));
    train {{ {settings} }}
    report kl;
"""


@pytest.mark.parametrize(
    ("chosen", "wording"),
    [
        ("", ()),
        ("strategy gradient;", ()),
        ("strategy cma; seeds 2;", ("10 losses a step for each of 2 seeds", "72 numbers of 6 parameters")),
        ("strategy cma(population = 20);", ("21 losses a step, and no gradient",)),
        (
            "strategy stagewise(2, window = 1, blocks = 2); steps 80;",
            (
                "2 layers of `ry_1`; each stage of 20 steps",
                "stage 0: layer 0",
                "stage 1: layer 1",
                "in turns to the end",
            ),
        ),
    ],
)
def test_what_a_strategy_costs_is_told(chosen: str, wording: tuple[str, ...]) -> None:
    told = "\n".join(cost_text(qgl.loads(PROGRAM.format(settings=chosen)).program))
    assert all(each in told for each in wording) and bool(told) == bool(wording)


@pytest.mark.parametrize(
    "setting", ["optimizer sgd", "clip 1.0", "gradient spsa(shots = 10)", "gradient exact", "engine statevector"]
)
def test_what_is_about_the_gradient_is_refused_where_there_is_none(setting: str) -> None:
    with pytest.raises(QglError) as error:
        qgl.loads(PROGRAM.format(settings=f"strategy cma; {setting};"))
    assert codes(error) == ["QGL0720"]


# ---------------------------------------------------------------- CMA-ES


def hills(x: Any) -> float:
    """A badly scaled bowl with ripples."""
    return float((np.geomspace(1, 100, len(x)) * (x - 1) ** 2).sum() + np.sin(3 * x).sum())


@pytest.mark.parametrize(("size", "population", "steps"), [(1, None, 10), (2, 4, 20), (7, None, 40), (60, 20, 15)])
def test_steps_from_arrays_are_those_of_the_library(size: int, population: int | None, steps: int) -> None:
    """An object of the library that lives on and is given the same random numbers comes to the same, bit for bit."""
    sampler = Sampler(size, 0.5, population)
    memory = sampler.initial(np.zeros(size))
    options = OPTIONS if population is None else {**OPTIONS, "popsize": population}
    search = cma.CMAEvolutionStrategy(np.zeros(size), 0.5, options)
    for step in range(steps):
        asked = sampler.ask(memory, np.random.default_rng((3, step)))
        memory = asked.tell(np.array([hills(x) for x in asked.candidates]))
        random = np.random.default_rng((3, step))
        search.sm.randn = lambda *shape, random=random: random.standard_normal(shape)
        candidates = search.ask()
        search.tell(candidates, [hills(x) for x in candidates])
        memory = Memory(*(np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape) for a in memory))  # as a file holds it
    assert same((memory.mean, memory.sigma, memory.covariance), (search.mean, search.sigma, search.sm.C))
    assert hills(memory.mean) < hills(np.zeros(size))


def test_many_parameters() -> None:
    """From 300 on the library would adapt the size of its steps in another way, of which a memory holds nothing."""
    sampler = Sampler(300, 0.5, 4)
    memory = sampler.initial(np.zeros(300))
    for step in range(2):
        asked = sampler.ask(memory, np.random.default_rng(step))
        memory = asked.tell(np.array([hills(x) for x in asked.candidates]))
    assert np.isfinite(memory.mean).all() and memory.sigma != 0.5


def test_losses_that_are_no_numbers_are_ranked_last() -> None:
    found = ranked(np.array([3.0, np.nan, -2.0, np.inf], dtype=np.float32))
    assert np.isfinite(found).all() and set(np.argsort(found)[2:]) == {1, 3} and found[0] == 3.0


def test_cma_finds_the_bottom_of_a_bowl_and_moves_only_what_is_trained() -> None:
    run = train(Bowl(), evolution(steps=120, seeds=2), display="quiet")
    start = Gradient(Bowl(), settings(ADAM, seeds=2)).initial()
    assert (run.losses < 0.02 * run.history.loss[0]).all()
    assert same(run.all_params["field"], start.fixed["field"])
    assert np.isnan(run.history.gradient_norm).all()
    assert run.loss == pytest.approx(float(Bowl().terms(run.params)[0]), rel=1e-4)
    np.testing.assert_allclose(run.losses, np.minimum(run.history.loss.min(axis=0), run.losses), rtol=1e-6)


def test_cma_goes_on_bit_for_bit(tmp_path: Path) -> None:
    chosen = evolution(steps=24, checkpoint=8)
    train(Bowl(0.3), chosen, out=tmp_path / "whole", display="quiet")
    train(Bowl(0.3), chosen, out=tmp_path / "broken", steps=10, display="quiet")
    train(Bowl(0.3), resume=tmp_path / "broken", steps=24, display="quiet")
    for name in ("metrics.jsonl", "weights.safetensors", "checkpoint.safetensors"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "broken" / name).read_bytes(), name
    assert manifest.load(tmp_path / "whole")["settings"]["strategy"]["call"] == "cma"
    leaves, _ = checkpoint.read(tmp_path / "whole" / "checkpoint.safetensors")
    assert leaves["memory/mean"].dtype == np.float64  # also where the model's numbers are single


def test_a_seed_of_cma_does_not_know_how_many_others_run() -> None:
    one, three = (train(Bowl(0.3), evolution(seeds=seeds, steps=12), display="quiet") for seeds in (1, 3))
    np.testing.assert_allclose(one.history.loss[:, 0], three.history.loss[:, 0], rtol=1e-4)


def test_rules_of_stopping_hold_for_cma() -> None:
    stop = (call("target", value=1.0), call("plateau", patience=60, tolerance=1e-3))
    run = train(Bowl(), evolution(stop=stop, steps=300, seeds=2), display="quiet")
    assert run.reason == "stop rule" and (run.history.status[-1] == TARGET).all() and (run.losses <= 1.0).all()
    for seed in range(2):
        first = int(np.argmax(run.history.status[:, seed] == TARGET))
        assert (run.history.loss[first:, seed] == run.history.loss[first, seed]).all()


def test_a_stochastic_loss_is_told_of_the_mean() -> None:
    """The best of many noisy losses would be far below any that is true."""
    model = Bowl(noise=5.0)
    run = train(model, evolution(steps=50, seeds=2), display="quiet")
    losses = [Bowl().terms({k: v[seed] for k, v in run.all_params.items()})[0] for seed in range(2)]
    start = Bowl().terms(model.init(jax.random.key(0)))[0]
    assert max(map(float, losses)) < 0.5 * float(start)


def test_candidates_without_a_loss_are_avoided_and_a_seed_without_any_fails() -> None:
    run = train(Bowl(edge=2.5), evolution(steps=60, seeds=2), display="quiet")
    assert (
        run.status == "finished"
        and (run.losses < run.history.loss[0]).all()
        and (run.all_params["theta"][:, 0, 0] <= 2.5).all()
    )
    with pytest.raises(QglError) as error:
        train(Bowl(edge=-np.inf), evolution(steps=3), display="quiet")
    assert codes(error) == ["QGL0907"]


def test_a_missing_library_is_told_before_a_folder_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cma", None)
    with pytest.raises(QglError) as error:
        train(Bowl(), evolution(), out=tmp_path / "run", display="quiet")
    (fault,) = error.value.diagnostics
    assert fault.code == "QGL0922" and "qglc[cma]" in fault.help and not (tmp_path / "run").exists()


# ---------------------------------------------------------------- one's own


class RandomSearch(Search):
    """The best of eight points nearby."""

    def search(
        self, params: Any, memory: Any, losses: Losses, key: jax.Array, step: jax.Array
    ) -> tuple[Judged, Any, Any]:
        keys = dict(zip(sorted(params), jax.random.split(key, len(params)), strict=True))
        width = 0.5 / (1 + 0.05 * step)
        near = {n: p + width * jax.random.normal(keys[n], (8, *p.shape)).at[0].set(0) for n, p in params.items()}
        best = losses(near).best()
        return best, best.params, memory


def test_a_strategy_of_ones_own(tmp_path: Path) -> None:
    chosen = settings(ADAM, steps=30, checkpoint=10)
    whole = train(Bowl(), chosen, strategy=RandomSearch, out=tmp_path / "whole", display="quiet")
    assert (whole.losses < 0.5 * whole.history.loss[0]).all()
    assert (np.diff(whole.history.loss, axis=0) <= 0).all()
    train(Bowl(), chosen, strategy=RandomSearch, out=tmp_path / "broken", steps=15, display="quiet")
    with pytest.raises(QglError) as error:
        train(Bowl(), resume=tmp_path / "broken", steps=30, display="quiet")
    assert codes(error) == ["QGL0920"] and "RandomSearch" in error.value.diagnostics[0].help
    again = train(Bowl(), resume=tmp_path / "broken", steps=30, strategy=RandomSearch, display="quiet")
    assert same(again.all_params, whole.all_params)
    np.testing.assert_array_equal(again.history.loss.astype(np.float32), whole.history.loss)
    with pytest.raises(QglError) as error:
        train(Bowl(), resume=tmp_path / "broken", steps=80, strategy=Other, display="quiet")
    assert codes(error) == ["QGL0902"]


class Other(RandomSearch):
    pass


def test_a_strategy_of_ones_own_has_a_name_of_its_own() -> None:
    def gradient(model: Any, chosen: Any, devices: Sequence[Any]) -> Gradient:
        return Gradient(model, chosen, devices)

    with pytest.raises(ValueError, match="name of its own"):
        train(Bowl(), settings(ADAM), strategy=gradient, display="quiet")


def test_the_best_candidate_is_one_that_has_a_loss() -> None:
    judged = Judged({"a": jnp.arange(3.0)}, jnp.array([jnp.nan, 2.0, 1.0]), {"t": jnp.array([7.0, 8.0, 9.0])})
    best = judged.best()
    assert float(best.params["a"]) == 2.0 and float(best.loss) == 1.0 and float(best.terms["t"]) == 9.0


def test_as_many_candidates_at_once_as_fit() -> None:
    assert together(Bowl(), 1) == 64 and together(Bowl(), 100) == 1
    small, large = (
        qgl.loads(f"visible v[{n}]; data d = parity({n}); model {{ ry(?) v; }} objective nll(d);") for n in (3, 9)
    )
    assert together(small, 2) >= together(large, 2) >= 1


# ---------------------------------------------------------------- files


def test_settings_with_a_strategy_go_through_the_manifest() -> None:
    chosen = evolution()
    text = json.dumps(manifest.settings_to_json(chosen))
    assert manifest.settings_from_json(json.loads(text), settings(), SPAN).strategy == CMA
    before = {name: value for name, value in json.loads(text).items() if name != "strategy"}  # of an earlier version
    assert manifest.settings_from_json(before, settings(), SPAN).strategy is None
    assert [method_text(each) for each in (settings(ADAM), chosen)] == ["adam", "cma"]


def test_a_state_of_an_earlier_version_is_refused(tmp_path: Path) -> None:
    train(Bowl(), settings(ADAM, steps=10), out=tmp_path / "run", display="quiet")
    path = tmp_path / "run" / "checkpoint.safetensors"
    leaves, text = checkpoint.read(path)
    old = {name.replace("memory/", "optimizer/"): leaf for name, leaf in leaves.items()}
    path.write_bytes(checkpoint.encode(old, text))
    with pytest.raises(QglError) as error:
        train(Bowl(), resume=tmp_path / "run", steps=20, display="quiet")
    assert codes(error) == ["QGL0921"]


def test_a_model_trains_by_cma(tmp_path: Path) -> None:
    """All of a run: pictures, report, and the folder read again."""
    source = PROGRAM.format(settings="strategy cma(population = 8); steps 10; seeds 2;")
    run = train(qgl.loads(source), out=tmp_path / "run", display="quiet")
    assert {"loss.png", "report.md", "weights.safetensors"} <= {each.name for each in (tmp_path / "run").iterdir()}
    assert qgl.open_run(tmp_path / "run").losses.shape == (2,)
    assert run.report["loss"] == pytest.approx(run.loss)
