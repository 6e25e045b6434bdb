"""Matrix product states that are fitted to strings, and circuits that begin as they are; NumPy and SciPy only."""
