"""Pictures of circuits: matplotlib figures (`circuit`, `cone`), SVG text (`svg`), a picture in characters (`text`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from qgl.ir.circuit import Circuit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_WIRES, MAX_COLUMNS = 40, 120
_METADATA: dict[str, dict[str, str | None]] = {
    "svg": {"Date": None, "Creator": "qgl"},
    "png": {"Software": "qgl"},
    "pdf": {"CreationDate": None, "Creator": "qgl"},
}


def circuit(
    picture_of: Circuit,
    *,
    wires: int = MAX_WIRES,
    columns: int = MAX_COLUMNS,
    title: str = "",
    unroll: bool = False,
) -> Figure:
    """The picture of a circuit as a matplotlib figure. Layers that are repeated are drawn once, with their number;
    `unroll` draws all.

    Wires are labelled as declared and coloured by kind (visible, hidden, fresh). Of a larger circuit, the first
    `wires` declared wires and the first `columns` columns are shown, with a note of what is left out.
    """
    from qgl.draw.layout import arrange
    from qgl.draw.picture import paint

    return paint(arrange(picture_of, wires, columns, unroll=unroll), title)


def cone(
    picture_of: Circuit,
    positions: Sequence[int],
    *,
    states: Collection[int] = (),
    wires: int = MAX_WIRES,
    columns: int = MAX_COLUMNS,
    title: str = "",
) -> Figure:
    """The light cone of visible qubits, given by position, on the circuit: what they depend on, and the rest pale.

    states: positions whose quantum state is looked at, not only their bits.
    Of a large circuit, the wires in the cone are drawn and those next to it; of a cone that is larger than the picture,
    the wires nearest to the qubits, and the last columns.
    """
    from qgl.draw.layout import arrange
    from qgl.draw.light_cone import highlight
    from qgl.draw.picture import paint

    return paint(arrange(picture_of, wires, columns, highlight(picture_of, positions, states)), title)


def svg(picture_of: Circuit, *, wires: int = MAX_WIRES, columns: int = MAX_COLUMNS, title: str = "") -> str:
    """The picture as an SVG element, for notebooks and web pages; the same circuit gives the same text."""
    return written(lambda: circuit(picture_of, wires=wires, columns=columns, title=title), "svg").decode()


def written(paint: Callable[[], Figure], kind: str) -> bytes:
    """The file of a figure, of kind "png", "svg" or "pdf"; the same figure gives the same file."""
    import io

    from matplotlib import rc_context

    buffer = io.BytesIO()
    with rc_context({"svg.hashsalt": "qgl", "svg.fonttype": "path"}):
        paint().savefig(buffer, format=kind, metadata=_METADATA[kind])
    content = buffer.getvalue()
    return content[content.index(b"<svg") :] if kind == "svg" else content


def text(
    picture_of: Circuit,
    *,
    wires: int = MAX_WIRES,
    columns: int = MAX_COLUMNS,
    width: int = 120,
    unroll: bool = False,
) -> str:
    """The picture in characters, folded at `width`; `unroll` as of `circuit`."""
    from qgl.draw.characters import typeset
    from qgl.draw.layout import arrange

    return typeset(arrange(picture_of, wires, columns, unroll=unroll), width)
