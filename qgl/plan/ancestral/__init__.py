"""Bits one after another: wires that are turned under controls alone make a Bayesian network, of any width."""
