"""Comparison of two ensembles of quantum states: how alike two states are, discrepancy, optimal transport."""
