"""A piece of a program is never left out without a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from qgl import compiler
from qgl.check.circuit.apply import Applier
from qgl.check.reporter import FaultyError
from qgl.cli.main import app
from qgl.data.environment import FolderEnvironment
from qgl.source import Source
from tests.check.checking import checked

TEXT = "visible v[2];\nlayer unused(q: qubit) { h q; }\nmodel { h v; cx v[0], v[1]; }\n"


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checker that gives up every gate and reports nothing."""

    def give_up(*_: object) -> None:
        raise FaultyError

    monkeypatch.setattr(Applier, "_gate", give_up)


def test_nothing_is_given_up_in_a_good_program() -> None:
    assert checked(TEXT).given_up is None


@pytest.mark.parametrize("statement", ["rx(k +) v[1];", "for j in 0..1 { rx(a[j] v[1]; }", "cx v[0], , v[1];"])
def test_after_a_fault_of_syntax_in_a_body_nothing_is_called_unused_or_untouched(statement: str) -> None:
    text = f"const k = 3;\nparam a[2];\nvisible v[2];\nmodel {{ h v[0]; {statement} }}\n"
    assert {fault.code for fault in checked(text).diagnostics} <= {"QGL0101", "QGL0103"}


@pytest.mark.parametrize("objective", ["objective nll d;", "objective nll(d) +;"])
def test_after_a_broken_objective_no_report_lacks_data(objective: str) -> None:
    text = f"data d = parity(2);\nvisible v[2];\nmodel {{ ry(?) v; }}\n{objective}\nreport kl;\n"
    assert {fault.code for fault in checked(text).diagnostics} == {"QGL0101"}


@pytest.mark.usefixtures("silent")
def test_a_statement_given_up_without_a_fault_is_an_internal_error(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="left out without a word") as stop:
        compiler.analyse(Source("program.qgl", TEXT), FolderEnvironment(tmp_path))
    assert isinstance(stop.value.__cause__, FaultyError)


@pytest.mark.usefixtures("silent")
def test_it_ends_the_command_with_70(tmp_path: Path) -> None:
    path = tmp_path / "program.qgl"
    path.write_text(TEXT)
    assert CliRunner().invoke(app, ["check", str(path)]).exit_code == 70


@pytest.mark.parametrize("body", ["h w;", "rx(sqrt(-1)) v;", "h v", "for k in 3..1 { h v[k]; }"])
def test_a_statement_given_up_with_a_fault_is_a_fault_of_the_program(body: str, tmp_path: Path) -> None:
    program, diagnostics = compiler.diagnose(
        Source("program.qgl", f"visible v[2];\nmodel {{ {body} }}\n"), FolderEnvironment(tmp_path)
    )
    assert program is None
    assert diagnostics
