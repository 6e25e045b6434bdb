"""When wires are allocated and released, so that few are alive at once."""
