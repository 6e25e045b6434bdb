"""Runs light cones, many classes of small circuits at once."""
