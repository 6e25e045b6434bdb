"""The open files: their texts, changed key by key, and what is known of them, checked while one types.

A check runs in a thread of its own a moment after a key. When another key comes first, it is dropped: nobody waits for
its answer. One that fails takes nothing with it; what was known before stays.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlparse

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

from qgl.check.limits import StaleError
from qgl.editor.analysis import Analysis
from qgl.editor.project import Project
from qgl.lsp.positions import Encoding
from qgl.source import Source

PAUSE = 0.015  # seconds after a key until a check begins: keys that come together are checked once
Change = types.TextDocumentContentChangePartial | types.TextDocumentContentChangeWholeDocument
T = TypeVar("T")
Checked = Callable[["Document"], None]
Failed = Callable[[Exception], None]


class Document:
    """An open file. `analysis` is what is known of it, at present or a few keys ago."""

    def __init__(self, uri: str, text: str, version: int | None) -> None:
        self.uri = uri
        self.path = path_of(uri)
        self.source = Source(str(self.path), text)
        self.version = version
        self.analysis: Analysis | None = None
        self.changes = 0
        self.task: asyncio.Task[None] | None = None
        self.plan: tuple[Analysis, asyncio.Task[str]] | None = None  # what the planner makes of an objective

    @property
    def text(self) -> str:
        return self.source.text

    def change(self, changes: Iterable[Change], encoding: Encoding) -> None:
        """Make the changes of some keys, one after the other."""
        for each in changes:
            text = each.text
            if isinstance(each, types.TextDocumentContentChangePartial):
                start = encoding.offset(self.source, each.range.start)
                end = max(start, encoding.offset(self.source, each.range.end))
                text = self.text[:start] + each.text + self.text[end:]
            self.source = Source(self.source.name, text)

    @property
    def is_current(self) -> bool:
        """Whether what is known is of the present text."""
        return self.analysis is not None and self.analysis.source.text == self.text


class Documents:
    """All open files by their URIs. `checked` hears of each one that was checked, `failed` of faults of ours."""

    def __init__(self, checked: Checked, failed: Failed) -> None:
        self.project = Project()
        self.encoding = Encoding()
        self.open: dict[str, Document] = {}
        self._checked, self._failed = checked, failed
        self._pool = ThreadPoolExecutor(1, "check")
        self._planning = ThreadPoolExecutor(1, "plan")

    def opened(self, uri: str, text: str, version: int | None) -> None:
        document = self.open[uri] = Document(uri, text, version)
        self._look_at(document)

    def changed(self, uri: str, version: int | None, changes: Iterable[Change]) -> None:
        if (document := self.open.get(uri)) is not None:
            document.change(changes, self.encoding)
            document.version = version
            self._look_at(document)

    def closed(self, uri: str) -> None:
        document = self.open.pop(uri, None)
        if document is not None:
            document.changes += 1
            self.project.texts.pop(document.path.resolve(), None)

    def again(self) -> None:
        """Look at all open files once more: something that they read has changed."""
        for document in self.open.values():
            self._look_at(document)

    def _look_at(self, document: Document) -> None:
        document.changes += 1
        self.project.texts[document.path.resolve()] = document.text
        document.task = asyncio.get_running_loop().create_task(self._check(document, document.changes))

    async def _check(self, document: Document, change: int) -> None:
        await asyncio.sleep(PAUSE)
        if document.changes != change:
            return

        def stale() -> bool:
            return document.changes != change

        def run() -> Analysis:
            if stale():
                raise StaleError
            return self.project.analyse(document.path, document.text, stale)

        try:
            analysis = await self.run(run)
        except StaleError:
            return
        except Exception as error:  # a fault of the checker, which must not end the server
            self._failed(error)
            return
        if document.changes == change:
            document.analysis = analysis
            self._checked(document)
            self._tell_importers(document)

    def _tell_importers(self, document: Document) -> None:
        """Look again at the open files that import one whose text is another than what they read."""
        real = document.path.resolve()
        for other in self.open.values():
            known = other.analysis
            if other is not document and known is not None:
                read = known.folder.texts_read.get(real)
                if read is not None and read != document.text:
                    self._look_at(other)

    async def run(self, work: Callable[[], T]) -> T:
        """Work in the thread of checks, one piece after another."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def plan(self, work: Callable[[], str]) -> str:
        """Work in the thread of planning."""
        return await asyncio.get_running_loop().run_in_executor(self._planning, work)

    async def current(self, uri: str, patience: float | None = None) -> Document | None:
        """An open file once its present text has been checked; after `patience` seconds as it is known by then."""
        document = self.open.get(uri)
        if document is None:
            return None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while document.task is not None and not document.task.done():
                    await asyncio.shield(document.task)
        return document if document.analysis is not None else None

    def close(self) -> None:
        for document in self.open.values():
            document.changes += 1
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._planning.shutdown(wait=False, cancel_futures=True)


def path_of(uri: str) -> Path:
    """Where a file is saved; one that is not saved is in the current folder."""
    local = to_fs_path(uri)
    if local and urlparse(uri).scheme == "file":
        return Path(local)
    return Path.cwd() / (Path(urlparse(uri).path).name or "untitled.qgl")


def uri_of(path: Path) -> str:
    return from_fs_path(str(path)) or ""
