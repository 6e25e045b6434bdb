"""Training: from a model and its settings to a run.

The command line, sweeps and `Model.train` use it; it knows models, runs and reports.
"""
