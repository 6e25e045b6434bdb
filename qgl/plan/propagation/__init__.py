"""Pauli propagation: Pauli words are taken backwards through the circuit, as sums of words that stay sparse.

Truncated as the program declares it, for expectations of Pauli words and small regions of any circuit; see `method`.
"""
