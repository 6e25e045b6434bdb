"""`qglc`: a verb a file, and what verbs share.

Stands above all but `qgl.api`; only `qgl.notebook`, which shows its tables, imports it.
"""
