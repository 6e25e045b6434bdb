"""Contenders by name: each is a function of a case that makes a `Contender`."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.contenders import dense, ensembles, iqp, ours, propagation, tensorcircuit
from benchmarks.contenders.model import Contender
from benchmarks.workloads import Case

CONTENDERS: dict[str, Callable[[Case], Contender]] = {
    "qgl": ours.qgl,
    "qgl by stages": ours.qgl_by_stages,
    "default.qubit": dense.default_qubit,
    "tensorcircuit-ng": tensorcircuit.tensorcircuit,
    "lightning.qubit": dense.lightning,
    "qulacs": dense.qulacs,
    "labs.phox": iqp.phox,
    "jax by states": ensembles.jax_by_states,
    "default.qubit by states": ensembles.pennylane_by_states,
    "qgl, words kept": propagation.ours_kept,
    "pauli-prop": propagation.pauli_prop,
    "tencirpauli": propagation.tencirpauli,
}
ENTRANTS: dict[str, tuple[str, ...]] = {
    "W1": ("qgl", "default.qubit", "tensorcircuit-ng"),
    "W1b": ("qgl", "lightning.qubit", "qulacs"),
    "W2": ("qgl", "tensorcircuit-ng"),
    "W2grid": ("qgl",),
    "W2g": ("qgl",),
    "W2c": ("qgl",),
    "W3": ("qgl", "labs.phox"),
    "W4": ("qgl",),
    "W4c": ("qgl",),
    "W6": ("qgl", "jax by states", "default.qubit by states"),
    "W7": ("qgl", "qgl, words kept", "pauli-prop", "tencirpauli"),
    "W7g": ("qgl", "tencirpauli"),
    "W7b": ("qgl", "qgl, words kept", "pauli-prop", "tencirpauli"),
    "W7bg": ("qgl", "tencirpauli"),
    "growth": ("qgl by stages",),
}
