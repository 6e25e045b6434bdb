"""Every file of a run, damaged in every way: the right answer, or a diagnostic; no traceback, and no other numbers."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from qgl.cli.main import app
from qgl.diagnostics.model import QglError
from qgl.loading import load
from qgl.program.calls.arguments import Data, Flag, Integer, Number
from qgl.program.calls.call import Kind, Parameter, parameters
from qgl.runs import manifest
from qgl.runs.files import sealed
from qgl.runs.folder import RunFolder
from qgl.runs.run import Run
from qgl.runs.shapes.settings_shape import CALLS_OF, settings_fault
from qgl.source import Span
from qgl.train.loop import train

PROGRAM = """data d = cardinality(3, 1);
visible v[3];
model { ry(?) v; cx v[0], v[1]; ry(?) v; }
objective nll(d);
train { optimizer adam(rate = 0.1); steps 6; seeds 2; checkpoint 2; watch kl(d), every(2); }
report kl(d);
"""
FILES = (
    "manifest.json",
    "metrics.jsonl",
    "watch.jsonl",
    "checkpoint.safetensors",
    "weights.safetensors",
    "data.safetensors",
    "report.json",
    "program/small.qgl",
)
OTHERS: tuple[Any, ...] = (None, True, -1, 1e300, "", "../x", [], {}, [[]], {"call": "x", "arguments": {}})
VERBS = (["evaluate", "run"], ["sample", "run", "-n", "5"], ["emit", "run"], ["jobs", "run"], ["fetch", "run"])
runner = CliRunner()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sound")
    (home / "small.qgl").write_text(PROGRAM)
    train(load(home / "small.qgl"), out=home / "run", display="quiet", pictures=False)
    return home / "run"


@pytest.fixture
def run(sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(sound, tmp_path / "run"))


def flipped(content: bytes, dice: np.random.Generator) -> bytes:
    place, bit = int(dice.integers(len(content))), int(dice.integers(8))
    return content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]


def loaded(run: Path) -> tuple[Any, ...]:
    found = Run.load(run)
    arrays = [*found.all_params.values(), found.losses, found.history.loss, *found.watched.values.values()]
    _ = found.model
    return tuple(array.tolist() for array in arrays), found.report


@pytest.mark.parametrize("name", FILES)
def test_flipped_bits_and_cut_files(run: Path, name: str) -> None:
    """Nothing is read from a damaged file but what was written; a resumed run reads no damaged one either."""
    path, whole, dice = run / name, loaded(run), np.random.default_rng(len(name))
    content = path.read_bytes()
    bad = [flipped(content, dice) for _ in range(40)]
    bad += [content[: int(dice.integers(len(content)))] for _ in range(6)]
    for changed in (*bad, b"", b"[]", b"{}", b"null", b"\xff\xfe", content + content):
        path.write_bytes(changed)
        try:
            assert loaded(run) == whole
        except QglError as error:
            assert all(fault.code in ("QGL0901", "QGL0904", "QGL0912") for fault in error.diagnostics)
        if name in ("checkpoint.safetensors", "metrics.jsonl", "manifest.json"):
            with pytest.raises(QglError), RunFolder.open(run) as folder:
                folder.load_checkpoint()
                Run.load(run)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "nothing", "of another run"])
def test_what_is_no_file_of_the_run(run: Path, sound: Path, name: str, kind: str) -> None:
    path = run / name
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "of another run":
        path.write_bytes(b'{"format": 2}' if path.suffix == ".json" else b'{"step": 0, "check": "0123456789abcdef"}\n')
    for verb in VERBS:
        result = runner.invoke(app, verb)
        assert result.exit_code in (0, 1), result.output
        assert (result.exit_code == 1) == ("error[QGL" in result.output), result.output
        needed = verb[0] in ("evaluate", "sample", "emit") and name not in ("checkpoint.safetensors", "watch.jsonl")
        assert result.exit_code == 1 or not needed, (verb, result.output)


def edits(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield from edits(inner, (*place, key))


@pytest.mark.parametrize("name, kind", CALLS_OF.items(), ids=list(CALLS_OF))
def test_arguments_of_settings_that_no_program_could_give(run: Path, name: str, kind: Kind[Any]) -> None:
    """Values of other types and huge ones, of every argument of every call: only numbers were looked at."""
    settings = manifest.load(run)["settings"]
    others: tuple[Any, ...] = (
        True,
        -1e300,
        10**400,
        "no such thing",
        [[]],
        {"call": "no such", "arguments": {}},
        [1, "a"],
        math.inf,
    )

    def fault_of(callee: type[Any], arguments: dict[str, Any]) -> str:
        call = {"call": callee.called, "arguments": arguments}
        return settings_fault({**settings, name: [call] if isinstance(settings[name], list) else call})

    for callee in kind.table.values():
        known = parameters(callee)
        sound = {one.name: manifest._to_json(one.default) for one in known if not one.required}
        missing = [one.name for one in known if one.required]
        assert fault_of(callee, sound) == (
            f"`settings.{name}`: `{callee.called}` lacks `{missing[0]}`" if missing else ""
        )
        for one in known:
            for other in others:
                assert fault_of(callee, {**sound, one.name: other}) or fits(other, one), (
                    callee.called,
                    one.name,
                    other,
                )


def fits(value: Any, argument: Parameter) -> bool:
    """Of the values above, those that a program might give."""
    match argument.type:
        case Flag():
            return value is True
        case Number() | Integer():
            return bool(value == -1e300)
        case Data():
            return isinstance(value, str)
        case _:
            return False


@pytest.mark.parametrize("resealed", [False, True], ids=["edited", "edited and sealed"])
def test_entries_of_other_types(run: Path, resealed: bool) -> None:
    """Every entry of the manifest is replaced by values of every type; a checksum that fits changes no diagnostic."""
    path = run / "manifest.json"
    facts = json.loads(path.read_text())
    whole, model = loaded(run), Run.load(run).model
    for place in list(edits(facts))[1:]:
        for value in OTHERS:
            changed = json.loads(json.dumps(facts))
            inner = changed
            for step in place[:-1]:
                inner = inner[step]
            inner[place[-1]] = value
            path.write_text(sealed.document(changed) if resealed else json.dumps(changed))
            try:
                found = loaded(run)
            except QglError:
                continue
            assert found[0] == whole[0], (place, value)
            if place[:1] == ("settings",) and place[1:2] != ("steps",):
                place_of, default = Span(model.program.source, 0, 0), model.program.train
                manifest.settings_from_json(changed["settings"], default, place_of)


def linked(name: str) -> Callable[[Path, Path], None]:
    def change(run: Path, target: Path) -> None:
        (run / name).unlink(missing_ok=True)
        (run / name).symlink_to(target)

    return change


@pytest.mark.parametrize("name", [".lock", "metrics.jsonl", "watch.jsonl", "manifest.json", ".manifest.json.tmp"])
def test_nothing_is_written_through_a_link(run: Path, tmp_path: Path, name: str) -> None:
    """A run from somebody else must not overwrite a file of yours, whatever its entries are."""
    target = tmp_path / "precious"
    content = (run / name).read_bytes() if (run / name).exists() else b"precious"
    target.write_bytes(content)
    linked(name)(run, target)
    result = runner.invoke(app, ["train", "--resume", "run", "--steps", "8", "-q", "--no-pictures"])
    assert target.read_bytes() == content
    assert result.exit_code == 0 or "error[QGL0911]" in result.output, result.output
    assert result.exit_code == 1 or name not in (".lock", "metrics.jsonl")


def test_a_second_name_is_no_link_to_write_to(run: Path, tmp_path: Path) -> None:
    os.link(run / "metrics.jsonl", tmp_path / "copy")
    before = (tmp_path / "copy").read_bytes()
    result = runner.invoke(app, ["train", "--resume", "run", "--steps", "8", "-q", "--no-pictures"])
    assert result.exit_code == 1 and "error[QGL0911]" in result.output
    assert (tmp_path / "copy").read_bytes() == before


def test_jobs_are_not_written_through_links(run: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (run / "jobs").symlink_to(tmp_path / "elsewhere")
    result = runner.invoke(app, ["run", "run", "--on", "statevector"])
    assert result.exit_code == 1 and "error[QGL0911]" in result.output
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_run_of_a_version_without_checksums_is_refused(run: Path) -> None:
    path = run / "manifest.json"
    facts = json.loads(path.read_text())
    del facts["sha256"]
    path.write_text(json.dumps({**facts, "format": 1}))
    for verb in (*VERBS, ["train", "--resume", "run"]):
        result = runner.invoke(app, verb)
        assert result.exit_code == 1 and "error[QGL0912]" in result.output
        assert facts["versions"]["qgl"] in result.output


def test_a_run_without_a_finite_loss_gives_no_strings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("nan.qgl").write_text(
        "visible v[2];\nparam a : real ~ constant(-1.0);\ndata d = cardinality(2, 1);\n"
        "model { rx(log(a)) v; ry(a) v; }\nobjective nll(d);\ntrain { optimizer sgd(rate = 0.1); steps 5; }\n"
    )
    assert "QGL0907" in runner.invoke(app, ["train", "nan.qgl", "--out", "run", "-q"]).output
    for verb in (["sample", "run"], ["evaluate", "run"], ["emit", "run"], ["run", "run", "--on", "statevector"]):
        result = runner.invoke(app, verb)
        assert result.exit_code == 1 and "error[QGL0914]" in result.output


def test_a_plan_that_is_refused_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.qgl").write_text(PROGRAM)
    model = load("p.qgl")
    strategy = "qgl.train.loop._Training._start"
    monkeypatch.setattr(strategy, _refuse)
    with pytest.raises(QglError):
        train(model, out=tmp_path / "run", display="quiet")
    assert not (tmp_path / "run").exists()
    monkeypatch.undo()
    assert train(model, out=tmp_path / "run", display="quiet", pictures=False).steps == 6


def _refuse(*_: Any) -> None:
    raise QglError([])


def test_names_of_formulas_are_drawn_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dollar in a name begins no formula, and a picture that cannot be drawn is a warning."""
    monkeypatch.chdir(tmp_path)
    Path("$\\frac{$.qgl").write_text(PROGRAM)
    result = runner.invoke(app, ["train", "$\\frac{$.qgl", "--out", "run"])
    assert result.exit_code == 0 and "could not be drawn" not in result.output, result.output
    assert Path("run/loss.png").exists() and Path("run/watch.png").exists()
    monkeypatch.setattr("qgl.report.pictures.loss_curves", lambda *_, **__: 1 / 0)
    result = runner.invoke(app, ["train", "$\\frac{$.qgl", "--out", "other"])
    assert result.exit_code == 0 and "could not be drawn: ZeroDivisionError" in result.output
    assert Run.load("other").status == "finished"
