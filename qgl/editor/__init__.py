"""What an editor asks of a text while it is written: faults, names, words that fit, forms. No protocol and no screen.

Each module answers one kind of question about an `Analysis` in offsets and plain records; `qgl.lsp` hands the answers
to editors. Words of the language come from the tables that the checker and the reference are made from.
"""
