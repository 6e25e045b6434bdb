"""Objectives of the numbers that outputs hand out."""
