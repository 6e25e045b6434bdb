"""What a program calls by name outside of circuits: a record for each callable, whose fields are its arguments.

The records are the only list of these names, types, defaults and descriptions; everything that follows may read them.
"""
