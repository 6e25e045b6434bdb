"""What a program calls by name outside of circuits: tables of arguments with types, defaults and documentation.

Read by the rest of the checker, the documents and the implementations; knows the diagnostics alone.
"""
