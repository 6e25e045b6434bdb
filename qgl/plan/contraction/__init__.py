"""Tensor networks contracted along a path that is searched for.

Used by the planner, and by light cones too wide for a state.
"""
