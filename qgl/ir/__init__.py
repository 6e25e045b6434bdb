"""The circuit graph, and what passes need to know of its operations.

Passes, the planner, the emitter and the drawings read it; it knows the checked program.
"""
