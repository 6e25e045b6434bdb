"""JAX: pure functions on the arrays of a plan, a folder for each method of simulation.

`simulator.py` goes by the class of what a method was lowered to; models ask it, and it knows plans alone.

Shapes are written as tuples of these names; `()` is a single number. Angles are in radians, log p in nats.

    inputs       real numbers that the circuit depends on, in order of declaration, row-major
    numbers      what follows from them: angles, strengths, coefficients, times (`qgl.plan.expressions`)
    entries      of the pool of small matrices, which lie flat one after another (`qgl.plan.matrix_pool`)
    n            visible qubits; the first is the most significant bit of an index, in all arrays
    V, E         2^n basis states of the visible qubits; basis states of all others
    D, S         basis states of a sector; visible strings of these
    batch        strings that are asked for; shots: strings that are drawn; runs: of a circuit with drawn outcomes
    pauli_words  of a query, `weight` letters each at the most; terms: Pauli words of a Hamiltonian
    A, K         2^arity rows of a unit of small matrices; 2^width rows of a block, made of units
    rows, bond   of a boundary: strings or Pauli words side by side; the product of the dimensions of the labels cut
    columns      of a network; legs: visible qubits of a column, each of 2 or 4 components
    tiles, lanes of cones: members of one class side by side in memory
    m            generators of a circuit in IQP form; positions: visible qubits; variables: bits that are summed over
"""
