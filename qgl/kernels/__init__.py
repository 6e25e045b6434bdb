"""JAX: pure functions on the arrays of a plan, a folder for each method of simulation.

`simulator.py` goes by the class of what a method was lowered to; models ask it, and it knows plans alone.
"""
