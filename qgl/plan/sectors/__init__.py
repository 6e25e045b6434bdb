"""Circuits that conserve a charge, on the basis states of one sector.

Used by the planner alone.
"""
