"""A life of programs of published systems, from their text to what a machine says.

It is checked and formatted, trained, killed in the middle of a stage, resumed bit for bit, sampled, and emitted as
OpenQASM, of which Qiskit reads the same distribution under every kept outcome, and with the required ones alone.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray
from qiskit_qasm3_import import parse

import qgl
from qgl.program.operations import Measurement, is_kept
from qgl.runs.run import Run
from qgl.train.loop import train
from tests.command import qglc
from tests.examples.life_child import brief
from tests.examples.test_examples import EXAMPLES, REDUCED, RUN, UNTRAINED
from tests.qasm.readers import as_bit_strings, qiskit_distribution
from tests.reference.density import elements

SYSTEMS = (
    *("denoise", "diffusion", "eye", "gates3", "mosaiq", "postselection", "purification", "reservoir", "thermal"),
    *("graphstates", "local", "maps", "mps", "recurrent", "search", "tokens", "trees", "walks"),
)
WIDE = ("local/step", "local/gap", "local/speciate")  # wider than a dense reference, or mixtures over rows
GIVEN = ("recurrent/contextual", "trees/digits")  # conditions have no distribution of their own
PROGRAMS = [name for name in RUN if name.partition("/")[0] in SYSTEMS and name not in (*WIDE, *GIVEN)]


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in PROGRAMS if name not in UNTRAINED])
def test_a_program_lives(name: str, tmp_path: Path) -> None:
    path, constants = EXAMPLES / f"{name}.qgl", REDUCED[name]
    assert qglc("check", path)[0] == 0 and qglc("fmt", "--check", path)[0] == 0
    model = qgl.load(path, **constants)
    whole = train(model, brief(model), out=tmp_path / "whole", display="quiet", pictures=False)
    folder = tmp_path / "run"
    killed(path, folder, constants)
    run = train(qgl.load(path, **constants), resume=folder, display="quiet", pictures=False)
    assert run.status == "finished" and same(run, whole) and all(map(same, run.stages, whole.stages))
    condition = given(model)
    option = [] if condition is None else ["--condition", ",".join(map(repr, condition.tolist()))]
    status, rows, _ = qglc("sample", folder, "-n", "3", *option)
    assert status == 0 and len(rows.splitlines()) >= 3
    if name.startswith("mosaiq/"):  # its rows are means over noise that is drawn, of one circuit for each row
        assert qglc("emit", folder, "--outputs", "-o", tmp_path / "circuits")[0] == 0
        for file in (tmp_path / "circuits").rglob("*.qasm"):
            parse(file.read_text(encoding="utf-8"))  # the noise is an open input
        return
    status, text, error = qglc("emit", folder, "--profile", "qiskit", *option)
    assert status == 0, error
    assert_same_distributions(text, model, run.params, condition)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({*UNTRAINED} - {*WIDE}))
def test_a_program_without_parameters_is_emitted(name: str) -> None:
    model = qgl.load(EXAMPLES / f"{name}.qgl", **REDUCED[name])
    assert_same_distributions(model.qasm({}, "qiskit"), model, {}, None)


def killed(path: Path, folder: Path, constants: dict[str, Any]) -> None:
    """Trains in another process, which does not live to see the end of it."""
    root = EXAMPLES.parent
    command = [sys.executable, "-m", "tests.examples.life_child", str(path), str(folder), json.dumps(constants)]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    assert subprocess.run(command, env=environment, cwd=root, check=False).returncode == -signal.SIGKILL
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["status"] == "running"


def same(one: Run, other: Run) -> bool:
    params = (np.array_equal(one.all_params[name], value) for name, value in other.all_params.items())
    return all(params) and np.array_equal(one.history.loss, other.history.loss)


def given(model: qgl.Model) -> NDArray[np.float64] | None:
    """Values of the condition inputs by their own distributions; None where there are none."""
    if not model.parameters.condition_width:
        return None
    return np.asarray(model.parameters.drawn_conditions(jax.random.key(5), 1)[0], np.float64)


def assert_same_distributions(text: str, model: qgl.Model, params: Any, condition: NDArray[np.float64] | None) -> None:
    """Of the visible bits, with each value of the kept outcomes, which follow them, where the required ones came."""
    with jax.enable_x64(True):
        row = np.asarray(model.parameters.inputs(dict(params), condition, jnp.float64)[0], np.float64)
    expected = elements(as_bit_strings(model.program), row)
    measured = [o for o in model.program.operations if isinstance(o, Measurement)]
    required = [bool(o.required) for o in measured if o.required is not None]
    kept = sum(map(is_kept, measured))
    joint = qiskit_distribution(text).reshape(-1, 2**kept, 2 ** len(required))[:, :, number(required)]
    assert len(expected) > 1 or not kept
    for label, state in expected.items():
        np.testing.assert_allclose(joint[:, number(label)], np.diagonal(state).real, atol=2e-5)


def number(bits: Sequence[bool]) -> int:
    """Of which these are the binary digits, the most significant first."""
    return sum(bit << place for place, bit in enumerate(reversed(bits)))
