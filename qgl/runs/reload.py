"""The model of a run, from its folder alone or from the file that it began with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from qgl.compiler import analyse
from qgl.data.environment import FolderEnvironment, open_program
from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import DamagedRun
from qgl.diagnostics.stages import StageOfRun
from qgl.model import Model
from qgl.runs import manifest as manifests
from qgl.runs.data import RunEnvironment
from qgl.runs.files import plain
from qgl.source import Source


def model_of(folder: str | Path) -> Model:
    """The model that a run folder holds; no file outside of the folder is read.

    Raises:
        QglError: the folder is not a run, or is damaged.
    """
    folder = Path(folder)
    facts = manifests.load(folder)
    if "stage" in facts:
        return _stage(model_of(folder.absolute().parent.parent), folder, facts)
    name = Path(facts["program"]["name"]).name
    environment = RunEnvironment(folder, manifests.identity(facts))
    _refuse_edited(environment.folder, facts["program"]["files"])
    source = Source(facts["program"]["name"], facts["program"]["files"][name]["text"])
    environment.adopt(source, environment.folder / name)
    return _checked(source, environment, facts)


def model_to_resume(folder: str | Path, program: str | Path | None = None) -> Model:
    """The model with which to go on with a run: from `program`, else the file that the run began with.

    So a program or data set that changed meanwhile is seen, and refused by `train`. If the file is gone, the run
    folder's copy serves.
    """
    facts = manifests.load(Path(folder))
    if "stage" in facts:
        raise QglError([StageOfRun(None, str(folder), str(Path(folder).absolute().parent.parent))])
    path = program or facts["program"]["path"]
    if path is None or (program is None and not Path(path).is_file()):
        return model_of(folder)
    source, environment = open_program(Path(path))
    return _checked(source, environment, facts)


def _stage(model: Model, folder: Path, facts: manifests.Manifest) -> Model:
    """The model of a stage, of that of its run.

    Raises:
        QglError: the folder is no stage of that run (QGL0904).
    """
    if facts["program"]["sha256"] != manifests.digest(model.files) or facts["stage"] >= len(model.stages):
        raise QglError([DamagedRun(None, str(folder), "it is no stage of the run in the folder around it")])
    return model.stages[facts["stage"]]


def _checked(source: Source, environment: FolderEnvironment, facts: manifests.Manifest) -> Model:
    """The model of a text with the constants and precision of a manifest.

    The program knows which constants there are and what they may be; `loads` would take some names for its own.
    """
    analysed = analyse(source, environment, facts["constants"])
    return Model(analysed.program, precision=facts["precision"], warnings=analysed.warnings, files=environment.texts)


def _refuse_edited(folder: Path, files: Mapping[str, Mapping[str, str]]) -> None:
    """Makes sure that the copies of the program's files are those that the run began with.

    Raises:
        QglError: one is not, or is not there (QGL0904).
    """
    for name, file in files.items():
        try:
            text = plain.read(folder / name).decode()
        except (FileNotFoundError, ValueError):
            text = ""
        if text != file["text"]:
            raise QglError([DamagedRun(None, str(folder / name), "it is not the text that the run began with")])
