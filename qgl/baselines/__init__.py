"""Baselines: classical models that are fitted to the rows of the objective and measured beside the circuit."""

from qgl.baselines.fit import Fitted, fitted, laws, missing

__all__ = ["Fitted", "fitted", "laws", "missing"]
