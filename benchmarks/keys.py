"""How long the language server takes from a key to its diagnostics: python -m benchmarks.keys PROGRAM [KEYS].

Keys are typed at places all over the program, one after the other, each when the one before is answered: a letter, and
then its deletion. Milliseconds of wall clock: the median, the ninth decile and the longest.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from qgl.lsp.positions import Encoding
from qgl.source import Source

_RUN = "import sys; sys.argv = ['qglc', 'lsp']; from qgl.cli.main import run; run()"


async def measure(path: Path, keys: int) -> list[float]:
    """Seconds from each key to the diagnostics of the text with it."""
    client = LanguageClient("keys", "1")
    answered: asyncio.Queue[int | None] = asyncio.Queue()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)  # type: ignore[untyped-decorator]  # of pygls
    def note(params: types.PublishDiagnosticsParams) -> None:
        answered.put_nowait(params.version)

    await client.start_io(sys.executable, "-c", _RUN)
    await client.initialize_async(types.InitializeParams(capabilities=types.ClientCapabilities()))
    client.initialized(types.InitializedParams())
    uri, text, version = path.resolve().as_uri(), path.read_text(encoding="utf-8"), 1
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "qgl", 1, text)))
    await answered.get()
    encoding, source, taken = Encoding(), Source("", text), []
    for k in range(keys):
        offset = random.Random(k // 2).randrange(len(text))
        start, end = (encoding.position(source, offset + more) for more in (0, k % 2))
        version += 1
        change = types.TextDocumentContentChangePartial(types.Range(start, end), "" if k % 2 else "x")
        begun = time.perf_counter()
        document = types.VersionedTextDocumentIdentifier(version, uri)
        client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
        while await answered.get() != version:
            pass
        taken.append(time.perf_counter() - begun)
        source = Source("", text[:offset] + "x" + text[offset:] if k % 2 == 0 else text)
    await client.shutdown_async(None)
    client.exit(None)
    return taken


def main() -> None:
    path, keys = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100
    taken = sorted(1000 * seconds for seconds in asyncio.run(measure(path, keys)))
    lines = len(path.read_text(encoding="utf-8").splitlines())
    decile = taken[int(0.9 * len(taken))]
    print(f"{path.name}, {lines} lines: {statistics.median(taken):.0f} ms, {decile:.0f} ms, {taken[-1]:.0f} ms")


if __name__ == "__main__":
    main()
