"""`qglc`: a verb a file, and what verbs share.

Stands above all but `qgl.api`; nothing imports it.
"""
