"""What is measured of states rather than of strings: one state, and ensembles of them."""
