"""What a circuit conserves, which basis states that leaves open, and rows of data that it rules out."""
