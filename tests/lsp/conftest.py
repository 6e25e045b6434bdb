"""A server for each module of tests, which its tests share: it must outlive whatever they do to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp

from tests.lsp.client import CONFIG, Editor, begin


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the editor has open."""
    return tmp_path_factory.mktemp("project")


@pytest_lsp.fixture(config=CONFIG, scope="module")  # type: ignore[untyped-decorator]  # it has no types
async def editor(client: Editor, folder: Path) -> AsyncIterator[None]:
    await begin(client, folder)
    yield
    await client.shutdown_session()
