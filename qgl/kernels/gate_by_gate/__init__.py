"""Draws bits gate by gate: tensors from the inputs by JAX, boundaries and draws on the host."""
