"""The model of a run, from its folder alone or from the file that it began with."""

from __future__ import annotations

from pathlib import Path

from qgl.data.environment import open_program
from qgl.model import Model, loads
from qgl.source import Source
from qgl.train import manifest as manifests
from qgl.train.run_data import RunEnvironment


def model_of(folder: str | Path) -> Model:
    """The model that a run folder holds; no file outside of the folder is read.

    Raises:
        QglError: the folder is not a run, or is damaged.
    """
    folder = Path(folder)
    facts = manifests.load(folder)
    name = Path(facts["program"]["name"]).name
    environment = RunEnvironment(folder)
    source = Source(facts["program"]["name"], facts["program"]["files"][name]["text"])
    environment.adopt(source, environment.folder / name)
    return loads(source, environment, precision=facts["precision"], **facts["constants"])


def model_to_resume(folder: str | Path, program: str | Path | None = None) -> Model:
    """The model with which to go on with a run: from `program`, else the file that the run began with.

    So a program or data set that changed meanwhile is seen, and refused by `train`. If the file is gone, the run
    folder's copy serves.
    """
    facts = manifests.load(Path(folder))
    path = program or facts["program"]["path"]
    if path is None or (program is None and not Path(path).is_file()):
        return model_of(folder)
    source, environment = open_program(Path(path))
    return loads(source, environment, precision=facts["precision"], **facts["constants"])
