"""Training states and weights as safetensors: named leaves with text beside them, in one file written whole.

The text has a checksum of itself and of all leaves, which is compared whenever the file is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from qgl.data.weights import seal_of
from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import DamagedRun
from qgl.runs.files import plain
from qgl.runs.files.sealed import CHANGED, SEAL

_TEXT = "qgl"
Leaves = dict[str, NDArray[Any]]


def name_leaves(tree: Any) -> Leaves:
    """The arrays of a pytree by their path in it, such as `trained/theta` or `memory/0/mu/theta`."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {jax.tree_util.keystr(path, simple=True, separator="/"): np.asarray(leaf) for path, leaf in leaves}


def restore(leaves: Mapping[str, NDArray[Any]], shape: Any, path: Path) -> Any:
    """The pytree of the structure, shapes and types of `shape` whose leaves are `leaves`.

    Raises:
        QglError: an array is missing, left over, or of another shape or type.
    """
    expected, structure = jax.tree_util.tree_flatten_with_path(shape)
    names = [jax.tree_util.keystr(at, simple=True, separator="/") for at, _ in expected]
    if set(names) != set(leaves):
        raise QglError([DamagedRun(None, str(path), f"it lacks or has beyond: {sorted(set(names) ^ set(leaves))[:3]}")])
    for name, (_, leaf) in zip(names, expected, strict=True):
        array = leaves[name]
        if array.shape != leaf.shape or array.dtype != leaf.dtype:
            reason = f"{name} is {array.dtype}{list(array.shape)}, not {leaf.dtype}{list(leaf.shape)}"
            raise QglError([DamagedRun(None, str(path), reason)])
    return jax.tree.unflatten(structure, [leaves[name] for name in names])


def encode(leaves: Mapping[str, NDArray[Any]], text: Mapping[str, str]) -> bytes:
    """The bytes of a safetensors file, the same for the same content.

    `text` goes under one key: safetensors writes several in an order of chance.
    """
    from safetensors.numpy import save

    leaves = {name: np.array(leaf, order="C") for name, leaf in leaves.items()}
    header = {_TEXT: json.dumps({**text, SEAL: seal_of(leaves, text)}, sort_keys=True)}
    data: bytes = save(leaves, metadata=header)
    return data


def read(path: Path, run: str | None = None) -> tuple[Leaves, dict[str, str]]:
    """Arrays and text of a safetensors file that `encode` made.

    Args:
        run: the identity of the run whose file it should be, which its text names; None: of any.

    Raises:
        QglError: the file is none, or not as it was written.
        FileNotFoundError: there is no such file.
    """
    from safetensors import safe_open

    plain.reader(path, plain.ARRAY_BYTES).close()
    try:
        with safe_open(path, "np") as file:
            leaves = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- not a mapping
            text = dict(json.loads(file.metadata()[_TEXT]))
    except MemoryError:
        raise
    except Exception as error:  # of safetensors, of JSON, of types that NumPy lacks: each has kinds of its own
        raise QglError([DamagedRun(None, str(path), str(error))]) from error
    if text.pop(SEAL, None) != seal_of(leaves, text):
        raise QglError([DamagedRun(None, str(path), CHANGED)])
    if run is not None and text.get("run") != run:
        raise QglError([DamagedRun(None, str(path), "it is of another run")])
    return leaves, text


def hash_of(leaves: Mapping[str, Any]) -> str:
    """One hash of named arrays."""
    return seal_of({name: np.asarray(value) for name, value in leaves.items()}, {})
