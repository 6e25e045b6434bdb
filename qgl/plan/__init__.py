"""From queries to the cheapest exact way to answer them, a folder for each method of simulation.

Models and `qglc explain` use it; it knows circuits, passes and queries, and no JAX.
"""
