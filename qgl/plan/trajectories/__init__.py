"""Quantum trajectories: pure states whose environment is measured as it leaves.

Used by the planner alone.
"""
