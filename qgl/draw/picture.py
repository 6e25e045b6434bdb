"""The picture of a circuit, by matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgl.diagnostics.terminal import one_line
from qgl.draw.layout import Layout, Mark, spans

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, told apart by nearly everyone; kinds of wires also differ in their dashes.
INK, PAPER, GREY = "#1a1a1a", "#ffffff", "#8a8a8a"
WIRE = {"visible": "#0072b2", "hidden": "#d55e00", "fresh": "#009e73"}
DASH: dict[str, Any] = {"visible": "solid", "hidden": (0, (6, 2)), "fresh": (0, (1.5, 1.5))}
FILL_ONE, FILL_MANY, FILL_PAULI, FILL_NOISE = "#e3eff7", "#cfe3f1", "#efe6f5", "#fdf0cd"
ROW, HALF = 1.0, 0.36  # height of a row and half the height of a box
INCH = 0.46  # inches per unit
FADED = 0.25  # of their ink is left of pale things
MAX_WIDTH = 34.0  # units of one line of the picture; longer circuits are folded, into a square if they have many wires
DPI, MOST_PIXELS = 160, 5000


def paint(layout: Layout, title: str = "") -> Figure:
    """The figure; longer circuits are folded into several lines."""
    from matplotlib.figure import Figure

    widths = _widths(layout)
    folds = _folds(widths, max(MAX_WIDTH, (sum(widths) * (len(layout.rows) + 1)) ** 0.5))
    left = 0.6 + 0.17 * max(len(row.label) for row in layout.rows)
    height = len(layout.rows) + (1.0 if layout.classical else 0.0)
    across = left + max(sum(widths[first:last]) for first, last in folds) + 0.5
    down = len(folds) * (height + 0.7) + 0.9
    size = max(across * INCH, 3.2), down * INCH
    figure = Figure(figsize=size, dpi=min(DPI, MOST_PIXELS / max(size)), facecolor=PAPER)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, max(across, 3.2 / INCH)), ylim=(down, 0), aspect="equal")
    axes.axis("off")
    lines = [
        _Line(axes, layout, widths, first, last, left, 1.3 + number * (height + 0.7))
        for number, (first, last) in enumerate(folds)
    ]
    for line in lines:
        line.marks(pale=True)
    _fade(axes)
    _head(axes, layout, title)
    for number, line in enumerate(lines):
        line.wires(more_before=number > 0, more_after=number + 1 < len(folds))
        line.marks(pale=False)
    return figure


def _fade(axes: Axes) -> None:
    """Everything that was drawn so far, in colours near that of paper."""
    for line in axes.lines:
        line.set_color(_pale(line.get_color()))
        line.set_markerfacecolor(_pale(line.get_markerfacecolor()))
        line.set_markeredgecolor(_pale(line.get_markeredgecolor()))
    for patch in axes.patches:
        patch.set_facecolor(_pale(patch.get_facecolor()))
        patch.set_edgecolor(_pale(patch.get_edgecolor()))
    for text in axes.texts:
        text.set_color(_pale(text.get_color()))


def _pale(colour: Any) -> tuple[float, float, float, float]:
    from matplotlib.colors import to_rgba

    red, green, blue, alpha = to_rgba(colour)
    return (1 - FADED * (1 - red), 1 - FADED * (1 - green), 1 - FADED * (1 - blue), alpha)


def _widths(layout: Layout) -> list[float]:
    widths = [0.7] * layout.columns
    for mark in layout.marks:
        if mark.shape in ("open", "close"):
            widths[mark.column] = 0.3
        elif mark.shape in ("box", "spread"):
            widths[mark.column] = max(widths[mark.column], _box_width(mark) + 0.04)
        elif mark.condition:
            widths[mark.column] = max(widths[mark.column], 0.9)
    return [width + 0.12 for width in widths]


def _box_width(mark: Mark) -> float:
    return max(0.7, max(0.135 * len(mark.name), 0.105 * len(mark.angles)) + 0.4)


def _folds(widths: list[float], most: float) -> list[tuple[int, int]]:
    """First and last columns of the lines, each at most so wide: as few as will do, and of nearly the same width."""
    count = len(_filled(widths, most))
    low, high = max(widths), most  # the narrowest width that takes no more lines is between the two
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (low, middle) if len(_filled(widths, middle)) <= count else (middle, high)
    return _filled(widths, high)


def _filled(widths: list[float], most: float) -> list[tuple[int, int]]:
    folds, first, total = [], 0, 0.0
    for column, width in enumerate(widths):
        if total + width > most and column > first:
            folds.append((first, column))
            first, total = column, 0.0
        total += width
    return [*folds, (first, len(widths))]


def _head(axes: Axes, layout: Layout, title: str) -> None:
    at = 0.3
    if title:
        axes.text(at, 0.45, one_line(title), fontsize=9, color=INK, va="center", weight="bold", parse_math=False)
        at += 0.5 + 0.2 * len(title)
    for kind in ("visible", "hidden", "fresh"):
        if any(row.kind == kind for row in layout.rows):
            axes.plot([at, at + 0.7], [0.45, 0.45], color=WIRE[kind], lw=1.4, ls=DASH[kind])
            axes.text(at + 0.85, 0.45, kind, fontsize=7.5, color=WIRE[kind], va="center")
            at += 2.1
    if layout.notes:
        axes.text(at, 0.45, "; ".join(layout.notes), fontsize=7.5, color=GREY, va="center", style="italic")


class _Line:
    """One line of the folded picture: columns `first` to `last`, its top left corner at (0, top)."""

    def __init__(
        self, axes: Axes, layout: Layout, widths: list[float], first: int, last: int, left: float, top: float
    ) -> None:
        self.axes, self.layout, self.first, self.last = axes, layout, first, last
        self.left, self.top = left, top
        self.widths = widths
        edges = [left]
        for width in widths[first:last]:
            edges.append(edges[-1] + width)
        self.edges = edges

    def x(self, column: int) -> float:
        """Middle of a column."""
        k = column - self.first
        return (self.edges[k] + self.edges[k + 1]) / 2

    def y(self, row: int) -> float:
        return self.top + row * ROW + 0.5

    def marks(self, pale: bool) -> None:
        """Draws the operations that are pale, or those that are not."""
        for mark in self.layout.marks:
            if self.first <= mark.column < self.last and mark.pale == pale:
                self._mark(mark)

    def wires(self, more_before: bool, more_after: bool) -> None:
        end = self.edges[-1] + 0.15
        for number, row in enumerate(self.layout.rows):
            y = self.y(number)
            weight = "normal" if row.kind == "fresh" else "bold"
            colour = _pale(WIRE[row.kind]) if row.pale else WIRE[row.kind]
            self.axes.text(
                self.left - 0.25, y, row.label, fontsize=8, color=colour, ha="right", va="center", weight=weight
            )
            if row.kind != "fresh":
                self._wire(row.kind, self.left - 0.15, end, y, row.pale)
        for number in self.layout.read:
            if not more_after:
                self.axes.plot([end + 0.12], [self.y(number)], marker="<", ms=7, color=INK, zorder=4)
        for number, first, last in self.layout.lives:
            low, high = max(first, self.first), min(last, self.last)
            if low < high or (self.first <= first < self.last):
                start = self.x(low) + 0.15 if first >= self.first else self.left - 0.15
                stop = self.x(last) if last < self.last else end
                self._wire("fresh", start, stop, self.y(number), self.layout.rows[number].pale)
        if self.layout.classical:
            y = self.y(len(self.layout.rows))
            self._double([self.left - 0.15, end], [y, y])
            self.axes.text(self.left - 0.25, y, "bits", fontsize=8, color=GREY, ha="right", va="center")
        bottom = self.y(len(self.layout.rows)) - 0.5
        for there, at in ((more_before, self.left - 0.1), (more_after, end)):
            if there:
                self.axes.plot([at, at], [self.top + 0.1, bottom], color=GREY, lw=0.8, ls=(0, (1, 2)))

    def _wire(self, kind: str, start: float, stop: float, y: float, pale: bool) -> None:
        colour = _pale(WIRE[kind]) if pale else WIRE[kind]
        self.axes.plot([start, stop], [y, y], color=colour, lw=1.0, ls=DASH[kind], zorder=1, dash_capstyle="butt")

    def _double(self, xs: list[float], ys: list[float]) -> None:
        self.axes.plot(xs, ys, color=GREY, lw=2.6, zorder=1.5, solid_capstyle="butt")
        self.axes.plot(xs, ys, color=PAPER, lw=1.1, zorder=1.6, solid_capstyle="butt")

    # ------------------------------------------------------------ marks

    def _mark(self, mark: Mark) -> None:
        x = self.x(mark.column)
        for bit, value in mark.condition:
            self._condition(mark, x, bit, value)
        touched = [*mark.rows, *mark.controls]
        if len(touched) > 1 and mark.shape not in ("open", "close"):
            low, high = spans(touched)
            self.axes.plot([x, x], [self.y(low), self.y(high)], color=INK, lw=1.1, zorder=2)
        if mark.cut:
            low, high = spans(touched)
            self.axes.plot([x, x], [self.y(high), self.y(high) + 0.6], color=GREY, lw=1.1, ls=":", zorder=2)
        for row in mark.controls:
            self._dot(x, self.y(row))
        getattr(self, f"_{mark.shape}")(mark, x)

    def _dot(self, x: float, y: float) -> None:
        self.axes.plot([x], [y], marker="o", ms=4.6, color=INK, zorder=4)

    def _condition(self, mark: Mark, x: float, bit: int, value: bool) -> None:
        bottom = self.y(len(self.layout.rows))
        offset = 0.12 * (bit - mark.condition[0][0] if len(mark.condition) > 1 else 0)
        self._double([x, x], [self.y(spans([*mark.rows, *mark.controls])[1]), bottom])
        face = GREY if value else PAPER
        self.axes.plot([x], [bottom], marker="o", ms=5, mfc=face, mec=GREY, zorder=4)
        label = " ".join(("" if v else "¬") + f"m{b}" for b, v in mark.condition)
        if bit == mark.condition[0][0]:
            self.axes.text(x + offset, bottom + 0.2, label, fontsize=6, color=GREY, ha="center", va="top")

    def _patch(self, x: float, low: float, high: float, width: float, fill: str, noisy: bool = False) -> None:
        from matplotlib.patches import FancyBboxPatch

        style = "round,pad=0,rounding_size=0.09"
        self.axes.add_patch(
            FancyBboxPatch(
                (x - width / 2, low - HALF),
                width,
                high - low + 2 * HALF,
                boxstyle=style,
                fc=fill,
                ec=INK,
                lw=0.9,
                ls=(0, (3, 1.5)) if noisy else "solid",
                zorder=3,
            )
        )

    def _box(self, mark: Mark, x: float) -> None:
        low, high = spans(mark.rows)
        width = _box_width(mark)
        fill = FILL_NOISE if mark.noisy else FILL_PAULI if mark.letters else FILL_MANY if low < high else FILL_ONE
        self._patch(x, self.y(low), self.y(high), width, fill, mark.noisy)
        if low == high:
            shift = 0.12 if mark.angles else 0.0
            self._text(mark, x, self.y(low) - shift, self.y(low) + 0.17)
        else:
            middle = self.y((low + high) // 2) + 0.5  # between two rows, never on a wire
            self._text(mark, x, middle - (0.12 if mark.angles else 0.0), middle + 0.17)
        for row in range(low, high + 1):
            kind = self.layout.rows[row].kind
            if row not in mark.rows and (kind != "fresh" or self.layout.alive(row, mark.column)):
                self.axes.plot(
                    [x - width / 2, x + width / 2], [self.y(row)] * 2, color=WIRE[kind], lw=0.8, ls=":", zorder=4
                )
        for k, row in enumerate(mark.rows):
            if mark.letters:
                self.axes.text(
                    x, self.y(row), mark.letters[k], fontsize=8, color=INK, ha="center", va="center", zorder=5
                )
            elif mark.ordered:
                left = x - width / 2 + 0.08
                self.axes.text(left, self.y(row), str(k + 1), fontsize=5.5, color=GREY, va="center", zorder=5)

    def _text(self, mark: Mark, x: float, name: float, angles: float) -> None:
        self.axes.text(x, name, mark.name, fontsize=7.5, color=INK, ha="center", va="center", zorder=5)
        self.axes.text(x, angles, mark.angles, fontsize=5.8, color="#444444", ha="center", va="center", zorder=5)

    def _spread(self, mark: Mark, x: float) -> None:
        """A dot for each Z, a small box for each other letter, and what it is between two rows."""
        for letter, row in zip(mark.letters, mark.rows, strict=True):
            if letter == "Z":
                self._dot(x, self.y(row))
            else:
                self._patch(x, self.y(row), self.y(row), 0.5, FILL_PAULI)
                self.axes.text(x, self.y(row), letter, fontsize=8, color=INK, ha="center", va="center", zorder=5)
        low, high = spans(mark.rows)
        middle = self.y((low + high) // 2) + 0.5
        label = "\n".join(filter(None, (mark.name, mark.angles)))
        back = {"boxstyle": "round,pad=0.15", "fc": PAPER, "ec": "none"}
        self.axes.text(x, middle, label, fontsize=5.8, color=INK, ha="center", va="center", zorder=5, bbox=back)

    def _open(self, mark: Mark, x: float) -> None:
        self._bracket(x, 0.12)
        self.axes.text(x, self.top - 0.08, mark.name, fontsize=8, color=INK, ha="center", va="bottom", weight="bold")

    def _close(self, mark: Mark, x: float) -> None:
        self._bracket(x, -0.12)

    def _bracket(self, x: float, tip: float) -> None:
        top, bottom = self.top + 0.02, self.y(len(self.layout.rows)) - 0.52
        self.axes.plot([x + tip, x, x, x + tip], [top, top, bottom, bottom], color=INK, lw=1.3, zorder=4)

    def _target(self, mark: Mark, x: float) -> None:
        y = self.y(mark.rows[0])
        self.axes.plot([x], [y], marker="o", ms=11, mfc=PAPER, mec=INK, mew=1.1, zorder=3)
        self.axes.plot([x - 0.21, x + 0.21], [y, y], color=INK, lw=1.1, zorder=4)
        self.axes.plot([x, x], [y - 0.21, y + 0.21], color=INK, lw=1.1, zorder=4)

    def _dots(self, mark: Mark, x: float) -> None:
        for row in mark.rows:
            self._dot(x, self.y(row))

    def _swap(self, mark: Mark, x: float) -> None:
        for row in mark.rows:
            self.axes.plot([x], [self.y(row)], marker="x", ms=6.5, color=INK, mew=1.3, zorder=4)

    def _measure(self, mark: Mark, x: float) -> None:
        from matplotlib.patches import Arc

        y = self.y(mark.rows[0])
        if mark.bit is not None:
            bottom = self.y(len(self.layout.rows))
            self._double([x, x], [y, bottom])
            self.axes.plot([x], [bottom - 0.13], marker="v", ms=5, color=GREY, zorder=4)
            self.axes.text(x, bottom + 0.2, f"m{mark.bit}", fontsize=6, color=GREY, ha="center", va="top")
        self._patch(x, y, y, 0.7, PAPER)
        self.axes.add_patch(Arc((x, y + 0.14), 0.46, 0.46, theta1=180, theta2=360, ec=INK, lw=1.0, zorder=5))
        self.axes.plot([x, x + 0.17], [y + 0.14, y - 0.2], color=INK, lw=1.0, zorder=5)

    def _fresh(self, mark: Mark, x: float) -> None:
        self.axes.text(
            x + 0.1, self.y(mark.rows[0]), "|0⟩", fontsize=8, color=WIRE["fresh"], ha="right", va="center", zorder=5
        )

    def _discard(self, mark: Mark, x: float) -> None:
        y, colour = self.y(mark.rows[0]), WIRE["fresh"]
        for k, half in enumerate((0.26, 0.17, 0.08)):
            self.axes.plot([x + 0.09 * k] * 2, [y - half, y + half], color=colour, lw=1.3, zorder=4)
