"""`qglc lsp`."""

from __future__ import annotations


def lsp() -> None:
    """Answer an editor over standard input and output, by the Language Server Protocol. Editors start it themselves.

    \b
    Examples:
      qglc lsp

    It needs the extra: pip install "qglc[lsp]".
    """
    from qgl.diagnostics.files import VerbNotInstalled
    from qgl.diagnostics.model import QglError

    try:
        from qgl.lsp.server import serve
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("qgl"):
            raise
        raise QglError([VerbNotInstalled(None, "lsp", "lsp")]) from None
    serve()
