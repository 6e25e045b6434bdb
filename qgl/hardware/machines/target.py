"""Machines by name: fake machines of `qiskit_ibm_runtime`, files of basis and coupling, machines of IBM's service."""

from __future__ import annotations

import importlib
import math
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from qgl.diagnostics.model import QglError
from qgl.diagnostics.suggest import nearest
from qgl.diagnostics.targets import NoServiceAccount, ServiceHasNoTarget, TargetNeedsPackage, UnknownTarget
from qgl.hardware.machines.target_file import read_backend

_BOUNDS = {"rzz": [(0.0, math.pi / 2)]}  # of angles, on machines of IBM
_FAILS = 0.5  # error from which on a gate is out of order


@dataclass(frozen=True, eq=False)
class Machine:
    """A machine to fit circuits to.

    name     what a report calls it: "fake_torino", the name in a file, a name of the service
    target   Qiskit's `Target`: qubits, gates with directions, durations (seconds) and errors (probabilities)
    backend  of Qiskit or the service's library; None where circuits are only fitted
    """

    name: str
    target: Any
    backend: Any = None

    @classmethod
    def of(cls, name: str, backend: Any) -> Machine:
        """A backend as a machine, without the pairs of qubits that are out of order: their gates have an error of 1."""
        return cls(name, _in_order(backend.target), backend)

    @property
    def qubits(self) -> int:
        return int(self.target.num_qubits)

    def has(self, instruction: str) -> bool:
        """Whether it knows an instruction by name, such as "reset" or "if_else"."""
        return instruction in self.target.operation_names


def resolve(name: str) -> Machine:
    """The machine that is meant by a name of `--target`.

    A name that ends with `.json` is a file (see `qgl.hardware.machines.target_file`). `fake_torino`, or `torino`, is a
    fake machine of `qiskit_ibm_runtime`, with the calibration data of a real one. `ibm_torino`, or `ibm:NAME` for names
    that do not start so, is asked of IBM's service, by the account that its own library has saved.

    Raises:
        QglError: QGL1120 to QGL1124, there is no such machine, a package is missing, there is no account, the service
            does not give the machine, or the file is wrong.
    """
    if name.endswith(".json"):
        backend = read_backend(Path(name))
        return Machine.of(backend.name, backend)
    prefix, colon, rest = name.partition(":")
    if colon and prefix == "ibm" and rest:
        return _of_service(rest)
    known = fake_machines(name)
    for written in (name.lower(), f"fake_{name.lower()}"):
        if written in known:
            return _fake(written)
    if name.startswith("ibm_"):
        return _of_service(name)
    near = nearest(name.lower().removeprefix("fake_"), [fake.removeprefix("fake_") for fake in known])
    raise QglError([UnknownTarget(None, name, near and f"fake_{near}", tuple(known))])


def fake_machines(asked: str = "fake_torino") -> dict[str, Any]:
    """The fake machines' classes by the names of the machines.

    Raises:
        QglError: QGL1121, `qiskit_ibm_runtime` is missing, which was needed for the machine that was asked for.
    """
    provider = _import("qiskit_ibm_runtime.fake_provider", asked)
    kinds = [kind for name, kind in sorted(vars(provider).items()) if name.startswith("Fake")]
    names = [getattr(kind, "backend_name", None) for kind in kinds]
    return {name: kind for name, kind in zip(names, kinds, strict=True) if name is not None}


@lru_cache(maxsize=8)
def _fake(name: str) -> Machine:
    with warnings.catch_warnings():  # some say on this occasion that their errors are not a real machine's
        warnings.simplefilter("ignore", UserWarning)
        backend = fake_machines(name)[name]()
        return Machine.of(name, backend)


def _of_service(name: str) -> Machine:
    runtime = _import("qiskit_ibm_runtime", name)
    accounts = importlib.import_module("qiskit_ibm_runtime.accounts")
    try:
        service = runtime.QiskitRuntimeService()
    except (accounts.AccountNotFoundError, accounts.InvalidAccountError) as error:
        raise QglError([NoServiceAccount(None, name, _first_line(error))]) from None
    except Exception as error:  # whatever the network or the library says, in its own words
        raise QglError([ServiceHasNoTarget(None, name, _first_line(error))]) from None
    try:
        backend = service.backend(name)
        return Machine.of(name, backend)
    except Exception as error:
        raise QglError([ServiceHasNoTarget(None, name, _first_line(error))]) from None


def _in_order(target: Any) -> Any:
    """`target` without gates on two qubits that fail half of the time, or one of whose qubits does."""
    from qiskit.transpiler import Target
    from rustworkx import weakly_connected_components

    tables = {name: target[name] for name in target.operation_names}
    failing = {
        operands
        for name, table in tables.items()
        if name not in ("measure", "reset", "delay")
        for operands, known in (table or {}).items()
        if known is not None and known.error is not None and known.error >= _FAILS
    }
    bounded = {name for name in tables if target.gate_has_angle_bounds(name)}
    if not failing or bounded - set(_BOUNDS):  # what bounds there are, a target does not tell
        return target
    qubits = {operands[0] for operands in failing if len(operands) == 1}
    kept = Target(
        num_qubits=target.num_qubits,
        dt=target.dt,
        granularity=target.granularity,
        min_length=target.min_length,
        pulse_alignment=target.pulse_alignment,
        acquire_alignment=target.acquire_alignment,
        qubit_properties=target.qubit_properties,
        concurrent_measurements=target.concurrent_measurements,
    )
    for name, table in tables.items():
        if not table or None in table:
            kept.add_instruction(target.operation_from_name(name), name=name)
            continue
        working = {
            operands: known
            for operands, known in table.items()
            if len(operands) == 1 or (operands not in failing and qubits.isdisjoint(operands))
        }
        bounds = _BOUNDS[name] if name in bounded else None
        kept.add_instruction(target.operation_from_name(name), working, name=name, angle_bounds=bounds)
    whole = max(map(len, weakly_connected_components(kept.build_coupling_map().graph)), default=0)
    return kept if 2 * whole > target.num_qubits else target  # some tell an error of 1 where they know none


def _first_line(error: Exception) -> str:
    text = str(error).strip().strip("'\"")
    return text.splitlines()[0].rstrip(".") if text else type(error).__name__


def _import(module: str, target: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise QglError([TargetNeedsPackage(None, target, module.partition(".")[0], "ibm")]) from None
