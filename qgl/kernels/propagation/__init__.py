"""Runs Pauli propagation: numbers from the inputs by JAX, sums of Pauli words and their gradients on the host."""
