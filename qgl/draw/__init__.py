"""Pictures of circuits: a matplotlib figure (`circuit`), its SVG text (`svg`), a picture in characters (`text`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgl.ir.circuit import Circuit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_WIRES, MAX_COLUMNS = 40, 120


def circuit(picture_of: Circuit, *, wires: int = MAX_WIRES, columns: int = MAX_COLUMNS, title: str = "") -> Figure:
    """The picture of a circuit as a matplotlib figure.

    Wires are labelled as declared and coloured by kind (visible, hidden, fresh). Of a larger circuit, the first
    `wires` declared wires and the first `columns` columns are shown, with a note of what is left out.
    """
    from qgl.draw.layout import arrange
    from qgl.draw.picture import paint

    return paint(arrange(picture_of, wires, columns), title)


def svg(picture_of: Circuit, *, wires: int = MAX_WIRES, columns: int = MAX_COLUMNS, title: str = "") -> str:
    """The picture as an SVG element, for notebooks and web pages; the same circuit gives the same text."""
    import io

    from matplotlib import rc_context

    with rc_context({"svg.hashsalt": "qgl", "svg.fonttype": "path"}):
        buffer = io.StringIO()
        figure = circuit(picture_of, wires=wires, columns=columns, title=title)
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": "qgl"})
    written = buffer.getvalue()
    return written[written.index("<svg") :]


def text(picture_of: Circuit, *, wires: int = MAX_WIRES, columns: int = MAX_COLUMNS, width: int = 120) -> str:
    """The picture in characters, folded at `width`."""
    from qgl.draw.characters import typeset
    from qgl.draw.layout import arrange

    return typeset(arrange(picture_of, wires, columns), width)
