"""The data sets of a run as bits in its folder, so that the folder alone gives the model back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.check.environment import NONE
from qgl.data.environment import FolderEnvironment
from qgl.data.sources import rule_of
from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import DamagedRun
from qgl.program.calls.data_sources import DataCall
from qgl.program.labels import Labels
from qgl.program.program import DataSet
from qgl.program.transforms import of_arrays, to_arrays
from qgl.runs.files import checkpoint

FILE = "data.safetensors"


def encode(data: Mapping[str, DataSet], run: str = "") -> bytes:
    """Data sets as a safetensors file of the `run` with this identity; rows are packed eight bits to a byte."""
    leaves: checkpoint.Leaves = {}
    facts = {}
    for name, item in data.items():
        leaves[f"{name}/rows"] = np.packbits(item.rows, axis=1)
        leaves[f"{name}/weights"] = item.weights
        if item.conditions is not None:
            leaves[f"{name}/conditions"] = item.conditions
        if item.state is not None:  # as real and imaginary parts: safetensors has no complex128
            leaves[f"{name}/state"] = np.stack([item.state.real, item.state.imag])
        if item.states is not None:
            leaves[f"{name}/states"] = np.stack([item.states.real, item.states.imag])
        if item.bases is not None:
            leaves[f"{name}/bases"] = item.bases
        if item.numbers is not None:
            leaves[f"{name}/numbers"] = item.numbers
        for k, step in enumerate(item.undo):
            leaves |= {f"{name}/undo/{k}/{part}": array for part, array in to_arrays(step).items()}
        facts[name] = {
            "width": item.width,
            "exact": item.exact,
            "sha256": item.sha256,
            "description": item.description,
            "picture": item.picture,
            "integer": item.integer,
            "categories": item.categories,
            "undo": [sorted(to_arrays(step)) for step in item.undo],
            "columns": item.columns,
            "labels": None if item.labels is None else [item.labels.column, item.labels.names],
        }
    return checkpoint.encode(leaves, {"data": json.dumps(facts), "run": run})


def decode(path: Path, run: str | None = None) -> dict[str, DataSet]:
    """The data sets in a file that `encode` made, of the run with this identity.

    Raises:
        QglError: it is damaged, or of another run (QGL0904).
    """
    leaves, text = checkpoint.read(path, run)
    try:
        return _of(leaves, json.loads(text["data"]))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise QglError([DamagedRun(None, str(path), f"it holds no data sets ({error})")]) from error


def _of(leaves: checkpoint.Leaves, found: Mapping[str, Any]) -> dict[str, DataSet]:
    return {
        name: DataSet(
            name=name,
            rows=np.unpackbits(leaves[f"{name}/rows"], axis=1, count=facts["width"]),
            weights=leaves[f"{name}/weights"],
            conditions=leaves.get(f"{name}/conditions"),
            exact=facts["exact"],
            sha256=facts["sha256"],
            description=facts["description"],
            picture=tuple(facts["picture"]) if facts["picture"] else None,
            state=_complex(leaves.get(f"{name}/state")),
            states=_complex(leaves.get(f"{name}/states")),
            integer=facts.get("integer", False),
            numbers=leaves.get(f"{name}/numbers"),
            undo=tuple(
                of_arrays({part: leaves[f"{name}/undo/{k}/{part}"] for part in parts})
                for k, parts in enumerate(facts.get("undo", ()))
            ),
            categories=tuple(map(tuple, facts["categories"])) if facts.get("categories") else None,
            columns=tuple(facts.get("columns", ())),
            labels=_labels(facts.get("labels")),
            bases=leaves.get(f"{name}/bases"),
        )
        for name, facts in found.items()
    }


def _labels(facts: list[Any] | None) -> Labels | None:
    if facts is None:
        return None
    column, names = facts
    return Labels(str(column), tuple(map(str, names)))


def _complex(parts: NDArray[np.float64] | None) -> NDArray[np.complex128] | None:
    return None if parts is None else parts[0] + 1j * parts[1]


class RunEnvironment(FolderEnvironment):
    """The world of a program in a run folder: its imports lie beside it, its data are those that the run began with."""

    def __init__(self, run: Path, identity: str) -> None:
        super().__init__(run / "program")
        self._file = run / FILE
        self._data = decode(self._file, identity) if self._file.exists() else {}

    def load_data(self, name: str, call: DataCall, declared: Mapping[str, DataSet] = NONE) -> DataSet:
        if name not in self._data:
            raise QglError([DamagedRun(None, str(self._file), f"it has no data set `{name}`")])
        return replace(self._data[name], rule=rule_of(call, declared))
