"""Names and files: what a name refers to, before anything has a value.

Used by the other parts of the checker; knows the tree and the diagnostics.
"""
