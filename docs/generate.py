"""Writes what the documents take from the program itself: tables of callables, the list of diagnostics; and what
editors take from the grammar.

python docs/generate.py           # writes
python docs/generate.py --check   # says whether anything is out of step, and writes nothing
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from pathlib import Path

import qgl.diagnostics
from editors.generate import renew
from qgl.check.settings.training import SETTINGS
from qgl.diagnostics.model import REGISTRY, Diagnostic
from qgl.gates import CHANNELS, GATES
from qgl.gates.model import Channel, Gate
from qgl.program.calls.call import Call, parameters, usage
from qgl.program.calls.table import KINDS

DOCS = Path(__file__).parent

AREAS = {
    "01": "syntax",
    "02": "names",
    "03": "types, shapes and values",
    "04": "registers and quantum rules",
    "05": "locality",
    "06": "data",
    "07": "objective, training and reports",
    "08": "size and planning",
    "09": "files, runs and the command line",
    "10": "OpenQASM",
    "11": "simulators and machines",
}


def table(kind: str) -> str:
    """The gates, the channels, or the callables of one kind with their arguments."""
    if kind == "gate":
        return "\n".join(["| gate | qubits | |", "|---|---|---|", *(_gate(gate) for gate in GATES.values())])
    if kind == "channel":
        return "\n".join(["| channel | qubits | |", "|---|---|---|", *(_channel(c) for c in CHANNELS.values())])
    if kind == "setting":
        rows = [f"| `{name}` | {_escaped(rule.doc)} |" for name, rule in SETTINGS.items()]
        return "\n".join(["| setting | meaning |", "|---|---|", *rows])
    if kind == "optimizer":  # their arguments are those of the papers and of optax
        rows = [f"| `{usage(callee)}` | {_doc(callee)} |" for callee in KINDS[kind].classes]
        return "\n".join(["| optimizer | |", "|---|---|", *rows])
    return "\n".join(_item(callee) for callee in KINDS[kind].classes)


def _gate(gate: Gate) -> str:
    angles = "v" if gate.vector else ", ".join(gate.parameters)
    count = f"; {len(gate.parameters)} angles" if gate.vector else ""
    return f"| `{gate.name}{f'({angles})' if angles else ''}` | {gate.qubits} | {_escaped(gate.summary)}{count} |"


def _channel(channel: Channel) -> str:
    strengths = ", ".join(name for name, _ in channel.parameters)
    return f"| `{channel.name}({strengths})` | {channel.qubits} | {_escaped(channel.summary)} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def _item(callee: type[Call]) -> str:
    arguments = "".join(f"\n  - `{p.name}`: {p.doc}" for p in parameters(callee))
    return f"- `{usage(callee)}`: {_doc(callee)}{arguments}"


def _doc(callee: type[Call]) -> str:
    """The docstring of a record on one line."""
    return " ".join((callee.__doc__ or "").split())


def filled(text: str) -> str:
    """`text` with every generated part renewed. A part stands between `<!-- table: KIND -->` and `<!-- end -->`."""

    def renew(match: re.Match[str]) -> str:
        return f"<!-- table: {match[1]} -->\n\n{table(match[1])}\n\n<!-- end -->"

    return re.sub(r"<!-- table: (\w+) -->.*?<!-- end -->", renew, text, flags=re.DOTALL)


def diagnostics(text: str) -> str:
    """The document of diagnostics with its list renewed."""
    head, mark, _ = text.partition("<!-- codes -->\n")
    assert mark, "docs/diagnostics.md has lost its mark"
    parts = []
    for number, area in AREAS.items():
        kinds = [kind for code, kind in sorted(REGISTRY.items()) if code.startswith(f"QGL{number}")]
        if kinds:
            parts.append(f"\n### QGL{number}: {area}\n")
            parts.extend(_entry(kind) for kind in kinds)
    return head + mark + "\n".join(parts)


def _entry(kind: type[Diagnostic]) -> str:
    name = re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()
    wording = " ".join((kind.__doc__ or "").split())
    severity = " (warning)" if kind.severity == "warning" else ""
    return f'<a id="{kind.code.lower()}"></a>\n**{kind.code}** `{name}`{severity}: {wording}\n'


def main() -> int:
    for module in pkgutil.iter_modules(qgl.diagnostics.__path__):
        importlib.import_module(f"qgl.diagnostics.{module.name}")
    stale = []
    for path in sorted(DOCS.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        new = filled(text)
        if path.name == "diagnostics.md":
            new = diagnostics(new)
        if new != text:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(new, encoding="utf-8")
    stale += renew(write="--check" not in sys.argv)
    if stale:
        print("out of step:" if "--check" in sys.argv else "written:", ", ".join(stale))
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
