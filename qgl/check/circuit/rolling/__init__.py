"""Loops and registers that are kept rolled up: all rounds of a statement are read at once, as arrays.

Whatever is not plainly the same in every round, or has a fault in one of them, is left to the ordinary way, round by
round, which says what is wrong and where.
"""
