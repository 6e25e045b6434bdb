"""Gate-by-gate sampling: bits of all qubits from amplitudes of the circuit's beginnings, in sweeps along a line."""
