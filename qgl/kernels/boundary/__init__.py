"""Runs boundary contractions: likelihoods, samples and Pauli words, column by column."""
