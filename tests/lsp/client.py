"""An editor for tests: the client of pytest-lsp with files that are opened, typed in and asked about."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds that a test waits for what must come


class Editor(LanguageClient):
    """A client that keeps diagnostics with the version of the text that they are of."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.published: dict[str, tuple[int | None, list[types.Diagnostic]]] = {}


def _editor() -> Editor:
    editor = Editor(converter_factory=default_converter)

    def note(client: Editor, params: types.PublishDiagnosticsParams) -> None:
        editor.published[params.uri] = (params.version, list(params.diagnostics))

    register_lsp_features(editor, {**DEFAULT_CLIENT_FEATURES, types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: note})
    return editor


_RUN = "import sys; sys.argv = ['qglc', 'lsp']; from qgl.cli.main import run; run()"
CONFIG = ClientServerConfig(
    server_command=[sys.executable, "-c", _RUN],
    client_factory=_editor,
    server_env={**os.environ, "PYTHONPATH": str(ROOT)},
)


async def begin(client: Editor, folder: Path, options: Any = None, encoding: str | None = None) -> None:
    """The handshake of an editor that has opened a folder, with options and an encoding of columns of its own."""
    parameters = types.InitializeParams(
        capabilities=client_capabilities("visual-studio-code"),
        initialization_options=options,
        workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name)],
    )
    if encoding is not None:
        parameters.capabilities.general = types.GeneralClientCapabilities(position_encodings=[encoding])
    await client.initialize_session(parameters)


class File:
    """An open file of the editor: its text as the editor has it, and what the server says of it."""

    def __init__(self, client: Editor, path: Path, text: str) -> None:
        self.client, self.path, self.text = client, path, text
        self.uri = path.as_uri()
        self.version = 1
        client.published.pop(self.uri, None)
        item = types.TextDocumentItem(self.uri, "qgl", 1, text)
        client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    @property
    def name(self) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri)

    def position(self, offset: int) -> types.Position:
        """In columns of UTF-16."""
        head = self.text[:offset].replace("\r\n", "\n")
        line = head.rpartition("\n")[2]
        return types.Position(head.count("\n"), len(line.encode("utf-16-le")) // 2)

    def at(self, mark: str, more: int = 0) -> dict[str, Any]:
        """The file and the place where a stretch of text first stands, and `more`."""
        return {"text_document": self.name, "position": self.position(self.text.index(mark) + more)}

    def type(self, offset: int, length: int, text: str) -> None:
        """Put a text in the place of some characters."""
        self.version += 1
        where = types.Range(self.position(offset), self.position(offset + length))
        change = types.TextDocumentContentChangePartial(where, text)
        self.text = self.text[:offset] + text + self.text[offset + length :]
        document = types.VersionedTextDocumentIdentifier(self.version, self.uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def close(self) -> None:
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(self.name))

    async def diagnostics(self) -> list[types.Diagnostic]:
        """Those of the present text, once they come."""
        async with asyncio.timeout(PATIENCE):
            while self.client.published.get(self.uri, (None, []))[0] != self.version:
                await asyncio.sleep(0.005)
        return self.client.published[self.uri][1]

    def applied(self, edits: list[types.TextEdit]) -> str:
        """The text after changes that do not overlap."""
        text = self.text
        for edit in sorted(edits, key=lambda each: (each.range.start.line, each.range.start.character), reverse=True):
            text = text[: self.offset(edit.range.start)] + edit.new_text + text[self.offset(edit.range.end) :]
        return text

    def offset(self, position: types.Position) -> int:
        lines = self.text.splitlines(keepends=True)
        before = sum(len(line) for line in lines[: position.line])
        line = lines[position.line] if position.line < len(lines) else ""
        return before + len(line.encode("utf-16-le")[: 2 * position.character].decode("utf-16-le"))
