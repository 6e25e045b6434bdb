"""Statements of a model to operations: loops unrolled, layers expanded, gates applied, locality held.

Used by the checker alone; knows names, values and declarations.
"""
