"""Local maps that a state of data gives: reduced states prepared, and what recovers a region from a part of it."""
