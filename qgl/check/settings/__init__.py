"""Objective, training and reports in their checked forms, held against data, registers and inputs.

Used by the checker, and by what trains and reports; knows calls and the checked program.
"""
