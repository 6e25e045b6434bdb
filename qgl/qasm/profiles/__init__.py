"""A profile for each group of readers of OpenQASM 3."""
