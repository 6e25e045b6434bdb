"""Strategies of training: each is a state of arrays and a step, and a line in `table.py`.

The loop uses them; they know models and the settings of a program.
"""
