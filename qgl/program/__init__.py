"""The checked program: what a `.qgl` file means once names, constants and loops are gone.

Everything after the checker reads it; it knows the syntax only by spans.
"""
