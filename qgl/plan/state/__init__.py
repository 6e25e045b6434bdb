"""Full states: the circuit as a state vector or a density matrix, and the tables that both are lowered to.

Used by the planner and by methods that run small circuits as full states.
"""
