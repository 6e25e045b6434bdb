"""Lowered programs that are kept for later processes: they are taken only where they fit, and give the same numbers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qgl
from qgl.kernels.devices import large_tables, lowered
from qgl.model import Model
from qgl.train.kept import compilation_cache
from qgl.train.kept import programs as kept_programs
from qgl.train.strategies.strategy import State, Strategy
from qgl.train.strategies.table import STRATEGIES
from qgl.train.trainable import number_type

TEXT = """visible v[2];
param a[2] ~ normal(0, 1);
model { for k in 0..1 { rx(a[k]) v[k]; } cx v[0], v[1]; ry(?) v[1]; }
data rows = strings(["00", "11"]);
objective nll(rows);
train { %s steps 6; seeds 2; seed 3; }
"""
ADAM, OTHERS = (
    "optimizer adam(rate = 0.1);",
    ("optimizer lbfgs;", "strategy cma(population = 4);"),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where programs are kept in a test, and in none after it."""
    monkeypatch.setattr(kept_programs, "_folder", tmp_path / "programs")
    yield tmp_path / "programs"


def strategy(settings: str = ADAM, text: str = TEXT, **options: Any) -> Strategy:
    model = qgl.loads(text % settings, **options)
    return STRATEGIES[model.program.train.strategy_name](model, model.program.train, ())


def trained(by: Strategy, double: bool = False) -> State:
    """The state after a few steps."""
    with jax.enable_x64(double):
        state, _ = by.advance(by.compile(by.initial()), 0, 4)
    return state


def same(one: Any, other: Any) -> bool:
    return jax.tree.all(jax.tree.map(lambda a, b: np.array_equal(a, b) and a.dtype == b.dtype, one, other))


def refuse_to_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def traced(*_: Any) -> Any:
        raise AssertionError("it was traced")

    monkeypatch.setattr(large_tables, "of_jitted", traced)
    monkeypatch.setattr(lowered, "lowered", traced)


