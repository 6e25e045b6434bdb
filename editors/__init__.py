"""Support for editors. `python -m editors.generate` writes the grammars of highlighters from the real one."""
