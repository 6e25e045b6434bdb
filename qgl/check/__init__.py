"""The checker: the tree to the checked program, every fault of a file in one run.

`checker.py` reads like a table of contents. Later stages use `settings` and `calls`, and nothing else of it.
"""