def test_a_second_start_traces_nothing_and_gives_the_same_numbers(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = trained(strategy())
    assert len(list(folder.iterdir())) == 2
    with monkeypatch.context() as patch:
        refuse_to_trace(patch)
        assert same(trained(strategy()), first)
    monkeypatch.setattr(kept_programs, "_folder", None)
    assert same(trained(strategy()), first)


@pytest.mark.parametrize("settings", OTHERS)
def test_other_strategies_begin_as_they_would(settings: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = strategy(settings).initial()
    with monkeypatch.context() as patch:
        refuse_to_trace(patch)
        assert same(strategy(settings).initial(), first)
    monkeypatch.setattr(kept_programs, "_folder", None)
    assert same(strategy(settings).initial(), first)


def test_a_shape_is_that_of_a_state() -> None:
    for settings in (ADAM, *OTHERS):
        by = strategy(settings)
        blank = jax.tree.map(lambda a: np.zeros(a.shape, a.dtype), (by.shape(), by.initial()))
        assert same(*blank)


def _flip(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content, other: b"",
        lambda content, other: content[:-1],
        lambda content, other: _flip(content, 3),  # the seal
        lambda content, other: _flip(content, 39),  # what memory it wants
        lambda content, other: _flip(content, 200),
        lambda content, other: other,  # whole, and another's
    ],
)
def test_what_is_damaged_or_foreign_is_made_anew(
    damage: Callable[[bytes, bytes], bytes], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = strategy().initial()
    strategy("optimizer lbfgs;").initial()
    own, other = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    own.write_bytes(damage(own.read_bytes(), other.read_bytes()))
    assert same(strategy().initial(), first)
    refuse_to_trace(monkeypatch)
    assert same(strategy().initial(), first)


def test_a_sealed_file_that_is_no_such_program_is_made_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A seal shows damage and no intent: MLIR and XLA look at what is sealed."""
    first = strategy().initial()
    (path,) = folder.iterdir()
    other = lowered.lowered(jax.jit(lambda a: a + 1, keep_unused=True), (np.zeros(3, np.float32),))
    assert other is not None
    for program in (b"no program", other):
        path.write_bytes(kept_programs._seal(path.name, bytes(8), program) + bytes(8) + program)
        assert same(strategy().initial(), first)
    refuse_to_trace(monkeypatch)
    assert same(strategy().initial(), first)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights as Unix has them")
def test_what_others_can_write_is_not_taken(folder: Path) -> None:
    strategy().initial()
    (path,) = folder.iterdir()
    assert kept_programs._read(path) is not None
    path.chmod(0o666)
    assert kept_programs._read(path) is None


def test_what_there_is_no_memory_for_is_not_taken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    strategy().initial()
    (path,) = folder.iterdir()
    monkeypatch.setattr(kept_programs, "available", lambda: 10**8)
    assert kept_programs._read(path) is None


def _key(text: str = TEXT, settings: str = ADAM, **options: Any) -> bytes | None:
    model = qgl.loads(text % settings, **options)
    with number_type(model):
        return kept_programs.identity((model.program, model.precision, model.program.train))


def test_what_a_program_is_made_of_is_in_its_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [
        _key(),
        _key(TEXT.replace("cx", "cz")),
        _key(TEXT.replace('"11"', '"10"')),
        _key(settings="optimizer adam(rate = 0.2);"),
        _key(precision="double"),
    ]
    with monkeypatch.context() as patch:
        patch.setattr(kept_programs, "_code", lambda: ())
        keys.append(_key())
    with monkeypatch.context() as patch:
        patch.setattr(kept_programs, "versions", lambda: {"jax": "0.0"})
        keys.append(_key())
    with monkeypatch.context() as patch:
        patch.setattr(jax, "devices", lambda: [type("Device", (), {"platform": "cpu", "device_kind": "another"})()])
        keys.append(_key())
    with jax.default_matmul_precision("float32"):
        keys.append(_key())
    assert None not in keys and len(set(keys)) == len(keys)
    assert _key() == keys[0]


def test_a_key_is_the_same_in_every_process() -> None:
    """Of processes that begin alike: in this one, tests have loaded what adds to JAX's settings."""
    code = (
        "import sys, qgl; from pathlib import Path; from qgl.train.kept import programs as kept\n"
        "kept.switch_on(Path('nowhere')); model = qgl.loads(sys.argv[1])\n"
        "print(kept.identity((model.program, model.precision, model.program.train)).hex())"
    )
    keys = set()
    for seed in ("1", "2"):  # of the order of sets
        command = [sys.executable, "-c", code, TEXT % ADAM]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        keys.add(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.strip())
    (key,) = keys
    assert len(key) == 64


def test_what_is_more_than_data_has_no_key(folder: Path) -> None:
    assert kept_programs.identity(lambda: 0) is None


def test_programs_that_call_or_hold_too_much_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, table = np.eye(3, dtype=np.float32), jnp.arange(100.0)
    assert lowered.lowered(jax.jit(jnp.linalg.eigvalsh, keep_unused=True), (matrix,)) is None
    assert lowered.lowered(jax.jit(lambda a: a + table, keep_unused=True), (table,)) is not None
    monkeypatch.setattr(large_tables, "LEAST", 100)
    assert lowered.lowered(jax.jit(lambda a: a + table, keep_unused=True), (table,)) is None


def test_what_was_made_before_is_not_planned_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = qgl.loads(TEXT % ADAM).train(display="quiet")

    def planned(*_: Any) -> Any:
        raise AssertionError("it was planned")

    with monkeypatch.context() as patch:
        patch.setattr("qgl.report.weighing.weigh_objective", planned)
        again = qgl.loads(TEXT % ADAM).train(display="quiet")
        with pytest.raises(AssertionError, match="planned"):
            qgl.loads(TEXT % ADAM.replace("0.1", "0.3")).train(display="quiet")
        patch.setattr(kept_programs, "available", lambda: 10**8)
        with pytest.raises(AssertionError, match="planned"):
            qgl.loads(TEXT % ADAM).train(display="quiet")
    assert same(again.all_params, first.all_params) and again.report == first.report | {
        "seconds": again.report["seconds"]
    }


def test_the_oldest_leave(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_programs, "FILES", 2)
    folder.mkdir()
    for number in range(3):
        kept_programs._write(folder / str(number), 0, b"")
        os.utime(folder / str(number), (number, number))
    kept_programs._write(folder / "3", 0, b"")
    assert {path.name for path in folder.iterdir()} == {"2", "3"}


def test_only_a_command_keeps_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that a test runs in may be of changed code."""
    monkeypatch.setattr(kept_programs, "_folder", None)
    monkeypatch.setenv("QGL_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv(compilation_cache.KEEP, raising=False)
    compilation_cache.switch_on()
    assert kept_programs._folder is None
    monkeypatch.setenv(compilation_cache.KEEP, "1")
    compilation_cache.switch_on()
    assert kept_programs._folder == tmp_path / "programs"


def test_a_model_of_ones_own_is_not_kept(folder: Path) -> None:
    class Own(Model):
        pass

    model = Own(qgl.loads(TEXT % ADAM).program)
    STRATEGIES["gradient"](model, model.program.train, ()).initial()
    assert not folder.exists()
