"""What the entries of a manifest are, so that one that was damaged or edited is refused at its place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from types import NoneType
from typing import Any

from qgl.runs.shapes.entries import Bounded, Named, Several, fault
from qgl.runs.shapes.settings_shape import settings_fault

MAY_CHANGE = ("steps", "checkpoint", "time_limit")  # settings that a run can go on with other values of
_SECONDS = Bounded(0, 1e12, real=True)


def is_inside(name: str) -> bool:
    """Whether a name is that of a file in a folder or below, written plainly."""
    path = PurePosixPath(name)
    plain = bool(path.parts) and path.as_posix() == name and "\0" not in name
    return plain and not path.is_absolute() and ".." not in path.parts


_SHAPE: dict[str, Any] = {
    "status": ("running", "finished", "interrupted", "failed"),
    "reason": str,
    "step": Bounded(),
    "goal": Bounded(),
    "measurements": Bounded(),
    "program": {
        "name": str,
        "path": (str, NoneType),
        "sha256": str,
        "files": Named({"sha256": str, "text": str}, is_inside),
    },
    "constants": Named((str, bool, Bounded(-1e308, 1e308, real=True), list), str.isidentifier),
    "data": Named({"sha256": str, "description": str, "rows": Bounded(), "width": Bounded()}),
    "settings": dict,
    "precision": ("single", "double"),
    "versions": Named(str),
    "machine": dict,
    "command": Several(str),
    "sessions": Several({"seconds": _SECONDS, "started": str, "ended": str, "from": Bounded(), "to": Bounded()}),
}
_OF_SOME: dict[str, Any] = {  # of runs that are or have stages, that begin with given parameters, that keep a log
    "stages": Several(str, 1000),
    "stage": Bounded(0, 999),
    "start": bool,
    "log": ("tensorboard",),
}


def manifest_fault(manifest: Mapping[str, Any]) -> str:
    """What is wrong with the first entry that is not as it should be, "" for a sound manifest."""
    shape = _SHAPE | {name: _OF_SOME[name] for name in _OF_SOME if name in manifest}
    fault_text = fault(manifest, shape) or settings_fault(manifest["settings"])
    if fault_text:
        return fault_text
    program = manifest["program"]
    if program["name"].rpartition("/")[2] not in program["files"]:
        return "`program.files` has no text of the program"
    if "qgl" not in manifest["versions"]:
        return "`versions.qgl` is missing"
    for name, file in program["files"].items():
        if file["sha256"] != hashlib.sha256(file["text"].encode()).hexdigest():
            return f"the text of {name} is not the one that the run began with"
    texts = {name: file["text"] for name, file in program["files"].items()}
    return "" if program["sha256"] == digest(texts) else "`program.sha256` is not the hash of its files"


def digest(files: Mapping[str, str]) -> str:
    """One hash for a program with all of its imports, whatever folder they lie in."""
    each = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    joined = "".join(f"{name}\0{sha}\n" for name, sha in sorted(each.items()))
    return hashlib.sha256(joined.encode(errors="surrogatepass")).hexdigest()  # names of files may be any bytes


def identity(manifest: Mapping[str, Any]) -> str:
    """A hash of what a run is of, which stays as it is from its beginning on: all of its files are sealed for it."""
    data = {name: each["sha256"] for name, each in manifest["data"].items()}
    settings = {name: value for name, value in manifest["settings"].items() if name not in MAY_CHANGE}
    parts = [manifest["program"]["sha256"], manifest["constants"], data, settings, manifest["precision"]]
    parts += [manifest["stage"]] if "stage" in manifest else []
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
