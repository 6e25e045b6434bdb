"""Runs contractions of tensor networks along a path."""
