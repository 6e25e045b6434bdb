"""Files of a run: written whole or not at all, whatever the disk does; what they hold comes back."""

from __future__ import annotations

import errno
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from qgl.diagnostics.model import QglError
from qgl.program.program import DataSet
from qgl.runs import data as run_data
from qgl.runs import history, manifest
from qgl.runs.files import atomic, checkpoint
from qgl.runs.folder import next_folder
from qgl.runs.run import Run
from qgl.train.kept import compilation_cache
from qgl.train.loop import train
from tests.train.softmax_model import SoftmaxModel, call, settings

ADAM = call("adam", rate=0.05, b1=0.9, b2=0.999, eps=1e-8)


def code(error: pytest.ExceptionInfo[QglError]) -> str:
    (diagnostic,) = error.value.diagnostics
    return diagnostic.code


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("may not mount a file system here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_loses_nothing(small_disk: Path, tmp_path: Path) -> None:
    """The run stops with a clear error at some step; with room again it goes on to the numbers of an unbroken one."""
    run = small_disk / "run"
    with pytest.raises(QglError) as error:
        train(SoftmaxModel(0.1), settings(ADAM, steps=2000, checkpoint=20), out=run, display="quiet")
    assert code(error) == "QGL0905"
    assert not list(run.glob(".*.tmp"))
    assert all(line.endswith(b"}\n") for line in (run / "metrics.jsonl").read_bytes().splitlines(keepends=True))
    assert Run.load(run).status == "running" and np.isfinite(Run.load(run).losses).all()
    roomy = tmp_path / "roomy"
    subprocess.run(["cp", "-r", run, roomy], check=True)
    train(SoftmaxModel(0.1), resume=roomy, display="quiet", pictures=False)
    whole = tmp_path / "whole"
    train(SoftmaxModel(0.1), settings(ADAM, steps=2000, checkpoint=20), out=whole, display="quiet", pictures=False)
    for name in ("metrics.jsonl", "weights.safetensors", "checkpoint.safetensors"):
        assert (whole / name).read_bytes() == (roomy / name).read_bytes()


@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.ENOSPC, "QGL0905"), (errno.EDQUOT, "QGL0905"), (errno.EACCES, "QGL0906"), (errno.EROFS, "QGL0906")],
)
def test_a_refused_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: str
) -> None:
    path = tmp_path / "file"
    atomic.write_bytes(path, b"old")

    def refuse(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    for write in (atomic.write_bytes, atomic.append):
        with pytest.raises(QglError) as error:
            write(path, b"new and longer")
        assert code(error) == expected
        assert str(path) in error.value.diagnostics[0].message
        assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(QglError) as error:
        train(SoftmaxModel(), settings(ADAM), out=tmp_path / "run", display="quiet")
    assert code(error) == "QGL0906" and "permission denied" in error.value.diagnostics[0].message


def test_append_and_truncate(tmp_path: Path) -> None:
    path = tmp_path / "file"
    atomic.append(path, b"one\n")
    atomic.append(path, b"two\n")
    assert path.read_bytes() == b"one\ntwo\n"
    assert history.size_of(path, 1) == 4 and history.size_of(path, 3) is None and history.size_of(path, 0) == 0
    atomic.truncate(path, 4)
    assert path.read_bytes() == b"one\n"


def test_history_comes_back_from_its_lines(tmp_path: Path) -> None:
    loss = np.asarray([[1.5, np.nan], [np.float32(0.1), np.inf]])
    rows = history.History(loss, {"kl ∑": loss + 1, "b": loss}, loss * 2, np.asarray([[0, 3], [1, 3]], np.int32))
    path = tmp_path / "metrics.jsonl"
    assert [json.loads(line)["step"] for line in rows.lines(5).splitlines()] == [5, 6]
    path.write_bytes(rows.lines(0) + b'{"step": 2, "lo')
    back = history.parse(path)
    assert back.steps == 2 and list(back.terms) == ["kl ∑", "b"]
    np.testing.assert_array_equal(back.loss, [[1.5, np.nan], [np.float32(0.1), np.nan]])
    np.testing.assert_array_equal(back.status, rows.status)
    assert rows.then(rows).steps == 4
    assert history.parse(tmp_path / "none").steps == 0


def test_data_sets_come_back(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = random.integers(0, 2, (10, 11)).astype(np.uint8)
    data = {
        "plain": DataSet("plain", rows, np.full(10, 0.1), None, False, "ab", "10 rows"),
        "given": DataSet("given", rows[:3, :9], np.asarray([0.2, 0.3, 0.5]), rows[:3, :2] / 3, True, "c", "x", (3, 3)),
    }
    path = tmp_path / run_data.FILE
    path.write_bytes(run_data.encode(data))
    back = run_data.decode(path)
    for name, item in data.items():
        for field in ("rows", "weights", "conditions"):
            np.testing.assert_array_equal(getattr(item, field), getattr(back[name], field))
        for field in ("name", "exact", "sha256", "description", "picture"):
            assert getattr(item, field) == getattr(back[name], field)


def test_leaves_have_stable_names_and_bytes() -> None:
    tree = {"b": [np.ones(2), {"x": np.zeros(())}], "a": (np.arange(3, dtype=np.int32),)}
    leaves = checkpoint.name_leaves(tree)
    assert sorted(leaves) == ["a/0", "b/0", "b/1/x"]
    text = {f"key {k}": str(k) for k in range(20)}
    assert len({checkpoint.encode(leaves, text) for _ in range(10)}) == 1


def test_the_manifest_says_what_was_run(tmp_path: Path) -> None:
    command = ["qglc", "train", "x.qgl", "--api-key", "hunter2", "--token=hunter2", "--set", "depth=8"]
    train(SoftmaxModel(), settings(ADAM, steps=3), out=tmp_path / "run", display="quiet", command=command)
    text = (tmp_path / "run/manifest.json").read_text()
    facts = json.loads(text)
    assert "hunter2" not in text and facts["command"][-1] == "depth=8"
    assert facts["status"] == "finished" and facts["step"] == facts["goal"] == 3
    assert facts["program"]["files"]["softmax.qgl"]["text"] == SoftmaxModel().program.source.text
    assert (tmp_path / "run/program/softmax.qgl").read_text() == SoftmaxModel().program.source.text
    assert set(facts["versions"]) >= {"qgl", "jax", "numpy", "python"} and facts["machine"]["cores"] >= 1
    assert facts["settings"]["seed"] == 7 and facts["sessions"][0]["to"] == 3
    place = settings().optimizer.span
    assert manifest.settings_from_json(facts["settings"], settings(), place) == settings(ADAM, steps=3)


def test_folders_are_numbered(tmp_path: Path) -> None:
    first = next_folder("dir/bars.qgl", tmp_path)
    assert first.name.startswith("bars-") and first.name.endswith("-1")
    first.mkdir()
    assert next_folder("bars.qgl", tmp_path).name.endswith("-2")
    assert next_folder("<stdin>", tmp_path).name.startswith("stdin-")


def test_the_compilation_cache_never_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import jax

    (tmp_path / "file").write_text("")
    monkeypatch.setenv("QGL_CACHE_DIR", str(tmp_path / "file" / "below"))
    before = jax.config.values["jax_compilation_cache_dir"]
    jax.config.update("jax_compilation_cache_dir", None)  # type: ignore[no-untyped-call]
    try:
        assert compilation_cache.switch_on() is False
        assert jax.config.values["jax_compilation_cache_dir"] is None
        monkeypatch.delenv("QGL_CACHE_DIR")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        assert compilation_cache.folder() == tmp_path / "cache/qgl/jax"
    finally:
        jax.config.update("jax_compilation_cache_dir", before)  # type: ignore[no-untyped-call]
