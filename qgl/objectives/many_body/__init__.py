"""Objectives of states of many spins: energies, free energies, entropies."""
