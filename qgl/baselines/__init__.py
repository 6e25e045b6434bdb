"""Baselines: classical models that are fitted to the rows of the objective and measured beside the circuit."""

from qgl.baselines.fit import Fitted, distributions, fitted, missing, of_classes

__all__ = ["Fitted", "distributions", "fitted", "missing", "of_classes"]
