"""Data sets and file formats: tables, archives, known distributions, ground states.

The checker asks for them through an environment; they know the checked program.
"""
