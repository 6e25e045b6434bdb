"""The language server: what `qgl.editor` knows, by the Language Server Protocol over standard input and output.

Loaded by `qglc lsp` alone, with the packages of the extra `lsp`.
"""
