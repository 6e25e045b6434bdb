"""Machines: what they have, and circuits fitted to them by Qiskit's transpiler."""
