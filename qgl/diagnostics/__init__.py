"""What can go wrong in a program or a run, and how it is shown."""
