"""Runs IQP circuits: averages of phases over strings of bits."""
