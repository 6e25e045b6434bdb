"""check, fmt, code, new, compile, and the frame around all verbs, in processes of their own where that matters."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import networkx as nx
import pytest
import typer
from typer.testing import CliRunner

from qgl.cli import guard
from qgl.cli.main import VERBS, app
from qgl.cli.options import constants
from qgl.diagnostics import registry

ROOT = Path(__file__).parents[2]
GOOD = "visible v[2];\nmodel { h v; }\n"
BAD = "visible v[2];\nmodel { h w; }\n"
UGLY = "visible   v [2];model{h v;}"

runner = CliRunner()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, text: str) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def qglc(*arguments: str, text: str | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from qgl.cli.main import run; run()", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | more
    return subprocess.run(command, capture_output=True, text=True, input=text, env=environment, timeout=120)


# ---------------------------------------------------------------- the frame


def test_help_lists_every_verb() -> None:
    result = runner.invoke(app, ["--help"])
    assert result.exit_code == 0
    for verb, summary in VERBS.items():
        assert verb in result.output
        assert summary in result.output


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_exists_and_has_a_help_with_an_example(verb: str) -> None:
    module = importlib.import_module(f"qgl.cli.{verb}")
    assert hasattr(module, verb) or hasattr(module, f"{verb}_")
    result = runner.invoke(app, [verb, "--help"])
    assert result.exit_code == 0
    assert f"qglc {verb}" in result.output


@pytest.mark.parametrize(("debug", "level"), [({}, "3"), ({"QGL_DEBUG": "1"}, "None")])
def test_what_xla_logs_of_its_cache_is_not_shown(debug: dict[str, str], level: str) -> None:
    """On some processors it is an error a program, from the second start on, and nothing is wrong."""
    code = "import os, sys\nfrom qgl.cli.main import run\nsys.argv = ['qglc', '--version']\n"
    code += "try: run()\nfinally: print(os.environ.get('TF_CPP_MIN_LOG_LEVEL'), 'jax' in sys.modules)"
    environment = {
        name: value for name, value in os.environ.items() if name not in ("TF_CPP_MIN_LOG_LEVEL", "QGL_DEBUG")
    }
    command, own = [sys.executable, "-c", code], environment | debug
    done = subprocess.run(command, capture_output=True, text=True, env=own, timeout=120)
    assert done.stdout.splitlines()[-1] == f"{level} False", done.stderr


def test_version_and_wrong_usage() -> None:
    assert runner.invoke(app, ["--version"]).output.startswith("qglc 0.")
    for arguments in (["chek"], ["check"], ["check", "--nonsense"], ["compile", "x", "--emit", "nonsense"]):
        assert runner.invoke(app, arguments).exit_code == 2
    assert "check" in runner.invoke(app, ["chek"]).output
    assert runner.invoke(app, []).exit_code == 2


def test_an_internal_error_says_what_to_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delenv("QGL_DEBUG", raising=False)

    def verb() -> None:
        raise ZeroDivisionError("oops")

    with pytest.raises(typer.Exit) as stop:
        guard.guarded(verb)()
    assert stop.value.exit_code == 70
    said = capsys.readouterr().err
    (kept,) = tmp_path.iterdir()
    assert str(kept) in said
    assert "ZeroDivisionError: oops" in said
    assert "Traceback" in kept.read_text(encoding="utf-8")
    assert "Traceback" not in said
    monkeypatch.setenv("QGL_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        guard.guarded(verb)()


def test_an_interrupt_ends_with_130() -> None:
    def verb() -> None:
        raise KeyboardInterrupt

    with pytest.raises(typer.Exit) as stop:
        guard.guarded(verb)()
    assert stop.value.exit_code == 130


def test_a_reader_that_has_enough_is_no_fault() -> None:
    command = f"{sys.executable} -c 'from qgl.cli.main import run; run()' code | head -n 1"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, shell=True, capture_output=True, text=True, env=environment, timeout=120)
    assert result.stdout.startswith("QGL0101")
    assert result.stderr == ""


# ---------------------------------------------------------------- check


def test_check_of_a_good_and_a_bad_program(here: Path) -> None:
    assert runner.invoke(app, ["check", write("good.qgl", GOOD)]).exit_code == 0
    result = qglc("check", write("bad.qgl", BAD), "good.qgl")
    assert result.returncode == 1
    assert "bad.qgl:2:11" in result.stderr
    assert "good.qgl: no faults" in result.stdout
    assert "\x1b" not in result.stderr


def test_check_says_that_a_first_line_was_taken_for_names(here: Path) -> None:
    write("t.csv", "x,y\n0,1\n1,0\n")
    name = write("a.qgl", 'data d = csv("t.csv");\nvisible v[2];\nmodel { h v; }\nobjective nll(d);\n')
    result = runner.invoke(app, ["check", name])
    assert result.exit_code == 0 and result.stdout == "a.qgl: no faults\n"
    assert result.stderr.startswith('note: the first line of "t.csv" is read as names of its columns')
    write(name, Path(name).read_text().replace('.csv"', '.csv", header = true'))
    assert runner.invoke(app, ["check", name]).stderr == ""


def test_check_writes_json_for_editors(here: Path) -> None:
    result = qglc("check", "--format", "json", write("bad.qgl", BAD))
    assert result.returncode == 1
    (item,) = json.loads(result.stdout)
    assert item["file"] == "bad.qgl"
    assert item["range"]["start"] == {"line": 2, "column": 11, "offset": 24}
    result = qglc("check", "--format", "json", write("good.qgl", GOOD))
    assert json.loads(result.stdout) == []


def test_check_reads_standard_input(here: Path) -> None:
    assert qglc("check", "-", text=GOOD).returncode == 0
    result = qglc("check", "-", text=BAD)
    assert result.returncode == 1
    assert "<stdin>:2:11" in result.stderr


def test_check_of_what_is_no_program(here: Path) -> None:
    Path("binary.qgl").write_bytes(bytes(range(256)) * 4)
    Path("zero.qgl").write_bytes(b"visible v\0;")
    Path("latin.qgl").write_bytes("// é".encode("latin-1"))
    Path("large.qgl").write_bytes(b"/" * (10 << 20))
    Path("folder.qgl").mkdir()
    os.mkfifo("pipe.qgl")
    write("empty.qgl", "")
    for name in ("binary", "zero", "latin", "large", "folder", "pipe", "empty", "missing"):
        result = runner.invoke(app, ["check", f"{name}.qgl"])
        assert result.exit_code == 1, name
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert "error[QGL" in result.output, name


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_check_of_a_file_that_may_not_be_read(here: Path) -> None:
    Path(write("secret.qgl", GOOD)).chmod(0)
    result = runner.invoke(app, ["check", "secret.qgl"])
    assert result.exit_code == 1
    assert "permission" in result.output


def test_constants_from_outside() -> None:
    values = constants(["n=3", "x = -0.5", "deep=true", 'w="a b"', "kind=ring", "list=[1, 2.5]"])
    assert values == {"n": 3, "x": -0.5, "deep": True, "w": "a b", "kind": "ring", "list": [1, 2.5]}
    assert constants(None) == {}
    for wrong in (["n"], ["=3"], ["n="], ["n=1+1"], ["n=f(1)"], ["n=1", "n=2"], ["n=1;visible v"], ["1=2"]):
        with pytest.raises(typer.BadParameter):
            constants(wrong)


def test_check_takes_constants(here: Path) -> None:
    name = write("n.qgl", "const n = 2;\nvisible v[n];\nmodel { h v[2]; }\n")
    assert runner.invoke(app, ["check", name]).exit_code == 1
    assert runner.invoke(app, ["check", name, "--set", "n=3"]).exit_code == 0
    assert runner.invoke(app, ["check", name, "--set", "m=3"]).exit_code == 1
    assert runner.invoke(app, ["check", name, "--set", "m"]).exit_code == 2


# ---------------------------------------------------------------- fmt


def test_fmt_writes_the_canonical_form(here: Path) -> None:
    name = write("ugly.qgl", UGLY)
    result = runner.invoke(app, ["fmt", "--check", name])
    assert result.exit_code == 1
    assert Path(name).read_text(encoding="utf-8") == UGLY
    assert runner.invoke(app, ["fmt", name]).exit_code == 0
    assert Path(name).read_text(encoding="utf-8") == "visible v[2];\nmodel { h v; }\n"
    result = runner.invoke(app, ["fmt", "--check", name])
    assert (result.exit_code, result.output) == (0, "")
    assert list(here.iterdir()) == [here / name]


def test_fmt_keeps_links_and_rights(here: Path) -> None:
    Path(write("real.qgl", UGLY)).chmod(0o640)
    Path("link.qgl").symlink_to("real.qgl")
    assert runner.invoke(app, ["fmt", "link.qgl"]).exit_code == 0
    assert Path("link.qgl").is_symlink()
    assert Path("real.qgl").stat().st_mode & 0o777 == 0o640
    assert Path("real.qgl").read_text(encoding="utf-8") == GOOD


def test_fmt_leaves_a_faulty_program_alone(here: Path) -> None:
    name = write("faulty.qgl", "visible   v\nmodel { h v; }")
    result = runner.invoke(app, ["fmt", name])
    assert result.exit_code == 1
    assert "QGL0102" in result.output
    assert Path(name).read_text(encoding="utf-8") == "visible   v\nmodel { h v; }"


def test_fmt_filters_standard_input() -> None:
    result = qglc("fmt", "-", text=UGLY)
    assert (result.returncode, result.stdout) == (0, GOOD)


# ---------------------------------------------------------------- code, new, compile


def test_code_lists_and_explains() -> None:
    listed = runner.invoke(app, ["code"]).output
    for code in registry():
        assert code in listed
    by_code, by_name = runner.invoke(app, ["code", "qgl0102"]), runner.invoke(app, ["code", "missing-token"])
    assert by_code.exit_code == 0
    assert by_code.output == by_name.output
    assert "expected `;` before `model`" in by_code.output
    unknown = runner.invoke(app, ["code", "missing-tokn"])
    assert unknown.exit_code == 1
    assert "missing-token" in unknown.output


def test_new_makes_a_program_that_passes(here: Path) -> None:
    assert runner.invoke(app, ["new", "flips"]).exit_code == 0
    assert runner.invoke(app, ["check", "flips.qgl"]).output == "flips.qgl: no faults\n"
    assert runner.invoke(app, ["fmt", "--check", "flips.qgl"]).exit_code == 0
    again = runner.invoke(app, ["new", "flips"])
    assert again.exit_code == 1
    assert "QGL0950" in again.output
    assert runner.invoke(app, ["new", "flips.qgl", "--force"]).exit_code == 0
    assert runner.invoke(app, ["new", "no/such/folder"]).exit_code == 1
    assert runner.invoke(app, ["new", ""]).exit_code == 2
    assert runner.invoke(app, ["new", "a{b}"]).exit_code == 0
    assert runner.invoke(app, ["check", "a{b}.qgl"]).exit_code == 0


@pytest.mark.parametrize("stage", ["tree", "program", "graph", "plan"])
def test_compile_shows_each_stage(here: Path, stage: str) -> None:
    name = write("good.qgl", GOOD)
    text = runner.invoke(app, ["compile", name, "--emit", stage])
    assert text.exit_code == 0, text.output
    data = runner.invoke(app, ["compile", name, "--emit", stage, "--format", "json"])
    assert json.loads(data.output)
    assert runner.invoke(app, ["compile", write("bad.qgl", "visible v"), "--emit", stage]).exit_code == 1


def test_compile_graph_is_the_circuit_for_networkx(here: Path) -> None:
    name = write("bell.qgl", "visible v[2];\nmodel { h v[0]; cx v[0], v[1]; }\n")
    written = runner.invoke(app, ["compile", name, "--emit", "graph"])
    for graph in (
        nx.node_link_graph(json.loads(written.output), edges="edges"),
        nx.parse_graphml(
            runner.invoke(app, ["compile", name, "--emit", "graph", "--format", "graphml"]).output, node_type=int
        ),
    ):
        assert [facts["operation"] for _, facts in graph.nodes(data=True)] == ["h", "cx"]
        assert list(graph.edges) == [(0, 1)]
    for ending, read in (("graphml", nx.read_graphml), ("json", lambda p: json.loads(p.read_text())["nodes"])):
        file = here / f"bell.{ending}"
        assert runner.invoke(app, ["compile", name, "--emit", "graph", "-o", str(file)]).exit_code == 0
        assert len(read(file)) == 2


def test_graphml_is_of_graphs_only(here: Path) -> None:
    name = write("good.qgl", GOOD)
    for options in (["--format", "graphml"], ["-o", "plan.graphml"]):
        refused = runner.invoke(app, ["compile", name, "--emit", "plan", *options])
        assert refused.exit_code == 2
        assert "GraphML is for" in refused.output
    assert not (here / "plan.graphml").exists()


def test_compile_qasm_is_openqasm(here: Path) -> None:
    result = runner.invoke(app, ["compile", write("good.qgl", GOOD), "--emit", "qasm"])
    assert result.exit_code == 0
    assert "OPENQASM 3" in result.output
