"""Which files a program may read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qgl.data.environment import FolderEnvironment, open_program
from qgl.data.files import Limits
from qgl.diagnostics.model import Diagnostic, QglError
from qgl.source import Source
from tests.data.data_calls import SPAN, fault, load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A program's folder beside a file that it may not read."""
    (tmp_path / "secret.csv").write_text("0,1\n")
    inner = tmp_path / "program"
    (inner / "sub").mkdir(parents=True)
    (inner / "table.csv").write_text("0,1\n1,1\n")
    (inner / "sub" / "table.csv").write_text("1,1\n")
    return inner


def test_files_in_the_folder_and_below(folder: Path) -> None:
    for path in ("table.csv", "./table.csv", "sub/../table.csv"):
        assert len(load("csv", folder, path=path).rows) == 2
    assert len(load("csv", folder, path="sub/table.csv").rows) == 1


@pytest.mark.parametrize(
    "path",
    [
        "../secret.csv",
        "sub/../../secret.csv",
        "..",
        "../program/../secret.csv",
        "/etc/passwd",
        "C:\\x",
        "C:/x",
        "",
        "a\0b",
    ],
)
def test_paths_out_of_the_folder(folder: Path, path: str) -> None:
    assert fault("csv", folder, path=path).code == "QGL0602"
    assert fault("npz", folder, path=path).code == "QGL0602"


def test_links_out_of_the_folder(folder: Path) -> None:
    (folder / "link.csv").symlink_to(folder.parent / "secret.csv")
    (folder / "up").symlink_to(folder.parent)
    (folder / "inside.csv").symlink_to(folder / "table.csv")
    assert fault("csv", folder, path="link.csv").code == "QGL0602"
    assert fault("csv", folder, path="up/secret.csv").code == "QGL0602"
    assert len(load("csv", folder, path="inside.csv").rows) == 2


def test_a_folder_that_is_itself_a_link(folder: Path) -> None:
    link = folder.parent / "link"
    link.symlink_to(folder)
    assert len(load("csv", link, path="table.csv").rows) == 2


def test_what_is_not_a_plain_file(folder: Path) -> None:
    os.mkfifo(folder / "pipe")  # opening it would wait for a writer
    (folder / "circle").symlink_to(folder / "circle")
    assert "not a file" in fault("csv", folder, path="pipe").message
    assert fault("csv", folder, path="sub").code == "QGL0603"
    assert fault("csv", folder, path="circle").code == "QGL0603"
    assert fault("csv", folder, path="table.csv/x").code == "QGL0601"
    assert fault("csv", folder, path="x" * 5000).code == "QGL0603"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(folder: Path) -> None:
    (folder / "table.csv").chmod(0)
    assert "permission denied" in fault("csv", folder, path="table.csv").message


def test_a_missing_file_is_guessed(folder: Path) -> None:
    assert 'there is "table.csv"' in fault("csv", folder, path="tabel.csv").help
    assert 'there is "sub/table.csv"' in fault("csv", folder, path="sub/tabl.csv").help
    assert fault("csv", folder, path="nothing.csv").code == "QGL0601"


def test_large_files(folder: Path) -> None:
    assert len(load("csv", folder, Limits(data_bytes=8), path="table.csv").rows) == 2
    diagnostic = fault("csv", folder, Limits(data_bytes=7), path="table.csv")
    assert diagnostic.code == "QGL0604" and "8 bytes; at most 7" in diagnostic.message


# ---------------------------------------------------------------- programs and imports


def refused(environment: FolderEnvironment, path: str, importer: Source) -> Diagnostic:
    with pytest.raises(QglError) as raised:
        environment.open_import(path, importer, SPAN)
    return raised.value.diagnostics[0]


def test_imports_are_relative_to_the_importer_and_the_same_object(folder: Path) -> None:
    (folder / "main.qgl").write_text("visible v;")
    (folder / "sub" / "layers.qgl").write_text("// θ")
    (folder / "sub" / "more.qgl").write_text("")
    source, environment = open_program(folder / "main.qgl")
    assert source.text == "visible v;" and source.name == str(folder / "main.qgl")
    layers = environment.open_import("sub/layers.qgl", source, SPAN)
    assert layers.text == "// θ" and layers.name == "sub/layers.qgl"
    assert environment.open_import("more.qgl", layers, SPAN).name == "sub/more.qgl"
    assert environment.open_import("../main.qgl", layers, SPAN) is source
    assert environment.open_import("layers.qgl", layers, SPAN) is layers
    assert refused(environment, "../../secret.csv", layers).code == "QGL0602"
    assert refused(environment, "layers.qgl", source).code == "QGL0601"


def test_imports_of_other_kinds(folder: Path) -> None:
    source, environment = Source("text", ""), FolderEnvironment(folder, Limits(text_bytes=4))
    (folder / "latin.qgl").write_bytes(b"\xe9")
    (folder / "zero.qgl").write_bytes(b"a\0")
    (folder / "long.qgl").write_bytes(b"12345")
    assert refused(environment, "latin.qgl", source).code == "QGL0603"
    assert refused(environment, "zero.qgl", source).code == "QGL0603"
    assert refused(environment, "long.qgl", source).code == "QGL0604"
    assert refused(environment, "sub", source).code == "QGL0603"


@pytest.mark.parametrize("name", ["missing.qgl", "sub", "large.qgl", "binary.qgl", "a\0b", "table.csv/x"])
def test_programs_that_cannot_be_opened(folder: Path, name: str) -> None:
    (folder / "large.qgl").write_bytes(b" " * 101)
    (folder / "binary.qgl").write_bytes(b"\x00\xff")
    with pytest.raises(QglError) as raised:
        open_program(folder / name, Limits(text_bytes=100))
    assert raised.value.diagnostics[0].span is None
    assert raised.value.diagnostics[0].message


def test_a_program_beside_its_data_by_a_relative_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "main.qgl").write_text("")
    monkeypatch.chdir(folder)
    _, environment = open_program(Path("main.qgl"))
    monkeypatch.chdir(folder.parent)
    assert environment.open_import("main.qgl", Source("x", ""), SPAN).text == ""
