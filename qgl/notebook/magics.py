"""`%load_ext qgl`: the magic `%%qgl NAME` compiles a cell to a model, `%qgl explain NAME` says how it is simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgl.diagnostics.model import QglError
from qgl.notebook import shown
from qgl.source import Source

if TYPE_CHECKING:
    from qgl.syntax.literals import Value

USAGE = "%%qgl NAME [CONSTANT=VALUE ...] above a program, or %qgl explain NAME, or %qgl draw NAME"


class FaultsShown(Exception):  # noqa: N818 -- it says what was done with the faults, which are the errors
    """Ends a cell whose faults are shown already: a traceback through qgl would tell nothing of the program."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class QglMagic:
    """The magic `qgl` of lines and cells in an IPython shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def __call__(self, line: str, cell: str | None = None) -> Any:
        """%%qgl NAME [CONSTANT=VALUE ...] makes a model of the program below it; %qgl explain NAME, %qgl draw NAME."""
        parts = line.split()
        try:
            return self._tell(parts) if cell is None else self._compile(parts, cell)
        except QglError as error:
            _display(shown.diagnostics(error.diagnostics))
            raise FaultsShown("the program has faults, which are shown above") from error

    def _compile(self, parts: list[str], cell: str) -> None:
        from qgl.loading import loads

        if not parts or not parts[0].isidentifier():
            raise _usage(f"a name for the model is missing: {USAGE}")
        constants: dict[str, Any] = dict(map(_constant, parts[1:]))
        model = loads(Source(parts[0], cell), **constants)
        if model.warnings:
            _display(shown.diagnostics(model.warnings))
        self._shell.user_ns[parts[0]] = model

    def _tell(self, parts: list[str]) -> Any:
        from qgl.cli.explain import show
        from qgl.model import Model
        from qgl.report.weighing import weigh

        if len(parts) != 2 or parts[0] not in ("explain", "draw"):
            raise _usage(USAGE)
        model = self._shell.user_ns.get(parts[1])
        if not isinstance(model, Model):
            raise _usage(f"there is no model of the name {parts[1]!r} here")
        if parts[0] == "draw":
            return model
        answers = weigh(model.program)
        _display(shown.as_html(lambda console: show(console, model.program, answers)))
        return None


def load(shell: Any) -> None:
    """Gives an IPython shell the magic and the ways that our objects are shown."""
    shown.register(shell.display_formatter.formatters["text/html"])
    shell.register_magic_function(QglMagic(shell), magic_kind="line_cell", magic_name="qgl")


def _constant(setting: str) -> tuple[str, Value]:
    """Of NAME=VALUE."""
    from qgl.syntax.literals import read_values

    name, _, text = setting.partition("=")
    values = read_values(text) if name.isidentifier() and text else None
    if values is None or len(values) != 1 or isinstance(values[0], range):
        raise _usage(f"{setting!r} is no CONSTANT=VALUE: {USAGE}")
    return name, values[0]


def _display(html: str) -> None:
    from IPython.display import HTML, display

    display(HTML(html))  # type: ignore[no-untyped-call]  # IPython's classes have no types


def _usage(text: str) -> Exception:
    from IPython.core.error import UsageError

    return UsageError(text)
