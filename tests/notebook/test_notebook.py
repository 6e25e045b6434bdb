"""What a notebook shows: the magics in a real IPython shell, and HTML in which nothing of a file is markup."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import qgl
from qgl.notebook import shown
from qgl.report.display import NotebookLine, Progress
from qgl.sweeps.sweep import Sweep

PROGRAM = """const depth = 1;
visible v[2];
data rows = strings(["00", "11"]);
model { repeat depth { ry(?) v; cx v[0], v[1]; } }
objective nll(rows);
train { steps 3; }
report kl(rows);
"""
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.chdir(tmp_path)
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False  # type: ignore[union-attr]
    shell.run_line_magic("load_ext", "qgl")
    yield shell
    InteractiveShell.clear_instance()


def run_cell(shell: Any, text: str) -> Any:
    return shell.run_cell(text)


def html_of(captured: Any) -> str:
    return "".join(output.data.get("text/html", "") for output in captured.outputs)


def test_a_cell_becomes_a_model_that_is_explained_and_shows_itself(shell: InteractiveShell) -> None:
    with capture_output() as captured:
        run_cell(shell, f"%%qgl bell depth=2\n{PROGRAM}")
        run_cell(shell, "%qgl explain bell")
    model = shell.user_ns["bell"]
    assert isinstance(model, qgl.Model) and model.program.constants["depth"] == 2
    html = html_of(captured)
    assert "state vector" in html and "4 inputs" in html
    shown_as, _ = shell.display_formatter.format(model)  # type: ignore[union-attr]
    assert shown_as["text/html"].startswith("<svg")


def test_faults_of_a_cell_are_shown_at_their_line_and_end_the_cell(shell: InteractiveShell) -> None:
    with capture_output() as captured:
        result = run_cell(shell, "%%qgl m\nvisible v[2];\nmodel { hh v; }\n")
    html = html_of(captured)
    assert not result.success and "m" not in shell.user_ns
    assert "error[QGL0" in html
    assert "2 | model { hh v; }" in html and "Traceback" not in captured.stdout


@pytest.mark.parametrize("line", ["", "explain", "explain nobody", "frobnicate m"])
def test_a_wrong_line_says_how_it_is_used(shell: InteractiveShell, line: str) -> None:
    with capture_output() as captured:
        result = run_cell(shell, f"%qgl {line}")
    assert not result.success and "Traceback" not in captured.stdout + captured.stderr
    assert "UsageError" in captured.stdout + captured.stderr


def test_a_constant_that_is_none_is_a_usage_error(shell: InteractiveShell) -> None:
    with capture_output() as captured:
        assert not run_cell(shell, f"%%qgl m depth\n{PROGRAM}").success
    assert "UsageError" in captured.stdout + captured.stderr


def test_a_run_is_its_report_and_pictures_never_its_arrays(shell: InteractiveShell, tmp_path: Path) -> None:
    model = qgl.loads(PROGRAM)
    run = model.train(out=tmp_path / "run", display="quiet")
    opened = qgl.open_run(tmp_path / "run")
    shown_as, _ = shell.display_formatter.format(opened)  # type: ignore[union-attr]
    html = shown_as["text/html"]
    assert "kl(rows)" in html and html.count("data:image/png;base64,") == 2  # loss and samples
    assert len(repr(run)) < 200 and "finished after 3 steps" in repr(run)
    assert opened.plot().axes and opened.plot("samples").axes
    with pytest.raises(ValueError, match=r"no picture 'nope'; it has loss, circuit, samples"):
        opened.plot("nope")


def test_a_run_without_a_folder_shows_its_loss() -> None:
    run = qgl.loads(PROGRAM).train(display="quiet", pictures=False)
    assert shown.run(run).count("data:image/png;base64,") == 1
    with pytest.raises(ValueError, match="it has loss"):
        run.plot("samples")


def test_plans_and_sweeps_show_themselves(tmp_path: Path) -> None:
    model = qgl.loads(PROGRAM)
    html = shown.plan(model.plan())
    assert "state vector" in html and "Probabilities" in html
    found = Sweep(tmp_path, EVIL, (), ("depth",))
    html = shown.sweep(found)
    assert "&lt;script&gt;" in html and "<script" not in html


def test_names_from_files_are_no_markup(tmp_path: Path) -> None:
    program = tmp_path / "a.qgl"
    program.write_text(f'visible v[2];\ndata d = strings("{EVIL}");\nmodel {{ h v; }}\n')
    with pytest.raises(qgl.QglError) as caught:
        qgl.load(program)
    html = shown.diagnostics(caught.value.diagnostics)
    assert "<script" not in html and "&lt;script&gt;" in html


def test_a_picture_of_a_run_that_is_something_else_is_left_out(tmp_path: Path) -> None:
    run = qgl.loads(PROGRAM).train(out=tmp_path / "run", display="quiet")
    mine = tmp_path / "mine.png"
    (tmp_path / "run" / "loss.png").rename(mine)
    (tmp_path / "run" / "loss.png").symlink_to(mine)
    (tmp_path / "run" / "samples.png").write_bytes(b"a letter of mine")
    assert shown.run(run).count("data:image/png;base64,") == 1  # drawn anew


def test_a_training_is_one_line_that_ends(shell: InteractiveShell) -> None:
    line = NotebookLine()
    progress = Progress(
        step=2,
        goal=2,
        loss=np.array([0.5]),
        terms={},
        gradient_norm=np.array([0.1]),
        watched={},
        impossible={},
        status=np.zeros(1, np.int64),
        rate=10.0,
        trace=(1.0, 0.5),
    )
    with capture_output() as captured:
        line.start(EVIL)
        line.compiled(1.0)
        line.update(progress)
        line.note("a note")
        line.stop()
    first, *updates = captured.outputs
    assert updates and all(update.update or update is first for update in updates)
    last = updates[-1].data["text/html"]
    assert "step 2 of 2" in last and "loss 0.5" in last and "a note" in last and "left" not in last
    assert "<script" not in last
