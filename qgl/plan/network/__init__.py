"""A circuit as a tensor network, and its tensors in columns along a line.

Used by boundary contraction and by contraction along a path.
"""
