"""What must not end the server, or make it wait: faults of its own, checks that nobody waits for, odd texts."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig

from qgl.check.limits import StaleError
from qgl.editor.analysis import analyse
from tests.lsp.client import CONFIG, PATIENCE, ROOT, Editor, File, begin

pytestmark = pytest.mark.asyncio(loop_scope="module")
LONG = "visible v[50];\nmodel { repeat 40000 { for q in v { h q; } } }\n"
SHORT = "visible v[2];\nmodel { h w; }\n"
_FAULTY = """
import sys, qgl.editor.hints, qgl.lsp.documents
sys.argv = ["qglc", "lsp"]
analyse = qgl.lsp.documents.Project.analyse
def fail(*given):
    raise ZeroDivisionError("hints")
def checked(project, path, text, stale=None):
    if "boom" in text:
        raise ZeroDivisionError("check")
    print("printed by a library")
    return analyse(project, path, text, stale)
qgl.editor.hints.hints = fail
qgl.lsp.documents.Project.analyse = checked
from qgl.cli.main import run
run()
"""
FAULTY = ClientServerConfig(
    server_command=[sys.executable, "-c", _FAULTY],
    client_factory=CONFIG.client_factory,
    server_env={**os.environ, "PYTHONPATH": str(ROOT)},
)


@pytest_lsp.fixture(config=FAULTY, scope="module")  # type: ignore[untyped-decorator]  # it has no types
async def faulty(client: Editor, folder: Path) -> AsyncIterator[None]:
    await begin(client, folder)
    yield
    await client.shutdown_session()


def everything(file: File) -> types.Range:
    return types.Range(types.Position(0, 0), file.position(len(file.text)))


async def test_a_fault_of_ours_is_told_and_ends_nothing(faulty: Editor, folder: Path) -> None:
    file = File(faulty, folder / "a.qgl", SHORT)
    assert len(await file.diagnostics()) == 1
    asked = types.InlayHintParams(file.name, everything(file))
    assert await faulty.text_document_inlay_hint_async(asked) is None
    assert "ZeroDivisionError: hints" in faulty.log_messages[-1].message
    file.type(0, 0, "// boom\n")
    symbols = await faulty.text_document_document_symbol_async(types.DocumentSymbolParams(file.name))
    assert symbols is not None and len(symbols) == 2  # as it was known before
    assert "ZeroDivisionError: check" in faulty.log_messages[-1].message
    file.type(0, 8, "")
    assert len(await file.diagnostics()) == 1
    file.close()


async def test_a_check_that_nobody_waits_for_is_dropped(editor: Editor, folder: Path) -> None:
    with pytest.raises(StaleError):
        analyse(folder / "long.qgl", LONG, stale=lambda: True)
    told: list[int | None] = []
    file = File(editor, folder / "long.qgl", LONG)
    await asyncio.sleep(0.2)  # the check is under way
    file.type(0, len(LONG), SHORT)
    async with asyncio.timeout(PATIENCE):
        while file.uri not in editor.published:
            await asyncio.sleep(0.005)
    told.append(editor.published[file.uri][0])
    assert told == [2] and [d.code for d in await file.diagnostics()] == ["QGL0201"]
    file.close()


async def test_a_request_can_be_cancelled(editor: Editor, folder: Path) -> None:
    file = File(editor, folder / "long.qgl", LONG)
    asked = asyncio.ensure_future(editor.text_document_hover_async(types.HoverParams(**file.at("repeat"))))
    await asyncio.sleep(0.05)
    (number,) = editor.protocol._request_futures
    editor.cancel_request(types.CancelParams(number))
    with pytest.raises(Exception, match="cancel"):
        await asyncio.wait_for(asked, PATIENCE)
    file.type(0, len(LONG), SHORT)
    assert len(await file.diagnostics()) == 1
    file.close()


ODD = [
    *("", "\ufeffvisible v;", "\r\n\r\rvisible v;\rmodel { h v; }", "\x00\x0c\u2028", '"', "((((", "}}}}"),
    *("/* \U0001d11e */ visible \u03b8[2]; model { h \u03b8\u03b8; }", "model {" * 300, "-" * 5000),
]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
async def test_odd_texts(editor: Editor, folder: Path, text: str) -> None:
    file = File(editor, folder / "odd.qgl", text)
    await file.diagnostics()
    for offset in (0, len(text) // 2, len(text)):
        place: dict[str, Any] = {"text_document": file.name, "position": file.position(offset)}
        await editor.text_document_hover_async(types.HoverParams(**place))
        await editor.text_document_completion_async(types.CompletionParams(**place))
        await editor.text_document_signature_help_async(types.SignatureHelpParams(**place))
    await editor.text_document_semantic_tokens_full_async(types.SemanticTokensParams(file.name))
    await editor.text_document_folding_range_async(types.FoldingRangeParams(file.name))
    file.close()
    assert [each.message for each in editor.log_messages] == []


async def test_columns_are_those_of_utf16(editor: Editor, folder: Path) -> None:
    file = File(editor, folder / "wide.qgl", "visible v[2];\nmodel { /* \U0001d11e\U0001d11e */ h w; }\n")
    (fault,) = await file.diagnostics()
    assert fault.range == types.Range(types.Position(1, 21), types.Position(1, 22))
    file.type(file.text.index("w;"), 1, "v")
    assert await file.diagnostics() == []
    place = await editor.text_document_definition_async(types.DefinitionParams(**file.at("h v", 2)))
    assert isinstance(place, types.Location) and place.range.start == types.Position(0, 8)
    file.close()
