"""The log for TensorBoard: every step once, however a run is broken off; read back record by record."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.record_writer import masked_crc32c

import qgl
from qgl.diagnostics.model import QglError
from qgl.runs import events
from qgl.runs.run import Run
from tests.command import qglc

FILE = "tensorboard/events.out.tfevents.qgl"
PROGRAM = """
data d = strings(["00", "11"]);
visible v[2];
param a[v] : angle ~ normal(0, 1);
model { for q in v { ry(a[q]) q; } cx v[0], v[1]; }
objective nll(d);
train { optimizer adam(rate = 0.1); steps 6; seeds 2; checkpoint 2; watch kl, every(3); }
"""
Scalars = list[tuple[int, dict[str, float]]]


def read(run: Path) -> Scalars:
    """The scalars of each record after the first, which names the format; checksums are held."""
    content, read = (run / FILE).read_bytes(), []
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        body = content[12 : 12 + length]
        sums = struct.unpack("<I", content[8:12]) + struct.unpack("<I", content[12 + length : 16 + length])
        assert sums == (masked_crc32c(content[:8]), masked_crc32c(body))
        read.append(Event.FromString(body))
        content = content[16 + length :]
    assert read[0].file_version == "brain.Event:2" and all(event.wall_time > 1e9 for event in read)
    return [(event.step, {value.tag: value.simple_value for value in event.summary.value}) for event in read[1:]]


def in_order(scalars: Scalars) -> Scalars:
    return sorted(scalars, key=lambda each: (each[0], sorted(each[1])))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(out=tmp_path_factory.mktemp("events") / "whole", log="tensorboard")


def train(**how: Any) -> Run:
    run: Run = qgl.loads(PROGRAM).train(display="quiet", pictures=False, **how)
    return run


def test_every_step_has_median_and_range_over_seeds(whole: Run) -> None:
    assert whole.path is not None
    scalars = read(whole.path)
    losses = [(step, figures) for step, figures in scalars if "loss/median" in figures]
    assert [step for step, _ in losses] == list(range(6))
    for step, figures in losses:
        own = whole.history.loss[step]
        values = [figures[f"loss/{part}"] for part in ("least", "median", "largest")]
        assert values == pytest.approx([own.min(), own.mean(), own.max()], rel=1e-6)
        assert set(figures) == {f"{name}/{part}" for name in ("loss", "gradient norm") for part in events._PARTS}
    watched = [(step, figures["reports/kl(d)/least"]) for step, figures in scalars if "loss/median" not in figures]
    assert [step for step, _ in watched] == [0, 3, 6]
    assert [value for _, value in watched] == pytest.approx(whole.watched.values["kl(d)"].min(axis=1), rel=1e-6)


def test_a_run_that_goes_on_has_every_step_once(whole: Run, tmp_path: Path) -> None:
    assert whole.path is not None
    broken = train(out=tmp_path / "broken", steps=4, log="tensorboard")
    assert broken.path is not None
    with (broken.path / FILE).open("ab") as file:  # as of a process that was killed while it wrote
        file.write((broken.path / FILE).read_bytes()[-90:-7])
    train(resume=broken.path, steps=6)
    assert read(broken.path) == read(whole.path)
    late = train(out=tmp_path / "late", steps=4)
    assert late.path is not None and not (late.path / "tensorboard").exists()
    train(resume=late.path, steps=6, log="tensorboard")
    assert in_order(read(late.path)) == in_order(read(whole.path))


def test_each_stage_has_its_own_and_goes_on_with_it(tmp_path: Path) -> None:
    stages = "".join(f"stage s{k} {{ train {{ steps 2; }} }}\n" for k in range(2))
    (tmp_path / "p.qgl").write_text(PROGRAM.replace("watch kl, every(3); ", "").replace("seeds 2", "seeds 1") + stages)
    status, _, errors = qglc("train", tmp_path / "p.qgl", "--out", tmp_path / "run", "--log", "tensorboard", "--quiet")
    assert status == 0, errors
    for stage in ("001", "002"):
        assert [step for step, figures in read(tmp_path / "run" / "stages" / stage) if "loss" in figures] == [0, 1]


def test_what_cannot_be_logged_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="no log 'wandb'"):
        train(out=tmp_path / "run", log="wandb")
    with pytest.raises(ValueError, match="give `out`"):
        train(log="tensorboard")
    with monkeypatch.context() as patched:
        patched.setattr(events, "find_spec", lambda name: None)
        with pytest.raises(QglError) as error:
            train(out=tmp_path / "run", log="tensorboard")
    assert [each.code for each in error.value.diagnostics] == ["QGL0917"] and not (tmp_path / "run").exists()
    run = train(out=tmp_path / "run", steps=2)
    assert run.path is not None
    (run.path / "tensorboard").symlink_to(tmp_path)
    with pytest.raises(QglError) as error:
        train(resume=run.path, steps=3, log="tensorboard")
    assert [each.code for each in error.value.diagnostics] == ["QGL0911"]
