"""Machines by name: fake machines of `qiskit_ibm_runtime`, files of basis and coupling, machines of IBM's service."""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from qgl.diagnostics.model import QglError
from qgl.diagnostics.suggest import nearest
from qgl.diagnostics.targets import NoServiceAccount, ServiceHasNoTarget, TargetNeedsPackage, UnknownTarget
from qgl.hardware.target_file import read_backend


@dataclass(frozen=True, eq=False)
class Machine:
    """A machine to fit circuits to.

    name     what a report calls it: "fake_torino", the name in a file, a name of the service
    target   Qiskit's `Target`: qubits, gates with directions, durations (seconds) and errors (probabilities)
    backend  of Qiskit's or the service's library
    """

    name: str
    target: Any
    backend: Any

    @property
    def qubits(self) -> int:
        return int(self.target.num_qubits)

    def has(self, instruction: str) -> bool:
        """Whether it knows an instruction by name, such as "reset" or "if_else"."""
        return instruction in self.target.operation_names


def resolve(name: str) -> Machine:
    """The machine that is meant by a name of `--target`.

    A name that ends with `.json` is a file (see `qgl.hardware.target_file`). `fake_torino`, or `torino`, is a fake
    machine of `qiskit_ibm_runtime`, with the calibration data of a real one. `ibm_torino`, or `ibm:NAME` for names
    that do not start so, is asked of IBM's service, by the account that its own library has saved.

    Raises:
        QglError: QGL1120 to QGL1124, there is no such machine, a package is missing, there is no account, the service
            does not give the machine, or the file is wrong.
    """
    if name.endswith(".json"):
        backend = read_backend(Path(name))
        return Machine(backend.name, backend.target, backend)
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
        return Machine(name, backend.target, backend)


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
        return Machine(name, backend.target, backend)
    except Exception as error:
        raise QglError([ServiceHasNoTarget(None, name, _first_line(error))]) from None


def _first_line(error: Exception) -> str:
    text = str(error).strip().strip("'\"")
    return text.splitlines()[0].rstrip(".") if text else type(error).__name__


def _import(module: str, target: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise QglError([TargetNeedsPackage(None, target, module.partition(".")[0], "ibm")]) from None
