"""No memory, and limits too low for anything, are errors of size in every verb that computes."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import jax
import pytest
import typer

from qgl.cli.guard import guarded
from qgl.kernels.simulator import Simulator
from qgl.plan import memory
from tests.command import qglc

PROGRAM = (
    "visible v[2]; data d = cardinality(2, 1); model { ry(?) v; } objective nll(d); report kl(d); "
    "train { optimizer adam(rate = 0.1); steps 1; }"
)
VERBS = (
    ("explain", "m.qgl"),
    ("train", "m.qgl", "--out", "other", "--no-pictures"),
    ("sample", "run", "-n", "3"),
    ("evaluate", "run", "--no-pictures"),
    ("run", "run", "--on", "statevector"),
    ("emit", "run"),
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    (folder / "m.qgl").write_text(PROGRAM)
    status, _, said = qglc("train", folder / "m.qgl", "--out", folder / "run", "--no-pictures", "-q")
    assert status == 0, said
    return folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program and a run of it, in the folder of this process."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="limits of processes are of Unix")
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: str(verb[0]))
@pytest.mark.parametrize("limit", ["AS", "DATA"])
def test_limits_too_low_for_anything_are_told_before_jax_is_used(
    limit: str, verb: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import resource

    low = getattr(resource, f"RLIMIT_{limit}")
    free = resource.RLIM_INFINITY
    monkeypatch.setattr(resource, "getrlimit", lambda which: (400 * 10**6, free) if which == low else (free, free))
    assert "ulimit" in memory.lacking()
    status, _, said = qglc(*verb)
    assert status == 1
    assert "QGL0811" in said
    assert "`ulimit" in said
    assert not (folder / "other").exists()


@pytest.mark.parametrize("verb", VERBS[2:5], ids=lambda verb: str(verb[0]))
@pytest.mark.parametrize(
    "error", [MemoryError("64 GiB"), jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 6 bytes")]
)
def test_an_allocation_that_fails_while_it_answers_is_told(
    error: Exception, verb: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(Simulator, "answers", fail)
    status, _, said = qglc(*verb)
    assert status == 1
    assert "QGL0811" in said
    assert "fault of qglc" not in said


def test_an_allocation_that_fails_while_a_text_is_written_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("qgl.qasm.emission", fail)
    status, output, said = qglc("emit", "run", "-o", "text.qasm")
    assert (status, output) == (1, "")
    assert "QGL0811" in said
    assert not (folder / "text.qasm").exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO])
def test_no_room_on_the_disk_is_no_fault_of_qglc(
    number: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit of the size of files too (`ulimit -f`)."""
    monkeypatch.setattr("qgl.cli.guard.silence", lambda _: None)

    @guarded
    def verb() -> None:
        raise OSError(number, os.strerror(number))

    with pytest.raises(typer.Exit) as stopped:
        verb()
    assert stopped.value.exit_code == 1
    assert os.strerror(number) in capsys.readouterr().err
