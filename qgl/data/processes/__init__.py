"""Data that are pushed through a layer or channel of the program: a batch of states, simulated exactly with NumPy."""
