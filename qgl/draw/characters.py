"""The picture of a circuit in characters, for terminals."""

from __future__ import annotations

from qgl.draw.layout import Layout, Mark, spans


def typeset(layout: Layout, width: int = 120) -> str:
    """Lines of at most `width` characters (one column at least); longer circuits are folded."""
    rows = len(layout.rows) + layout.classical
    columns = [_column(k, [m for m in layout.marks if m.column == k], rows, layout) for k in range(layout.columns)]
    left = max(len(row.label) for row in layout.rows) + 2
    labels = [f"{row.label:>{left - 2}}: " for row in layout.rows] + ["bits: ".rjust(left)] * layout.classical
    folds: list[list[str]] = []
    block = _start(labels, left)
    for column in columns:
        if len(block[0]) + len(column[0]) > width and len(block[0]) > left:
            folds.append(block)
            block = _start(labels, left)
        block = [line + piece for line, piece in zip(block, column, strict=True)]
    folds.append(block)
    text = "\n\n".join("\n".join(line.rstrip() for line in fold if line.strip()) for fold in folds)
    return "\n".join([text, *layout.notes]) + "\n"


def _start(labels: list[str], left: int) -> list[str]:
    lines = []
    for label in labels:
        lines += [label, " " * left]
    return lines[:-1]


def _column(column: int, marks: list[Mark], rows: int, layout: Layout) -> list[str]:
    """One column: a line for each row and one between any two rows, all of one width."""
    cells: dict[int, str] = {}
    links: set[int] = set()
    for mark in marks:
        cells.update(_cells(mark))
        touched = [*mark.rows, *mark.controls]
        if mark.condition or mark.bit is not None:
            touched.append(rows - 1)
            names = "&".join(("" if value else "!") + f"m{bit}" for bit, value in mark.condition)
            cells[rows - 1] = f"m{mark.bit}" if mark.bit is not None else names
        low, high = spans(touched)
        links.update(range(low, high))
        cells.update({row: "│" for row in range(low, high + 1) if row not in cells})
    size = max((len(cell) for cell in cells.values()), default=1) + 2
    lines = []
    for row in range(rows):
        wire = _wire(row, column, layout)
        lines.append(cells.get(row, wire).center(size, wire))
        lines.append(("│" if row in links else " ").center(size))
    return lines[:-1]


def _wire(row: int, column: int, layout: Layout) -> str:
    if row == len(layout.rows):
        return "═"
    if layout.rows[row].kind != "fresh":
        return "─"
    return "┄" if layout.alive(row, column) else " "


def _cells(mark: Mark) -> dict[int, str]:
    cells = dict.fromkeys(mark.controls, "●")
    match mark.shape:
        case "target":
            cells[mark.rows[0]] = "⊕"
        case "dots":
            cells.update(dict.fromkeys(mark.rows, "●"))
        case "swap":
            cells.update(dict.fromkeys(mark.rows, "╳"))
        case "measure":
            cells[mark.rows[0]] = "[M]"
        case "open" | "close":
            cells.update(dict.fromkeys(mark.rows, "║"))
            cells[mark.rows[0]] = mark.name or "║"
        case "fresh":
            cells[mark.rows[0]] = "|0⟩"
        case "discard":
            cells[mark.rows[0]] = "⏚"
        case _:
            text = f"{mark.name} {mark.angles}".strip()
            for k, row in enumerate(mark.rows):
                letter = mark.letters[k] if mark.letters else str(k + 1) if mark.ordered else "·"
                cells[row] = f"[{text}]" if len(mark.rows) == 1 else f"[{letter}]"
            if len(mark.rows) > 1:
                top = spans(mark.rows)[0]
                cells[top] = f"[{text}]" if cells[top] == "[·]" else f"[{cells[top][1:-1]} {text}]"
    return cells
