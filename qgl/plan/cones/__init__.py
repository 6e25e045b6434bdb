"""Light cones: Pauli words and regions of a wide circuit from the small circuits that they depend on.

Used by the planner alone.
"""
