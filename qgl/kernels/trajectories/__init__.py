"""Runs quantum trajectories."""
