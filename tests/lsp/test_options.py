"""What an editor may say of itself when it begins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types

from tests.lsp.client import CONFIG, Editor, File, begin

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_lsp.fixture(config=CONFIG, scope="module")  # type: ignore[untyped-decorator]  # it has no types
async def other(client: Editor, folder: Path) -> AsyncIterator[None]:
    await begin(client, folder, {"snippets": False}, "utf-8")
    yield
    await client.shutdown_session()


async def test_an_editor_with_snippets_of_its_own_gets_plain_keywords(other: Editor, folder: Path) -> None:
    file = File(other, folder / "a.qgl", "visible v[2];\n")
    params = types.CompletionParams(file.name, types.Position(1, 0))
    found = await other.text_document_completion_async(params)
    assert isinstance(found, types.CompletionList)
    kinds = {item.label: item.kind for item in found.items}
    assert kinds["model"] == types.CompletionItemKind.Keyword
    file.close()


async def test_columns_are_counted_in_bytes_if_the_editor_does(other: Editor, folder: Path) -> None:
    file = File(other, folder / "b.qgl", "visible v[2];\nmodel { /* \U0001d11e\u03b8 */ h w; }\n")
    (fault,) = await file.diagnostics()
    assert fault.range == types.Range(types.Position(1, 23), types.Position(1, 24))
    file.close()
