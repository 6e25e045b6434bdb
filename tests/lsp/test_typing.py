"""Examples typed key by key: the server answers whatever half of a program it is asked about, and ends where
`qglc check` does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from qgl.syntax.grammar import tokens_of
from tests.command import qglc
from tests.lsp.client import ROOT, Editor, File

pytestmark = pytest.mark.asyncio(loop_scope="module")
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("**/*.qgl"))
QUICK = ("noise.qgl", "digits.qgl")
KINDS = 14  # of questions
PAGE = types.FormattingOptions(4, True)


@pytest.fixture(scope="module")
def folder() -> Path:
    return ROOT / "examples"


def questions(file: File, offset: int) -> Iterator[Any]:
    """One request of every kind, about the place where the typing is, or about the file."""
    client = file.client
    place: dict[str, Any] = {"text_document": file.name, "position": file.position(offset)}
    every = types.Range(types.Position(0, 0), file.position(len(file.text)))
    context = types.ReferenceContext(include_declaration=True)
    while True:
        yield client.text_document_completion_async(types.CompletionParams(**place))
        yield client.text_document_hover_async(types.HoverParams(**place))
        yield client.text_document_signature_help_async(types.SignatureHelpParams(**place))
        yield client.text_document_definition_async(types.DefinitionParams(**place))
        yield client.text_document_prepare_rename_async(types.PrepareRenameParams(**place))
        yield client.text_document_references_async(types.ReferenceParams(context, **place))
        yield client.text_document_document_highlight_async(types.DocumentHighlightParams(**place))
        yield client.text_document_document_symbol_async(types.DocumentSymbolParams(file.name))
        yield client.text_document_folding_range_async(types.FoldingRangeParams(file.name))
        yield client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(file.name))
        yield client.text_document_inlay_hint_async(types.InlayHintParams(file.name, every))
        yield client.text_document_code_lens_async(types.CodeLensParams(file.name))
        yield client.text_document_formatting_async(types.DocumentFormattingParams(file.name, PAGE))
        given = types.CodeActionContext([])
        yield client.text_document_code_action_async(types.CodeActionParams(file.name, every, given))


def strokes(text: str) -> Iterator[str]:
    """Keys, but for comments, of which each comes at once: as many keys in one say nothing more."""
    at = 0
    for token in tokens_of(text):
        if token.type.endswith("COMMENT"):
            yield from text[at : token.start_pos]
            yield str(token)
            at = token.end_pos or at
    yield from text[at:]


async def typed(editor: Editor, path: Path, stride: int) -> None:
    """Type a program; after every so many keys another question is asked, and the answer waited for."""
    text, at = path.read_text(encoding="utf-8"), 0
    file = File(editor, path, "")
    for k, key in enumerate(strokes(text)):
        file.type(at, 0, key)
        at += len(key)
        if k % stride == 0:
            asked = questions(file, at)
            for _ in range(k // stride % KINDS):
                next(asked).close()
            await next(asked)
    assert file.text == text
    found = [(d.code, *_ends(d.range)) for d in await file.diagnostics()]
    _, output, _ = qglc("check", path, "--format", "json")
    told = [
        (d["code"], *((place["line"], place["column"]) for place in (d["range"]["start"], d["range"]["end"])))
        for d in json.loads(output)
    ]
    assert sorted(found) == sorted(told)
    file.close()
    assert [each.message for each in editor.log_messages] == []


def _ends(where: types.Range) -> tuple[tuple[int, int], ...]:
    return tuple((place.line + 1, place.character + 1) for place in (where.start, where.end))


@pytest.mark.parametrize("name", QUICK)
async def test_some_examples_typed_quickly(editor: Editor, name: str) -> None:
    await typed(editor, ROOT / "examples" / name, 41)


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
async def test_every_example_key_by_key(editor: Editor, path: Path) -> None:
    await typed(editor, path, 3)
