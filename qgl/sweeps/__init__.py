"""Sweeps of constants: a run for each point of a grid, trained side by side, and one table of all."""
