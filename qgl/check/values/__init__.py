"""Values of expressions at compile time: numbers, lists, lattices, sums of Pauli words, types.

Used by declarations, circuits and settings; knows names.
"""
