"""What the words of the language are, in Markdown, from the tables that the reference is made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qgl.check.declarations.distributions import ARGUMENTS
from qgl.check.names.callees import COUNTS
from qgl.check.names.modules import RESERVED
from qgl.check.settings.training import SETTINGS, SettingRule
from qgl.check.values.functions import USAGES
from qgl.check.values.lattices import EXTENTS
from qgl.editor.describe import Described
from qgl.editor.vocabulary.keywords import KEYWORDS
from qgl.gates import CHANNELS, GATES
from qgl.program.calls.call import Call, Kind, Parameter, parameters, usage
from qgl.program.calls.call import written as written_default
from qgl.program.calls.table import KINDS

_SPECIAL = {  # of the form of a gate, but no record
    "exp": "the rotation exp(i a P) about a product P of Pauli matrices",
    "unitary": "any unitary on its qubits, by `unitary(k)` angles",
    "isometry": "any isometry between its qubits or variables, of type `isometry(in, out)`",
    "generator": "exp(-i H) of a Hamiltonian by its coefficients, of type `generator(k)`",
    "prepare": "prepares a variable given the values of its parents, by the angles of a `table(...)`",
    "levels": "any unitary between the values of a variable, of type `levels(d)`",
    "kraus": "the channel of the Kraus operators that it is given",
    "postselect": "requires outcomes: keeps only the runs that give them",
}
STARTS = {
    "mps": "staircases of two-qubit cells that begin as a matrix product state fitted to a data set",
    "moments": "normal about the angles that give the moments of a data set",
    "run": 'what a run handed out under the name of the parameter: `run("folder")`',
    "marginal": "isometries that prepare the reduced states of data: `marginal(data)`",
    "recovered": "isometries that recover the states of regions of data from a part of them: `recovered(data)`",
    "near": "isometries near a map that is named: `near(identity)`, `near(copy)`",
}
TYPES = {
    "angle": "a real number, in radians; `angle[k]` is k of them",
    "real": "a real number; `real[k]` is k of them",
    "probability": "a number in 0..1, trained through its logit",
    "unitary": "`unitary(k)`: the angles of any unitary on k qubits",
    "table": "`table(a, b, ...)`: the angles of a conditional distribution of the last variable given the others",
    "phases": "`phases(a, b, ...)`: a phase for all values of variables",
    "levels": "`levels(d)`: the angles of any unitary of d dimensions",
    "generator": "`generator(k)`: the coefficients of any Hamiltonian of k qubits",
    "isometry": "`isometry(in, out)`: the numbers of any isometry from some qubits or variables to others",
    "state": "`state(n)`: the amplitudes of a pure state of n qubits",
    "density": "`density(n)`: a mixed state A A* of n qubits, by the entries of A, up to its trace",
    "int": "a whole number that is known at compile time",
    "bit": "a measured bit",
    "qubit": "one qubit; `qubit[k]` is a register of k",
    "category": "`category(d)`: a variable of d values, in binary; of a `condition`, a number from 0 to d - 1",
}


def of_gate(name: str) -> Described | None:
    """A gate or channel of the language."""
    if name not in COUNTS:
        return None
    record = GATES.get(name) or CHANNELS.get(name)
    text = record.summary if record else _SPECIAL.get(name, "the gate, uniformly controlled: an angle for each control")
    kind = "gate" if COUNTS[name].unitary else "channel"
    return Described(COUNTS[name].usage, f"{kind}: {text}", text)


def of_call(callee: type[Call], kind: Kind[Call]) -> Described:
    """A data source, objective, report, optimiser and so on, with its arguments."""
    doc = " ".join((callee.__doc__ or "").split())
    arguments = "".join(f"\n- `{p.name}`: {p.doc}{_default(p)}" for p in parameters(callee))
    return Described(usage(callee), f"{kind.wording}: {doc}{arguments and chr(10) + arguments}", doc)


def _default(parameter: Parameter) -> str:
    if parameter.required:
        return ""
    if parameter.default is None or parameter.default == ():
        return " (may be left out)"
    return f" (default {written_default(parameter.default)})"


def calls_named(name: str, kinds: Sequence[str] = ()) -> Iterator[tuple[type[Call], Kind[Call]]]:
    """All callables of a name, those of some kinds first."""
    for kind in sorted(KINDS.values(), key=lambda kind: kind.name not in kinds):
        if name in kind.table:
            yield kind.table[name], kind


def of_setting(name: str, rule: SettingRule) -> Described:
    """A setting of `train`."""
    doc = rule.doc.replace(", below", "")
    if rule.kind is not None:
        names = ", ".join(f"`{each}`" for each in rule.kind.table)
        many = "one or several of" if rule.many else "one of"
        return Described(f"{name} ...;", f"setting of training: {doc}\n\n{many} {names}", doc)
    wording = rule.type.wording if rule.type else ""
    return Described(f"{name} ...;", f"setting of training: {doc}\n\n{wording}", doc)


def of_keyword(identifier: str) -> Described | None:
    keyword = KEYWORDS.get(identifier)
    return None if keyword is None else Described(identifier, f"{keyword.kind}: {keyword.doc}", keyword.doc)


def of_function(name: str) -> Described | None:
    """A function of values, a lattice or a distribution."""
    if name in USAGES:
        return Described(USAGES[name].text, f"function: {USAGES[name].doc}", USAGES[name].doc)
    if name in STARTS:
        return Described(f"{name}(...)", f"distribution: {STARTS[name]}", STARTS[name])
    if name in ARGUMENTS:
        return Described(f"{name}({', '.join(ARGUMENTS[name])})", "distribution of inputs", "distribution")
    if name in EXTENTS or name == "graph":
        given = {"grid": "rows, columns", "torus": "rows, columns", "tree": "branching, depth"}
        given["graph"] = '[(0, 1), ...]) or graph("file.graphml"'
        return Described(f"{name}({given.get(name, 'n')})", "lattice", "lattice")
    return None


def of_identifier(
    identifier: str, kinds: Sequence[str] = (), statement: bool = False, in_train: bool = False
) -> Described | None:
    """What a word of the language is, at a place where calls of some `kinds` stand, or a `statement` begins."""
    if in_train and identifier in SETTINGS:
        return of_setting(identifier, SETTINGS[identifier])
    if statement and (gate := of_gate(identifier)):
        return gate
    if identifier in RESERVED:
        return Described(identifier, RESERVED[identifier], RESERVED[identifier])
    for callee, kind in calls_named(identifier, kinds):
        if not kinds or kind.name in kinds or identifier not in USAGES:
            return of_call(callee, kind)
    if identifier in TYPES and not kinds:
        return Described(identifier, f"type: {TYPES[identifier]}", TYPES[identifier])
    return of_function(identifier) or of_keyword(identifier) or of_gate(identifier)
