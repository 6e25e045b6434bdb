"""A machine as a file of JSON: how many qubits it has, its gates, and the pairs of qubits that they act on.

    {
      "name": "ring of four",
      "qubits": 4,
      "basis": ["rz", "sx", "x", "cz", "measure", "reset", "if_else"],
      "coupling": [[0, 1], [1, 2], [2, 3], [3, 0]],
      "durations": {"rz": 0, "sx": 3.2e-8, "x": 3.2e-8, "cz": 6.8e-8, "measure": 1.5e-6, "reset": 1.7e-6},
      "errors": {"sx": 2e-4, "cz": [0.004, 0.003, 0.005, 0.004], "measure": 0.02},
      "t1": 2e-4,
      "t2": [1e-4, 2e-4, 1e-4, 2e-4]
    }

`qubits`, `basis` and `coupling` must be there. A pair of `coupling` is used in both directions, unless `directed` is
true. Durations and times are seconds, errors probabilities: one number for all, or a list with one for each qubit
or, of a gate on two qubits, for each pair of `coupling`. What is not said is unknown, and counts as nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from qgl.diagnostics.model import QglError
from qgl.diagnostics.suggest import nearest
from qgl.diagnostics.targets import TargetNeedsPackage
from qgl.hardware.machines.json_spans import Node, read_json

MOST_QUBITS = 2000  # Qiskit's transpiler takes 15 s of a thousand, and more than 10 GB of twenty thousand
_LONGEST_NAME = 80
_KEYS = ("name", "qubits", "basis", "coupling", "directed", "durations", "errors", "t1", "t2")
_OTHERS = ("measure", "reset", "delay", "if_else")  # what a basis may name beside gates

Pair = tuple[int, int]


def read_backend(path: Path) -> Any:
    """The machine of a file as a backend of Qiskit's, whose `target` and `name` are those of the file.

    It runs nothing, but simulators take its noise.

    Raises:
        QglError: QGL1124, at the place in the file; QGL1121, Qiskit is missing.
    """
    try:
        from qiskit.circuit import Delay, IfElseOp, Measure, Parameter, Reset
        from qiskit.circuit.library import get_standard_gate_name_mapping
        from qiskit.providers import BackendV2, Options
        from qiskit.transpiler import InstructionProperties, QubitProperties, Target
    except ImportError:
        raise QglError([TargetNeedsPackage(None, str(path), "qiskit", "qiskit")]) from None

    fields = _fields(read_json(path))
    name = _name(fields["name"]) if "name" in fields else "".join(c if c.isprintable() else "?" for c in path.stem)
    size = _whole(fields["qubits"], 1, MOST_QUBITS)
    pairs = _pairs(fields["coupling"], size)
    gates = {k: v for k, v in get_standard_gate_name_mapping().items() if v.num_qubits in (1, 2)}
    gates |= {"measure": Measure(), "reset": Reset(), "delay": Delay(Parameter("t"))}
    basis = _basis(fields["basis"], [*gates, "if_else"])
    counts = {gate: size if gates[gate].num_qubits == 1 else len(pairs) for gate in basis if gate != "if_else"}
    durations = _by_gate(fields.get("durations"), counts, lambda node: _number(node, 0.0, 1.0, "seconds"))
    errors = _by_gate(fields.get("errors"), counts, lambda node: _number(node, 0.0, 1.0, "a probability"))
    times = {
        key: _numbers(fields[key], size, lambda node: _number(node, 1e-12, 1e6, "seconds"))
        for key in ("t1", "t2")
        if key in fields
    }
    properties = [QubitProperties(**{key: row[k] for key, row in times.items()}) for k in range(size)]
    target = Target(num_qubits=size, qubit_properties=properties if times else None)
    both = "directed" not in fields or not _is(fields["directed"], bool, "true or false")
    for gate, count in counts.items():
        known = zip(durations.get(gate, [None] * count), errors.get(gate, [None] * count), strict=True)
        what = [InstructionProperties(duration=duration, error=error) for duration, error in known]
        if gates[gate].num_qubits == 1:
            table: dict[tuple[int, ...], Any] = {(k,): what[k] for k in range(size)}
        else:
            table = {(b, a): entry for (a, b), entry in zip(pairs, what, strict=True)} if both else {}
            table |= dict(zip(pairs, what, strict=True))
        target.add_instruction(gates[gate], table)
    if "if_else" in basis:
        target.add_instruction(IfElseOp, name="if_else")
    body = {"target": target, "max_circuits": None, "run": None, "_default_options": classmethod(lambda _: Options())}
    return type("FileBackend", (BackendV2,), body)(name=name)


def _fields(root: Node) -> dict[str, Node]:
    fields: dict[str, Node] = _is(root, dict, "an object: {...}")
    for key, node in fields.items():
        if key not in _KEYS:
            near = nearest(key, _KEYS)
            help_text = f"did you mean `{near}`?" if near else f"the keys are: {', '.join(_KEYS)}"
            raise node.wrong(f"there is no key `{key}`", help_text)
    for key in ("qubits", "basis", "coupling"):
        if key not in fields:
            raise root.wrong(f"`{key}` is missing", "`qubits`, `basis` and `coupling` must be there")
    return fields


def _name(node: Node) -> str:
    """Of one line, since it stands in comments of texts."""
    name = str(_is(node, str, "a string"))
    if not name.isprintable() or not 0 < len(name) <= _LONGEST_NAME:
        raise node.wrong(f"a name is of 1 to {_LONGEST_NAME} letters that can be printed")
    return name


def _basis(node: Node, known: Sequence[str]) -> list[str]:
    names: list[str] = []
    for item in _is(node, list, "a list of names of gates"):
        name = _is(item, str, "the name of a gate")
        if name not in known:
            near = nearest(name, known)
            raise item.wrong(
                f"Qiskit has no gate `{name}` on one or two qubits", f"did you mean `{near}`?" if near else ""
            )
        if name in names:
            raise item.wrong(f"`{name}` is there twice")
        names.append(name)
    if "measure" not in names:
        raise node.wrong("`measure` is missing", "add it: without it, nothing can be read")
    return names


def _pairs(node: Node, size: int) -> list[Pair]:
    pairs: dict[Pair, None] = {}
    for item in _is(node, list, "a list of pairs of qubits"):
        ends = [_whole(end, 0, size - 1) for end in _is(item, list, "a pair of qubits")]
        if len(ends) != 2 or ends[0] == ends[1]:
            raise item.wrong("a pair is of two different qubits")
        if (ends[0], ends[1]) in pairs:
            raise item.wrong("this pair is there twice")
        pairs[ends[0], ends[1]] = None
    return list(pairs)


def _by_gate(node: Node | None, counts: dict[str, int], read: Callable[[Node], float]) -> dict[str, list[float]]:
    if node is None:
        return {}
    table: dict[str, list[float]] = {}
    for gate, values in _is(node, dict, "numbers by gate: {...}").items():
        if gate not in counts:
            near = nearest(gate, counts)
            raise values.wrong(f"`{gate}` is not in the basis", f"did you mean `{near}`?" if near else "")
        table[gate] = _numbers(values, counts[gate], read)
    return table


def _numbers(node: Node, count: int, read: Callable[[Node], float]) -> list[float]:
    if not isinstance(node.value, list):
        return [read(node)] * count
    if len(node.value) != count:
        raise node.wrong(f"{count} numbers are needed here, and there are {len(node.value)}")
    return [read(item) for item in node.value]


def _number(node: Node, low: float, high: float, what: str) -> float:
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise node.wrong(f"a number is needed here ({what})")
    if not low <= value <= high:
        raise node.wrong(f"this is {what}, from {low:g} to {high:g}")
    return float(value)


def _whole(node: Node, low: int, high: int) -> int:
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int):
        raise node.wrong("a whole number is needed here")
    if not low <= value <= high:
        raise node.wrong(f"this must be from {low} to {high}")
    return value


def _is(node: Node, kind: type, what: str) -> Any:
    if not isinstance(node.value, kind):
        raise node.wrong(f"{what} is needed here")
    return node.value
