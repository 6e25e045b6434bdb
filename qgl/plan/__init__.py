"""From queries to the cheapest exact way to answer them, a folder for each method of simulation.

Models and `qglc explain` use it; it knows circuits, passes and queries, and no JAX.

Tables are arrays of NumPy. Their shapes are written as in `qgl.kernels`, and with these names; what is ragged is
padded, as each table says.

    blocks, units  of a program: matrices that act on K amplitudes at a time, and what they are made of
    steps          of a program, in order; moves: distinct transpositions of its states
    groups, rows   of the pool: matrices of one kind; tables of numbers, one for each thing
    structures     ways in which operations join the D basis states of a sector, in `off_diagonals` entries a state
    labels         of a network: an index that two tensors share; tensors of one shape are the rows of a table
    weight, most   letters of a Pauli word, things of a list: those of the longest
"""
