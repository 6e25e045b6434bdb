"""The manifest of a run: everything that is needed to repeat it, and how far it came."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import jax

from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import NotARun, RunChanged
from qgl.program.calls.call import Call, Kind, arguments, parameters
from qgl.program.calls.operators import Spins, SpinTerms
from qgl.program.calls.strategies import STRATEGIES, OwnStrategy
from qgl.program.program import Program, TrainSettings
from qgl.runs.files import sealed
from qgl.runs.shapes.manifest_shape import MAY_CHANGE, digest, identity, manifest_fault
from qgl.runs.shapes.settings_shape import CALLS_OF
from qgl.source import Span
from qgl.version import __version__

__all__ = ["digest", "identity"]
FORMAT = 2  # since 0.1.0 had checksums
Manifest = dict[str, Any]
_SECRET = re.compile(r"(token|password|passwd|secret|credential|api.?key)", re.IGNORECASE)


def describe(
    program: Program, files: Mapping[str, str], settings: TrainSettings, precision: str, command: Sequence[str]
) -> Manifest:
    """The manifest of a run that begins now. `files` are the texts of the program and its imports by name."""
    of_stages: dict[str, Any] = {}
    if program.stages:
        of_stages["stages"] = [str(each.stage.label) for each in program.stages if each.stage]
        of_stages["goal"] = sum(each.train.steps for each in program.stages)
    if program.stage is not None:
        of_stages["stage"] = program.stage.number
    return {
        "format": FORMAT,
        "status": "running",
        "reason": "",
        "step": 0,
        "goal": settings.steps,
        "measurements": 0,
        "program": {
            "name": program.source.name,
            "path": _place(program.source.name),
            "sha256": digest(files),
            "files": {name: {"sha256": sha256(text), "text": text} for name, text in files.items()},
        },
        "constants": dict(program.constants),
        "data": {
            name: {
                "sha256": data.sha256,
                "description": data.description,
                "rows": int(data.rows.shape[0]),
                "width": data.width,
            }
            for name, data in program.data.items()
        },
        "settings": settings_to_json(settings),
        "precision": precision,
        "versions": versions(),
        "machine": machine(),
        "command": without_secrets(command),
        "sessions": [],
        **of_stages,
    }


def refuse_changes(before: Manifest, now: Manifest) -> None:
    """Makes sure that a run goes on as what it began as.

    Raises:
        QglError: with every difference (QGL0902).
    """
    faults = []
    if before["program"]["sha256"] != now["program"]["sha256"]:
        faults.append(
            RunChanged(None, "the program", _short(before["program"]["sha256"]), _short(now["program"]["sha256"]))
        )
    for name in sorted({*before["data"], *now["data"]}):
        old, new = (m["data"].get(name, {}).get("sha256", "absent") for m in (before, now))
        if old != new:
            faults.append(RunChanged(None, f"the data set `{name}`", _short(old), _short(new)))
    for name in sorted({*before["constants"], *now["constants"]}):
        old, new = (m["constants"].get(name, "absent") for m in (before, now))
        if old != new:
            faults.append(RunChanged(None, f"the constant `{name}`", str(old), str(new)))
    settings = [{**m["settings"], "precision": m["precision"]} for m in (before, now)]
    for name in settings[0]:
        if name not in MAY_CHANGE and settings[0][name] != settings[1].get(name):
            old, new = (json.dumps(s.get(name)) for s in settings)
            faults.append(RunChanged(None, f"the setting `{name}`", old, new))
    if faults:
        raise QglError(faults)


def settings_to_json(settings: TrainSettings) -> dict[str, Any]:
    """Settings as plain values; spans are left out."""
    return {f.name: _to_json(getattr(settings, f.name)) for f in fields(settings) if f.name != "span"}


def settings_from_json(value: Mapping[str, Any], default: TrainSettings, place: Span) -> TrainSettings:
    """The inverse of `settings_to_json`; spans are `place`."""
    return replace(default, **{name: _from_json(item, CALLS_OF.get(name), place) for name, item in value.items()})


def load(folder: Path) -> Manifest:
    """The manifest in a run folder.

    Raises:
        QglError: the folder is not a run, is damaged, or is of a later version of qgl (QGL0901, QGL0904); or of an
            earlier one that knew no checksums (QGL0912).
    """
    if folder.is_file():
        what = "a program" if folder.suffix == ".qgl" else "a file"
        raise QglError([NotARun(None, str(folder), f"it is {what}, and a run is a folder")])
    if (folder / "sweep.json").is_file() and not (folder / "manifest.json").exists():
        reason = "it is a sweep, whose points are the runs in it; `qglc evaluate` says which is best"
        raise QglError([NotARun(None, str(folder), reason)])
    return sealed.identified(
        folder, "manifest.json", "versions", FORMAT, manifest_fault, partial(NotARun, None, str(folder))
    )


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def versions() -> dict[str, str]:
    versions = {name: metadata.version(name) for name in ("jax", "jaxlib", "optax", "numpy")}
    return {"qgl": __version__, **versions, "python": platform.python_version()}


def machine() -> dict[str, Any]:
    device = jax.devices()[0]
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "backend": jax.default_backend(),
        "device": device.device_kind,
    }


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def without_secrets(command: Sequence[str]) -> list[str]:
    """A command line with the values of options that sound like secrets left out."""
    shown, hide = [], False
    for option in command:
        name, equals, _ = option.partition("=")
        secret = bool(_SECRET.search(name))
        shown.append("***" if hide else f"{name}=***" if secret and equals else option)
        hide = secret and not equals and option.startswith("-")
    return shown


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or sys.platform


def _place(name: str) -> str | None:
    """Where the program's file lies; None for text that was never a file."""
    path = Path(name)
    return str(path.resolve()) if path.is_file() else None


def _short(value: str) -> str:
    return value[:16]


def _to_json(value: Any) -> Any:
    if isinstance(value, Call):
        return {"call": value.name, "arguments": {name: _to_json(item) for name, item in arguments(value).items()}}
    if isinstance(value, tuple | list):
        return [_to_json(item) for item in value]
    return value.plain if isinstance(value, SpinTerms) else value


def _from_json(value: Any, kind: Kind[Any] | None, place: Span) -> Any:
    """A setting, or an argument of one, whose calls are of `kind`."""
    if isinstance(value, list):
        return tuple(_from_json(item, kind, place) for item in value)
    if not isinstance(value, dict) or kind is None:
        return value
    if kind is STRATEGIES and value["call"] not in kind.table:
        return OwnStrategy(value["call"], span=place)
    callee = kind.table[value["call"]]
    known = {parameter.name: parameter for parameter in parameters(callee)}
    given = {
        name: SpinTerms.of_plain(item)
        if item is not None and isinstance(known[name].type, Spins)
        else _from_json(item, known[name].calls, place)
        for name, item in value["arguments"].items()
    }
    return callee(**given, span=place)
