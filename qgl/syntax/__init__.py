"""Text to tree, and tree to canonical text.

The checker and `qglc fmt` use it; it knows diagnostics alone.
"""
