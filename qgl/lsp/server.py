"""The server: which requests there are, who answers them, and what becomes of a fault of ours.

A request is answered from the text as it is now. What fails is told in the log of the editor and answered with nothing,
so that nothing ends the server but the editor.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Awaitable, Callable
from typing import Any, BinaryIO

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from qgl.editor.references import CannotRenameError
from qgl.editor.semantic import MODIFIERS, TYPES
from qgl.lsp import convert
from qgl.lsp.documents import Document, Documents
from qgl.lsp.features import Features
from qgl.lsp.positions import Encoding
from qgl.version import __version__

PATIENCE = 0.5  # seconds that completion waits for a check; after that it takes what was known
Handler = Callable[[Any], Awaitable[Any]]


class Server(LanguageServer):
    """A language server for `.qgl`."""

    def __init__(self) -> None:
        super().__init__("qglc", __version__)
        self.documents = Documents(self._publish, self._tell)
        self.features = Features(self.documents)
        self._listen()

    # ------------------------------------------------------------ what is heard

    def _listen(self) -> None:
        at, f = self._at, self.features
        self._note(types.INITIALIZE, self._options)
        self._note(types.INITIALIZED, self._initialized)
        self._note(types.TEXT_DOCUMENT_DID_OPEN, self._opened)
        self._note(types.TEXT_DOCUMENT_DID_CHANGE, self._changed)
        self._note(types.TEXT_DOCUMENT_DID_CLOSE, self._closed)
        self._note(types.TEXT_DOCUMENT_DID_SAVE, self._files_changed)
        self._note(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, self._files_changed)
        self._note(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, self._initialized)
        self._note(
            types.TEXT_DOCUMENT_COMPLETION,
            at(f.complete, PATIENCE),
            types.CompletionOptions(trigger_characters=[".", "(", "[", ",", "=", '"', "/", ":", "~", " "]),
        )
        self._note(types.TEXT_DOCUMENT_HOVER, self._hover)
        self._note(
            types.TEXT_DOCUMENT_SIGNATURE_HELP,
            at(f.signature, PATIENCE),
            types.SignatureHelpOptions(trigger_characters=["(", ","], retrigger_characters=["="]),
        )
        self._note(types.TEXT_DOCUMENT_DEFINITION, at(f.definition))
        self._note(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, at(f.highlights))
        self._note(types.TEXT_DOCUMENT_REFERENCES, self._references)
        self._note(types.TEXT_DOCUMENT_PREPARE_RENAME, at(f.renameable))
        self._note(types.TEXT_DOCUMENT_RENAME, self._rename, types.RenameOptions(prepare_provider=True))
        self._note(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, self._of(f.symbols))
        self._note(types.WORKSPACE_SYMBOL, self._workspace_symbols)
        self._note(types.TEXT_DOCUMENT_FOLDING_RANGE, self._of(f.folds))
        self._note(
            types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL,
            self._of(f.semantic_tokens),
            types.SemanticTokensLegend(list(TYPES), list(MODIFIERS)),
        )
        self._note(types.TEXT_DOCUMENT_INLAY_HINT, self._of(f.hints, "range"))
        self._note(types.TEXT_DOCUMENT_CODE_LENS, self._of(f.lenses))
        self._note(
            types.TEXT_DOCUMENT_CODE_ACTION,
            self._of(f.actions, "range"),
            types.CodeActionOptions([types.CodeActionKind.QuickFix, types.CodeActionKind.SourceFixAll]),
        )
        self._note(types.TEXT_DOCUMENT_FORMATTING, self._of(f.formatted))
        self._note(types.TEXT_DOCUMENT_RANGE_FORMATTING, self._of(f.formatted, "range"))

    def _note(self, method: str, handler: Handler, options: Any = None) -> None:
        """Have requests of a method answered, whatever happens while they are."""

        async def answered(params: Any) -> Any:
            try:
                return await handler(params)
            except JsonRpcInvalidParams:
                raise
            except Exception as error:
                self._tell(error)
                return None

        self.feature(method, options)(answered)

    def _at(self, answer: Callable[[Document, int], Any], patience: float | None = None) -> Handler:
        """An answer about a place of a document."""

        async def handler(params: Any) -> Any:
            document = await self.documents.current(params.text_document.uri, patience)
            return None if document is None else answer(document, self._offset(document, params.position))

        return handler

    def _of(self, answer: Callable[..., Any], *fields: str) -> Handler:
        """An answer about a document and some fields of the request."""

        async def handler(params: Any) -> Any:
            document = await self.documents.current(params.text_document.uri)
            return None if document is None else answer(document, *(getattr(params, field) for field in fields))

        return handler

    def _offset(self, document: Document, position: types.Position) -> int:
        return self.documents.encoding.offset(document.source, position)

    # ------------------------------------------------------------ files

    async def _options(self, params: types.InitializeParams) -> None:
        """What the editor says of itself: `snippets: false` means that it has the snippets of keywords already."""
        given = params.initialization_options
        self.features.snippets = not (isinstance(given, dict) and given.get("snippets") is False)

    async def _initialized(self, params: Any) -> None:
        workspace, encoding = self.protocol.workspace, self.server_capabilities.position_encoding
        if encoding is not None:
            self.documents.encoding = Encoding(str(getattr(encoding, "value", encoding)))
        folders = [to_fs_path(uri) for uri in workspace.folders] or [workspace.root_path]
        self.documents.project.set_roots(folder for folder in folders if folder)

    async def _opened(self, params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        self.documents.opened(document.uri, document.text, document.version)

    async def _changed(self, params: types.DidChangeTextDocumentParams) -> None:
        self.documents.changed(params.text_document.uri, params.text_document.version, params.content_changes)

    async def _closed(self, params: types.DidCloseTextDocumentParams) -> None:
        self.documents.closed(params.text_document.uri)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(params.text_document.uri, []))

    async def _files_changed(self, params: Any) -> None:
        self.documents.again()

    def _publish(self, document: Document) -> None:
        if document.analysis is not None:
            told = convert.diagnostics(document.analysis, self.documents.encoding)
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(document.uri, told, document.version))

    def _tell(self, error: Exception) -> None:
        text = "".join(traceback.format_exception(error))
        message = f"This is a fault of qglc, not of your program; please report it.\n{text}"
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, message))

    # ------------------------------------------------------------ answers that take more than a place

    async def _hover(self, params: types.HoverParams) -> types.Hover | None:
        document = await self.documents.current(params.text_document.uri)
        answer = self.features.hover(document, self._offset(document, params.position)) if document else None
        if document is None or answer is None:
            return None
        about, shown = answer
        return await self.features.with_plan(document, about) if about.of_objective else shown

    async def _references(self, params: types.ReferenceParams) -> list[types.Location] | None:
        document = await self.documents.current(params.text_document.uri)
        if document is None:
            return None
        offset = self._offset(document, params.position)
        declaration = params.context.include_declaration
        return await self.documents.run(lambda: self.features.references(document, offset, declaration))

    async def _rename(self, params: types.RenameParams) -> types.WorkspaceEdit | None:
        document = await self.documents.current(params.text_document.uri)
        if document is None:
            return None
        try:
            offset = self._offset(document, params.position)
            return await self.documents.run(lambda: self.features.rename(document, offset, params.new_name))
        except CannotRenameError as refusal:
            raise JsonRpcInvalidParams(str(refusal)) from None

    async def _workspace_symbols(self, params: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol]:
        return await self.documents.run(lambda: self.features.workspace_symbols(params.query))


def serve() -> None:
    """Answer an editor over standard input and output until it ends. What else is printed goes to standard error."""
    server = Server()
    output = _private_output()
    try:
        server.start_io(sys.stdin.buffer, output)
    finally:
        server.documents.close()


def _private_output() -> BinaryIO:
    """Standard output as a stream that nobody else writes to."""
    sys.stdout.flush()
    output = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return output
