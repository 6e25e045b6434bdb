"""Reports: measured quantities of a trained model, exact or from samples, beside floor and baselines."""

from qgl.evaluate.exact import evaluate
from qgl.evaluate.row import Row
from qgl.evaluate.sampled import evaluate_samples

__all__ = ["Row", "evaluate", "evaluate_samples"]
