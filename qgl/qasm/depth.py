"""How deep a sequence of statements is."""

from __future__ import annotations

from collections.abc import Iterable


class Layers:
    """Each statement goes to the first layer in which its qubits and bits are free of earlier ones."""

    def __init__(self) -> None:
        self.depth = 0
        self.clock: dict[int, int] = {}  # qubit -> layers that it has been used in, the last of them
        self._bits: dict[str, int] = {}

    def put(self, qubits: Iterable[int], bits: Iterable[str] = ()) -> None:
        """A statement on these qubits that reads or writes these bits."""
        qubits, bits = tuple(qubits), tuple(bits)
        layer = 1 + max((*(self.clock.get(q, 0) for q in qubits), *(self._bits.get(b, 0) for b in bits)), default=0)
        self.clock.update(dict.fromkeys(qubits, layer))
        self._bits.update(dict.fromkeys(bits, layer))
        self.depth = max(self.depth, layer)
