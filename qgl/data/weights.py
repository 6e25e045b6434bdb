"""What a run handed out, as its folder has it: arrays by name in a safetensors file with a checksum of itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError, plural
from qgl.diagnostics.tables import BadArchive
from qgl.program.calls.data_sources import RunWeights

TEXT, SEAL = "qgl", "sha256"  # of the header: where the text is, and its checksum in it
FILE = "weights.safetensors"
_BEST = "best/"  # before the names of parameters of the best seed


def seal_of(leaves: Mapping[str, NDArray[Any]], text: Mapping[str, str]) -> str:
    """A hash of names, types, shapes and bytes of all leaves, and of the text."""
    digest = hashlib.sha256(json.dumps(dict(text), sort_keys=True).encode())
    for name in sorted(leaves):
        leaf = leaves[name]
        digest.update(json.dumps([name, leaf.dtype.str, leaf.shape]).encode())
        digest.update(np.ascontiguousarray(leaf).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def handed_out(content: bytes, call: RunWeights) -> NDArray[np.float64]:
    """The numbers of a parameter of the best seed of a run, in its shape, as they are stored.

    Raises:
        QglError: QGL0609, these are no weights of a run, they are not what was written, or it has no such parameter.
    """
    from safetensors.numpy import load

    def fault(why: str) -> QglError:
        return QglError([BadArchive(call.span, call.path, why)])

    try:
        leaves = load(content)
        length = int.from_bytes(content[:8], "little")
        text = dict(json.loads(json.loads(content[8 : 8 + length])["__metadata__"][TEXT]))
    except MemoryError:
        raise
    except Exception as error:  # of safetensors, of JSON, of types that NumPy lacks: each has kinds of its own
        raise fault(f"these are no weights of a run ({type(error).__name__})") from None
    if text.pop(SEAL, None) != seal_of(leaves, text):
        raise fault("it is not what was written: its checksum does not fit")
    names = [name.removeprefix(_BEST) for name in leaves if name.startswith(_BEST)]
    if call.parameter not in names:
        listed = ", ".join(f"`{name}`" for name in names[:10])
        raise fault(f"the run has no `{call.parameter}`; it handed out {listed or plural(0, 'parameter')}")
    return np.asarray(leaves[_BEST + call.parameter], np.float64)
