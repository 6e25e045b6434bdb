"""Training states and weights as safetensors: named leaves with text beside them, in one file written whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import DamagedRun

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
        found = leaves[name]
        if found.shape != leaf.shape or found.dtype != leaf.dtype:
            reason = f"{name} is {found.dtype}{list(found.shape)}, not {leaf.dtype}{list(leaf.shape)}"
            raise QglError([DamagedRun(None, str(path), reason)])
    return jax.tree.unflatten(structure, [leaves[name] for name in names])


def encode(leaves: Mapping[str, NDArray[Any]], text: Mapping[str, str]) -> bytes:
    """The bytes of a safetensors file, the same for the same content.

    `text` goes under one key: safetensors writes several in an order of chance.
    """
    from safetensors.numpy import save

    header = {_TEXT: json.dumps(dict(text), sort_keys=True)}
    data: bytes = save({name: np.array(leaf, order="C") for name, leaf in leaves.items()}, metadata=header)
    return data


def read(path: Path) -> tuple[Leaves, dict[str, str]]:
    """Arrays and text of a safetensors file.

    Raises:
        QglError: the file is not one.
        FileNotFoundError: there is no such file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as file:
            leaves = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- not a mapping
            return leaves, json.loads(file.metadata()[_TEXT])
    except (SafetensorError, KeyError, TypeError) as error:
        raise QglError([DamagedRun(None, str(path), str(error))]) from error
