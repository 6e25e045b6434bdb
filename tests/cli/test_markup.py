"""Names in brackets are names: no console of qgl reads rich's markup in what it shows."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from qgl.diagnostics.terminal import console
from qgl.report import display as training_display
from qgl.sweeps import display as sweep_display
from tests.command import qglc

PROGRAM = 'visible v[2];\ndata d = strings(["00", "11"]);\nmodel { ry(?) v; cx v[0], v[1]; }\nobjective nll(d);\n'


@pytest.mark.parametrize("name", ["[bold].qgl", "[/bold].qgl", "a[red]:smile:.qgl"])
def test_explain_shows_the_name_of_a_file_as_it_is(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)  # of a name with a slash
    path.write_text(PROGRAM)
    status, output, error = qglc("explain", path)
    assert status == 0, error
    assert f"{path}:2visiblequbits" in "".join(output.split())


def test_tables_titles_and_lines_are_what_they_say() -> None:
    from rich.table import Table

    table = Table(title="[/bold] title", caption="[red] caption")
    table.add_column("[dim] column")
    table.add_row("[/] cell :smile:")
    file = io.StringIO()
    shown = console(file=file, width=80)
    shown.print(table)
    shown.print("[/x] line")
    for text in ("[/bold] title", "[red] caption", "[dim] column", "[/] cell :smile:", "[/x] line"):
        assert text in file.getvalue()


def test_the_live_displays_show_names_as_they_are() -> None:
    file = io.StringIO()
    shown = console(file=file, width=80)
    training = training_display.Live(shown)
    training._title = "[/bold] run"
    shown.print(training._panel())
    sweep = sweep_display.Live(shown, ["n=[/red]"])
    sweep.started(0)
    shown.print(sweep._table())
    assert "[/bold] run" in file.getvalue() and "n=[/red]" in file.getvalue()
