"""Boundary contraction: circuits of small bond along a line, contracted column by column.

Used by the planner alone.
"""
