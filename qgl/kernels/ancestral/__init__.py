"""Runs Bayesian networks of qubits: each bit's distribution from the bits that control it."""
