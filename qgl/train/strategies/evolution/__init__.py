"""CMA-ES: the strategy, and its steps."""
