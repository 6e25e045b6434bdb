"""Runs full states: tables of steps on a state vector or a density matrix, and their gradients."""
