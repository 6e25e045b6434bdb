"""The training loop on a small stand-in for a model."""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np
import pytest

import qgl
from qgl.diagnostics.model import QglError
from qgl.program.calls.call import Call
from qgl.program.calls.optimizers import OPTIMIZERS, OptimizerCall
from qgl.program.calls.schedules import ScheduleCall
from qgl.runs.seed_status import PLATEAU, RUNNING, TARGET
from qgl.train.loop import train
from qgl.train.strategies.gradient import Gradient
from tests.train.softmax_model import Notes, SoftmaxModel, call, settings

ADAM = call("adam", rate=0.05)
LBFGS = call("lbfgs")


def codes(error: pytest.ExceptionInfo[QglError]) -> list[str]:
    return [diagnostic.code for diagnostic in error.value.diagnostics]


def same(a: object, b: object) -> bool:
    """Whether two pytrees are equal bit for bit."""
    return all(
        np.asarray(x).tobytes() == np.asarray(y).tobytes()
        for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    )


@pytest.mark.parametrize("name", OPTIMIZERS.table)
def test_every_optimiser_lowers_the_loss_and_moves_only_what_is_trained(name: str) -> None:
    model = SoftmaxModel()
    run = train(model, settings(call(name)), display="quiet")
    assert run.status == "finished" and run.steps == 40
    assert (run.losses < run.history.loss[0]).all()
    start = Gradient(model, settings(ADAM)).initial()
    assert same(run.all_params["field"], start.fixed["field"])
    assert not same(run.all_params["logits"], start.trained["logits"])
    assert np.isclose(run.loss, float(model.terms(run.params)[0]), rtol=1e-4, atol=1e-6)
    assert run.loss == run.losses.min() == run.losses[run.best_seed]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (call("constant", rate=0.1), [0.1, 0.1, 0.1]),
        (call("cosine", rate=0.1), [0.1, 0.05, 0.0]),
        (call("exponential", rate=0.1, decay=0.5, every=10), [0.1, 0.05, 0.025]),
        (call("warmup_cosine", rate=0.1, warmup=10), [0.0, 0.1, 0.05]),
    ],
    ids=lambda item: item.name if isinstance(item, Call) else "",
)
def test_schedules(schedule: ScheduleCall, expected: list[float]) -> None:
    """The step of plain gradient descent is the rate: at steps 0, 10, 20 (or 0, 10, 20 of 20)."""
    steps = 20 if schedule.name == "cosine" else 30
    chosen = settings(call("sgd", rate=schedule), steps=steps, seeds=1)
    model = SoftmaxModel()
    strategy = Gradient(model, chosen)
    state = strategy.initial()
    strategy.compile(state)
    done = 0
    for step, rate in zip((0, 10, 20), expected, strict=True):
        state, _ = strategy.advance(state, done, step - done)
        done = step + 1
        params = {name: value[0] for name, value in {**state.fixed, **state.trained}.items()}
        gradient = jax.grad(lambda p: model.terms(p)[0])(params)
        before = params["logits"]
        state, _ = strategy.advance(state, step, 1)
        np.testing.assert_allclose(before - state.trained["logits"][0], rate * gradient["logits"], atol=1e-7)


@pytest.mark.parametrize("optimizer", [ADAM, LBFGS], ids=lambda spec: spec.name)
@pytest.mark.parametrize("chunks", [[40], [1] * 40, [7, 20, 13], [39, 1]])
def test_results_do_not_depend_on_chunks(optimizer: OptimizerCall, chunks: list[int]) -> None:
    noise = 0.0 if optimizer.name == "lbfgs" else 0.1
    strategy = Gradient(SoftmaxModel(noise), settings(optimizer))
    start = strategy.initial()
    strategy.compile(start)
    whole, records = strategy.advance(start, 0, 40)
    state, losses, done = start, [], 0
    for count in chunks:
        state, rows = strategy.advance(state, done, count)
        losses.append(rows.loss)
        done += count
    assert same(state, whole)
    assert same(np.concatenate(losses), records.loss)


def test_same_seed_same_numbers_other_seed_other_numbers() -> None:
    a, b, c = (train(SoftmaxModel(0.1), settings(ADAM, seed=seed), display="quiet") for seed in (7, 7, 8))
    assert same((a.all_params, a.history.loss), (b.all_params, b.history.loss))
    assert not same(a.history.loss, c.history.loss)


def test_a_seed_does_not_know_how_many_others_run() -> None:
    one, three = (train(SoftmaxModel(0.1), settings(ADAM, seeds=seeds), display="quiet") for seeds in (1, 3))
    np.testing.assert_allclose(one.history.loss[:, 0], three.history.loss[:, 0], rtol=1e-5)


