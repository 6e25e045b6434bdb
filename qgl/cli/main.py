"""`qglc`: one verb a file.

`VERBS` lists them. The verb `train` is the function `train` of the module `qgl.cli.train`; a name that Python has taken
gets an underscore (`compile_`). A verb's module is imported when the verb is called, so that `--version`, `--help` and
`check` stay quick. What a verb may raise, and the exit status that follows, is said in `qgl.cli.guard`.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from qgl.cli.converted import convert_less
from qgl.cli.guard import guarded
from qgl.cli.interrupts import watch
from qgl.diagnostics.terminal import protect, silence
from qgl.version import __version__

VERBS = {
    "check": "Say what is wrong with programs.",
    "fmt": "Write programs in the canonical form.",
    "code": "Explain a diagnostic by its code.",
    "new": "Start a new program from a template.",
    "explain": "Say how a program will be simulated, and why.",
    "order": "Find an order of columns for starts from data.",
    "compile": "Show a stage of the compilation.",
    "train": "Train the model of a program.",
    "sweep": "Train at every point of a grid of constants.",
    "show": "Show the numbers that a training came to.",
    "sample": "Draw bit strings from a trained model.",
    "evaluate": "Measure a trained model.",
    "run": "Run a trained circuit on an engine: a simulator or a machine.",
    "jobs": "List what was run.",
    "fetch": "Go on with jobs that are not done.",
    "emit": "Write a circuit as OpenQASM 3.",
    "import": "Turn an OpenQASM 3 circuit into a program.",
    "draw": "Draw the circuit of a program.",
    "play": "Write, look at and train programs in the browser.",
    "lsp": "Answer an editor: the language server.",
}
_EXAMPLES = """\b
Examples:
  qglc new flips                      makes flips.qgl
  qglc check flips.qgl                says what is wrong with it
  qglc train flips.qgl --out run      trains it
  qglc sample run -n 1000 -o x.csv    draws 1000 bit strings
  qglc emit run -o flips.qasm         writes OpenQASM 3

\b
Exit status:
  0 done    1 a fault in the program or data    2 wrong usage    70 a fault in qglc itself
"""


class _Verbs(TyperGroup):
    """Knows the names and one-line helps of the verbs; a verb itself is made when it is called."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        convert_less(self.get_params(ctx))
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and _load(str(name)), rest


class _Verb(TyperCommand):
    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        convert_less(self.get_params(ctx))
        return super().parse_args(ctx, args)


def _load(verb: str) -> Any:
    module = importlib.import_module(f"qgl.cli.{verb}")
    function = getattr(module, verb, None) or getattr(module, f"{verb}_")
    single = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    single.command(verb, cls=_Verb)(guarded(function))
    return typer.main.get_command(single)


app = typer.Typer(
    cls=_Verbs,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EXAMPLES,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"qglc {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", "-V", help="Show the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """qglc checks, trains, samples and compiles generative quantum circuits written in the language qgl."""


def _placeholder() -> None:
    raise AssertionError("a verb is loaded before it is called")


for _verb, _help in VERBS.items():
    app.command(_verb, help=_help)(_placeholder)


def run() -> None:
    """The entry point `qglc`."""
    # XLA logs an error for each program of the cache on processors whose features LLVM has made up names for. Faults
    # come as exceptions; QGL_DEBUG, which shows tracebacks, shows the log too.
    if not os.environ.get("QGL_DEBUG"):
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("QGL_KEEP_PROGRAMS", "1")  # see `qgl.train.kept.compilation_cache`
    gc.set_threshold(100_000, 20, 20)  # importing makes many objects and no garbage: a tenth of the time of a check
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    protect()
    watch()
    try:
        app(prog_name="qglc")
    finally:
        _finish()


def _finish() -> None:
    """Hand over what is left of the output.

    What there is is not looked through for garbage any more: with JAX that would take a quarter of a second.
    """
    gc.freeze()
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        silence(sys.stdout)
        if not isinstance(error, BrokenPipeError):  # there, who read our output has closed it: nothing is left to say
            typer.echo(f"cannot write the output: {error.strerror}", err=True)
            raise SystemExit(1) from None
