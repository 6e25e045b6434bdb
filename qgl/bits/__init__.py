"""Distributions over strings of bits, Z words on them, which bits are near, and rows of whole numbers: NumPy only.

The checker, data sets, objectives and reports use it; it uses the checked program alone.
"""
