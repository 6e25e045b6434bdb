"""Distributions over strings of bits, Z words on them, which bits are near: NumPy only.

The checker, data sets, objectives and reports use it; it uses the checked program alone.
"""
