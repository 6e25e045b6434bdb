"""IQP circuits: Z words as averages over strings of bits, exact or by sampling.

Used by the planner alone.
"""
