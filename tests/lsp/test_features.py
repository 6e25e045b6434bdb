"""What the language server answers, feature by feature, asked by a client over standard input and output."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lsprotocol import types

from qgl.lsp.documents import uri_of
from tests.lsp.client import PATIENCE, Editor, File

pytestmark = pytest.mark.asyncio(loop_scope="module")

LAYERS = """// How a qubit is turned.
layer turn(a: angle[3], q: qubit) { rz(a[0]) q; rx(a[1]) q; rz(a[2]) q; }
const unused_here = 2;
"""
PROGRAM = """import "layers.qgl";

const n = 4, depth = 2;
visible v[n];  // what is read out
data target = parity(n);
data rows = csv("rows.csv");
param theta[depth, v] : angle ~ normal(0, 0.1);

model {
    repeat depth as l {
        for q in v { ry(theta[l, q]) q; }
        for (a, b) in chain(v) { cx a, b; }
    }
    turn(?) v;
}

objective nll(target);
train { optimizer adam(rate = 0.05); steps 20; }
report kl, tv(rows);
"""


@pytest.fixture
def opened(editor: Editor, folder: Path) -> Iterator[File]:
    (folder / "layers.qgl").write_text(LAYERS)
    (folder / "rows.csv").write_text("0,0,1,1\n0,1,0,1\n")
    (folder / "main.qgl").write_text(PROGRAM)
    file = File(editor, folder / "main.qgl", PROGRAM)
    yield file
    file.close()
    assert [each.message for each in editor.log_messages] == []  # where faults of ours are told


async def hovered(file: File, mark: str, more: int = 0) -> str:
    found = await file.client.text_document_hover_async(types.HoverParams(**file.at(mark, more)))
    assert found is not None and isinstance(found.contents, types.MarkupContent)
    return found.contents.value


async def labels(file: File, mark: str, more: int = 0) -> dict[str, types.CompletionItem]:
    found = await file.client.text_document_completion_async(types.CompletionParams(**file.at(mark, more)))
    assert isinstance(found, types.CompletionList)
    return {item.label: item for item in found.items}


async def test_diagnostics_while_typing(opened: File) -> None:
    assert await opened.diagnostics() == []
    at = opened.text.index("cx a")
    opened.type(at, 2, "cnott")
    (fault,) = await opened.diagnostics()
    assert (fault.code, fault.severity) == ("QGL0202", types.DiagnosticSeverity.Error)
    assert opened.text.splitlines()[fault.range.start.line][fault.range.start.character :].startswith("cnott")
    opened.type(at, 5, "cx")
    assert await opened.diagnostics() == []


async def test_faults_of_data_and_imports_are_told_at_their_places(opened: File) -> None:
    opened.type(opened.text.index("rows.csv"), 8, "row.csv")
    (fault,) = await opened.diagnostics()
    assert fault.code == "QGL0601" and "rows.csv" in fault.message
    opened.type(opened.text.index("row.csv"), 7, "rows.csv")
    assert await opened.diagnostics() == []
    layers = File(opened.client, opened.path.with_name("layers.qgl"), LAYERS.replace("rz(a[2])", "rzz(a[2])"))
    async with asyncio.timeout(PATIENCE):  # what imports the file is checked again, though it was not touched itself
        while not opened.client.published[opened.uri][1]:
            await asyncio.sleep(0.01)
    (fault,) = opened.client.published[opened.uri][1]
    assert fault.range.start.line == 0 and fault.related_information
    assert fault.related_information[0].location.uri == layers.uri
    layers.close()


@pytest.mark.parametrize(
    ("mark", "more", "told"),
    [
        ("depth = 2", 1, "constant: `2`"),
        ("visible v", 8, "a register of 4 qubits"),
        ("visible v", 8, "what is read out"),
        ("rows = csv", 1, "2 rows of 4 bits"),
        ("theta[l", 1, "shape (2, 4), 8 numbers of type angle"),
        ("ry(theta", 1, "exp(-i a Y / 2)"),
        ("turn(?)", 1, "layer turn(a: angle[3], q: qubit)"),
        ("?", 0, "shape (4, 3), 12 numbers"),
        ("parity(n)", 1, "data source"),
        ("adam(rate", 1, "- `rate`: the step size"),
        ("rate = 0.05", 1, "the step size"),
        ("steps 20", 1, "setting of training"),
        ("kl, tv", 1, "KL divergence"),
        ("repeat", 1, "`as l` counts from 0"),
        ("chain(v)", 1, "consecutive"),
    ],
)
async def test_hover(opened: File, mark: str, more: int, told: str) -> None:
    assert told in await hovered(opened, mark, more)


async def test_hover_of_the_objective_tells_what_the_planner_chooses(opened: File) -> None:
    async with asyncio.timeout(PATIENCE):
        while "| method |" not in (text := await hovered(opened, "nll(target)", 1)):
            assert "at work" in text
    assert re.search(r"\| \*\*state vector\*\* \| [0-9.]+ us \|", text) and "20 steps take about" in text


@pytest.mark.parametrize(
    ("typed", "there", "absent"),
    [
        ("\nmodel { \nhad| }", {"h", "rx", "turn", "for", "repeat"}, {"theta", "adam", "depolarizing_"}),
        ("\nlayer f(q: qubit) { re| }", {"repeat", "rz"}, {"reset", "measure_"}),
        ("\nchannel f(q: qubit) { re| }", {"reset", "bit_flip", "fresh", "turn"}, set()),
        ("\nmodel { for q in v { rx(|) q; } }", {"theta", "depth", "q", "sin", "pi"}, {"rx", "turn", "target"}),
        ("\nmodel { for q in v { h | } }", {"v", "q"}, {"theta", "h", "target"}),
        ("\nmodel { for q | }", {"in"}, {"v", "q"}),
        ("\nlayer f(a: |) {}", {"angle", "qubit", "int"}, {"v"}),
        ("\nparam w : |;", {"angle", "unitary", "probability"}, {"qubit"}),
        ("\nparam w : angle ~ |;", {"normal", "uniform"}, {"v"}),
        ("\nvisible w = |;", {"plus", "neel", "angles"}, {"adam"}),
        ("\nlattice w = |;", {"line", "torus", "graph"}, {"adam"}),
        ("\nobjective |;", {"nll", "mmd", "kl"}, {"tv", "adam", "theta"}),
        ("\nobjective nll(|);", {"target", "rows", "data ="}, {"theta", "v", "sin"}),
        ("\nobjective mmd(target, |);", {"hamming", "gaussian", "kernel ="}, {"nll", "adam"}),
        ("\nobjective mmd(target, hamming(s|));", {"sigma ="}, {"kernel ="}),
        ("\nreport |;", {"kl", "tv", "moments"}, {"nll_", "adam"}),
        ("\ntrain { | }", {"optimizer", "steps", "stop"}, {"adam", "v"}),
        ("\ntrain { optimizer | }", {"adam", "sgd"}, {"nll", "steps"}),
        ("\ntrain { optimizer adam(rate = 0.1, |); }", {"b1 =", "b2 ="}, {"rate ="}),
        ("\ntrain { optimizer adam(rate = |); }", {"cosine", "depth"}, {"target"}),
        ("\ntrain { precision | }", {"single", "double"}, {"adam"}),
        ("\n|", {"visible", "model", "train", "param"}, {"h", "v"}),
        ("\nmodel { ev| }", {"evolve"}, set()),
        ("\nhamiltonian g = Z[v[0]];\nmodel { evolve | }", {"g"}, {"v", "theta"}),
        ("\nmodel { evolve g for 1 by | }", {"trotter"}, {"v"}),
        ("\nlocal | ", {"v"}, {"theta"}),
        ("\nlocal v | ", {"within", "depth", "cone"}, {"theta"}),
        ("\ndata more = |;", {"csv", "parity", "digits"}, {"nll", "target"}),
        ('\ndata more = csv("r|");', {"rows.csv"}, {"main.qgl", "layers.qgl"}),
        ('\nimport "|";', {"layers.qgl", "main.qgl"}, {"rows.csv"}),
        ("\n// a com|", set(), {"model", "v"}),
    ],
)
async def test_completion(opened: File, typed: str, there: set[str], absent: set[str]) -> None:
    before, _, after = typed.partition("|")
    end = opened.text.index("\nmodel {")
    opened.type(end, len(opened.text) - end, before + after)
    found = await labels(opened, opened.text, end + len(before))
    assert there <= set(found), there - set(found)
    assert not absent & set(found)


async def test_an_item_takes_the_place_of_what_was_typed(opened: File) -> None:
    at = opened.text.index("cx a")
    opened.type(at, 5, "cx de,")
    item = (await labels(opened, "cx de,", 5))["a"]
    assert isinstance(item.text_edit, types.TextEdit)
    assert opened.applied([item.text_edit]) == PROGRAM


async def test_a_layer_is_completed_with_its_arguments(opened: File) -> None:
    opened.type(opened.text.index("turn(?) v;"), 10, "tu")
    item = (await labels(opened, "    tu\n", 6))["turn"]
    assert isinstance(item.text_edit, types.TextEdit) and item.text_edit.new_text == "turn(${1:a}) ${2:q};"


@pytest.mark.parametrize(
    ("typed", "shown", "argument"),
    [
        ("\nmodel { rzz(|) v[0], v[1]; }", "rzz(a) q, r;", "a"),
        ("\nmodel { turn(|) v; }", "layer turn(a: angle[3], q: qubit)", "a: angle[3]"),
        ("\nobjective mmd(target, hamming(sigma = 1), |);", "mmd(", "pauli_words"),
        ("\ntrain { optimizer adam(b2 = |); }", "adam(", "b2 = 0.999"),
        ("\nmodel { rx(clip(0.1, |)) v; }", "clip(x, low, high)", "low"),
    ],
)
async def test_signature_help(opened: File, typed: str, shown: str, argument: str) -> None:
    before, _, after = typed.partition("|")
    end = len(opened.text)
    opened.type(end, 0, before + after)
    params = types.SignatureHelpParams(**opened.at(opened.text, end + len(before)))
    found = await opened.client.text_document_signature_help_async(params)
    assert found is not None
    (about,) = found.signatures
    assert about.label.startswith(shown) and about.parameters is not None and found.active_parameter is not None
    assert str(about.parameters[found.active_parameter].label).startswith(argument)


async def test_definition_goes_into_imported_files(opened: File) -> None:
    find = opened.client.text_document_definition_async
    place = await find(types.DefinitionParams(**opened.at("turn(?)", 2)))
    assert isinstance(place, types.Location)
    assert place.uri == uri_of(opened.path.with_name("layers.qgl")) and place.range.start == types.Position(1, 6)
    place = await find(types.DefinitionParams(**opened.at("layers.qgl", 2)))
    assert isinstance(place, types.Location) and place.uri.endswith("layers.qgl")
    place = await find(types.DefinitionParams(**opened.at("ry(theta[l, q]) q", 16)))
    assert isinstance(place, types.Location) and place.range.start == opened.position(opened.text.index("q in v"))


async def test_references_and_highlights(opened: File) -> None:
    context = types.ReferenceContext(include_declaration=True)
    find = opened.client.text_document_references_async
    found = await find(types.ReferenceParams(context, **opened.at("depth = 2")))
    assert found is not None and len(found) == 3
    lights = await opened.client.text_document_document_highlight_async(
        types.DocumentHighlightParams(**opened.at("depth = 2"))
    )
    assert lights is not None and len(lights) == 3
    layers = File(opened.client, opened.path.with_name("layers.qgl"), LAYERS)
    found = await find(types.ReferenceParams(context, **layers.at("turn(a")))
    assert found is not None and [place.uri for place in found] == [layers.uri, opened.uri]
    layers.close()


async def test_rename_changes_all_files(opened: File) -> None:
    rename = opened.client.text_document_rename_async
    edit = await rename(types.RenameParams(new_name="spin", **opened.at("turn(?)", 1)))
    assert edit is not None and edit.changes is not None and len(edit.changes) == 2
    assert "spin(?) v;" in opened.applied(list(edit.changes[opened.uri]))
    edit = await rename(types.RenameParams(new_name="w", **opened.at("visible v", 8)))
    assert edit is not None and edit.changes is not None
    new = opened.applied(list(edit.changes[opened.uri]))
    assert new == re.sub(r"\bv\b", "w", PROGRAM)
    edit = await rename(types.RenameParams(new_name="k", **opened.at("as l", 3)))
    assert edit is not None and edit.changes is not None
    assert "as k {" in (new := opened.applied(list(edit.changes[opened.uri]))) and "theta[k, q]" in new


@pytest.mark.parametrize("name", ["n", "for", "pi", "1x", "theta"])
async def test_a_name_that_is_taken_is_refused(opened: File, name: str) -> None:
    with pytest.raises(Exception, match=r"cannot be a name|already"):
        await opened.client.text_document_rename_async(types.RenameParams(new_name=name, **opened.at("depth = 2")))


async def test_what_can_be_renamed(opened: File) -> None:
    prepare = opened.client.text_document_prepare_rename_async
    assert isinstance(await prepare(types.PrepareRenameParams(**opened.at("depth = 2", 2))), types.Range)
    assert await prepare(types.PrepareRenameParams(**opened.at("adam"))) is None


async def test_symbols(opened: File) -> None:
    found = await opened.client.text_document_document_symbol_async(types.DocumentSymbolParams(opened.name))
    assert found is not None
    names = [each.name for each in found]
    assert names == ["n", "depth", "v", "target", "rows", "theta", "model", "objective", "train", "report"]
    everywhere = await opened.client.workspace_symbol_async(types.WorkspaceSymbolParams("trn"))
    assert everywhere is not None and [each.name for each in everywhere] == ["turn"]


async def test_formatting(opened: File) -> None:
    opened.type(opened.text.index("visible v[n];"), 13, "visible   v [ n ] ;")
    opened.type(opened.text.index("report kl, tv(rows);"), 20, "report kl,tv(rows);")
    options = types.FormattingOptions(4, True)
    edits = await opened.client.text_document_formatting_async(types.DocumentFormattingParams(opened.name, options))
    assert edits and opened.applied(list(edits)) == PROGRAM
    lines = types.Range(types.Position(3, 2), types.Position(3, 5))
    ranged = types.DocumentRangeFormattingParams(opened.name, lines, options)
    edits = await opened.client.text_document_range_formatting_async(ranged)
    assert edits and opened.applied(list(edits)) == PROGRAM.replace("report kl, tv", "report kl,tv")
    opened.type(0, 0, "visible w[")
    assert not await opened.client.text_document_formatting_async(types.DocumentFormattingParams(opened.name, options))


async def test_code_actions_make_the_mends(opened: File) -> None:
    opened.type(opened.text.index("cx a, b;"), 8, "cnot a, b;")
    opened.type(opened.text.index("rate = 0.05"), 4, "lr")
    opened.type(opened.text.index("turn(?) v;"), 10, "turn(?) v")
    faults = await opened.diagnostics()
    assert len(faults) == 3
    every = types.Range(types.Position(0, 0), opened.position(len(opened.text)))
    params = types.CodeActionParams(opened.name, every, types.CodeActionContext(faults))
    found = await opened.client.text_document_code_action_async(params)
    assert found is not None
    actions = [each for each in found if isinstance(each, types.CodeAction)]
    assert {each.title for each in actions} >= {"write `cx`", "write `rate`", "add `;`"}
    (whole,) = [each for each in actions if each.kind == types.CodeActionKind.SourceFixAll]
    assert whole.edit is not None and whole.edit.changes is not None
    assert opened.applied(list(whole.edit.changes[opened.uri])) == PROGRAM


async def test_folding_hints_lenses_and_colours(opened: File) -> None:
    client = opened.client
    folds = await client.text_document_folding_range_async(types.FoldingRangeParams(opened.name))
    assert folds is not None and (8, 14) in [(each.start_line, each.end_line) for each in folds]
    every = types.Range(types.Position(0, 0), opened.position(len(opened.text)))
    hints = await client.text_document_inlay_hint_async(types.InlayHintParams(opened.name, every))
    assert hints is not None
    shown = [": 4 qubits", ": 8 strings of 4 bits (the distribution itself)", ": 2 rows of 4 bits", " 4 x 3"]
    assert [each.label for each in hints] == shown
    lenses = await client.text_document_code_lens_async(types.CodeLensParams(opened.name))
    assert lenses is not None
    commands = [each.command.command for each in lenses if each.command]
    assert commands == ["qgl.draw", "qgl.explain", "qgl.explain", "qgl.train"]
    tokens = await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(opened.name))
    assert tokens is not None and len(tokens.data) % 5 == 0 and len(tokens.data) > 300
    assert list(tokens.data[:5]) == [0, 0, 6, 7, 0]  # `import`, a keyword
