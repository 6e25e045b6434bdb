"""From OpenQASM 3 to a program: `program_of` gives the text of a `.qgl` file with the same distribution.

`syntax` parses with the reference parser, `numbers` turns expressions, `gates` applications of gates, `translate` the
rest. `qglc import` uses it, and checks what it gives as it checks any program.
"""

from qgl.qasm.reading.translate import program_of

__all__ = ["program_of"]
