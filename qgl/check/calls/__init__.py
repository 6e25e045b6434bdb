"""Reading what a program calls by name outside of circuits, and whether baselines and strategies go with the rest.

What there is to call, and with which arguments, the records of `qgl.program.calls` say.
"""
