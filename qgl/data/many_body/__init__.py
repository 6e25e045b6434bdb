"""States of Hamiltonians as data."""
