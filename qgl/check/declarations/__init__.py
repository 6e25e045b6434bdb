"""What a file declares: constants, lattices, registers, inputs and their distributions, Hamiltonians.

Used by circuits and settings; knows names and values.
"""
