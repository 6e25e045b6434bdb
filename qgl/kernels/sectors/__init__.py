"""Runs circuits within a sector of a conserved charge."""
