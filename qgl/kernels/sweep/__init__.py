"""Runs truncated sweeps: tensors from the inputs by JAX, the chain of open qubits on the host."""
