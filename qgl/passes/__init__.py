"""Circuit to circuit, a pass a file; each says what is valid before and after it.

The planner, the emitter and the fitting to machines use them; they know the circuit graph.
"""
