"""The numbers of a tensor network, from the inputs of the circuit."""
