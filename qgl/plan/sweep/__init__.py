"""Truncated sweeps: strings and their likelihoods along a line of qubits, by a chain whose bond the program allows."""