def test_stop_rules_freeze_each_seed_by_itself() -> None:
    target = 0.05
    stop = (call("target", value=target), call("plateau", patience=5, tolerance=1e-3))
    run = train(SoftmaxModel(), settings(ADAM, stop=stop, steps=500, seeds=5), display="quiet")
    status = run.history.status
    assert run.reason == "stop rule" and run.steps < 500
    assert set(status[-1]) <= {TARGET, PLATEAU} and (status[0] == RUNNING).all()
    for seed in range(5):
        first = int(np.argmax(status[:, seed] != RUNNING))
        losses = run.history.loss[:, seed]
        assert (losses[first:] == losses[first]).all()
        assert run.losses[seed] <= losses[first] * (1 + 1e-6)
        if status[-1, seed] == TARGET:
            assert losses[first] <= target < losses[:first].min()
        else:
            best = np.minimum.accumulate(losses)
            assert best[first - 5] - best[first] < 5e-3 and losses.min() > target
    assert {TARGET} < set(status[-1]) or len(set(np.argmax(status != RUNNING, axis=0))) > 1


def test_clipping_bounds_the_step() -> None:
    chosen = settings(call("sgd", rate=1.0), steps=1, seeds=1, clip=1e-3)
    model = SoftmaxModel()
    start = Gradient(model, chosen).initial()
    strategy = Gradient(model, chosen)
    strategy.compile(start)
    state, _ = strategy.advance(start, 0, 1)
    moved = sum(float(((state.trained[name] - start.trained[name]) ** 2).sum()) for name in start.trained)
    assert np.isclose(moved**0.5, 1e-3, rtol=1e-4)


def test_the_best_parameters_seen_are_handed_out() -> None:
    """A rate that is far too large makes the loss jump about; the last loss is not the one that is kept."""
    run = train(SoftmaxModel(), settings(call("adam", rate=1.0), steps=17), display="quiet")
    np.testing.assert_allclose(run.losses, np.minimum(run.history.loss.min(axis=0), run.losses), rtol=1e-6)
    assert (run.losses < run.history.loss[-1]).any()


def test_time_limit() -> None:
    run = train(SoftmaxModel(), settings(ADAM, steps=10**8, time_limit=0.3), display="quiet")
    assert run.status == "finished" and run.reason == "time limit" and 0 < run.steps < 10**8


def test_lbfgs_refuses_what_its_line_search_cannot_see() -> None:
    with pytest.raises(QglError) as noisy:
        train(SoftmaxModel(0.1), settings(LBFGS), display="quiet")
    with pytest.raises(QglError) as clipped:
        train(SoftmaxModel(), settings(LBFGS, clip=1.0), display="quiet")
    assert codes(noisy) == codes(clipped) == ["QGL0908"]


def test_nothing_to_train(tmp_path: Path) -> None:
    model = SoftmaxModel()
    model.trainable = dict.fromkeys(model.trainable, False)
    with pytest.raises(QglError) as error:
        train(model, settings(ADAM), display="quiet", out=tmp_path / "run")
    assert codes(error) == ["QGL0909"]
    assert not (tmp_path / "run").exists()


def test_a_loss_that_is_not_a_number_stops_its_seed_only() -> None:
    notes = Notes()
    run = train(SoftmaxModel(breaks=0.011), settings(ADAM), display=notes)
    failed = run.history.status[-1] == 3
    assert failed.any() and not failed.all()
    assert any("not finite" in note for note in notes.notes)
    assert np.isfinite(run.losses).all()
    assert not failed[run.best_seed] or run.losses[run.best_seed] == run.losses.min()


def test_when_no_seed_is_left_the_run_fails_and_keeps_the_last_good_parameters(tmp_path: Path) -> None:
    from qgl.runs.run import Run

    with pytest.raises(QglError) as error:
        train(SoftmaxModel(breaks=0.1), settings(ADAM, checkpoint=2), display="quiet", out=tmp_path / "run")
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.code == "QGL0907" and "step" in diagnostic.message and "rate" in diagnostic.help
    run = Run.load(tmp_path / "run")
    assert run.status == "failed" and np.isfinite(run.losses).all()
    assert all(np.isfinite(value).all() for value in run.all_params.values())


def test_display_sees_every_call_and_the_end() -> None:
    notes = Notes()
    train(SoftmaxModel(), settings(ADAM), display=notes)
    assert notes.steps == sorted(notes.steps) and notes.steps[-1] == 40


@pytest.mark.slow
def test_one_seed_of_a_sequence_trains() -> None:
    """In a batch of one seed, XLA 0.10 crashed on products of the gradient of this sweep."""
    source = """
        hidden memory[2];
        visible x[20];
        data rows = strings(["01010101010101010101", "11111111110000000000"]);
        param cell[20] : unitary(3);
        model { repeat 20 as t { unitary(cell[t]) memory, x[t]; } }
        objective nll(rows);
        train { steps 2; seeds 1; }
    """
    run = train(qgl.loads(source), display="quiet")
    assert np.isfinite(run.loss)
