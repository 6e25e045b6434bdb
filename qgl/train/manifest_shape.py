"""What the entries of a manifest are, so that one that was damaged or edited is refused at its place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from types import NoneType
from typing import Any

_SHAPE: dict[str, Any] = {
    "status": str,
    "reason": str,
    "step": int,
    "goal": int,
    "program": {
        "name": str,
        "path": (str, NoneType),
        "sha256": str,
        "files": [{"sha256": str, "text": str}],
    },
    "constants": dict,
    "data": [{"sha256": str}],
    "settings": dict,
    "settings_sha256": str,
    "precision": ("single", "double"),
    "versions": {"qgl": str},
    "sessions": list,
}
_SESSION = {"seconds": (int, float)}
_LEAST = {"step": 0, "goal": 1}


def fault(manifest: Mapping[str, Any]) -> str:
    """What is wrong with the first entry that is not as it should be, "" for a sound manifest."""
    found = _fault(manifest, _SHAPE, "")
    if found:
        return found
    if manifest["program"]["name"].rpartition("/")[2] not in manifest["program"]["files"]:
        return "`program.files` has no text of the program"
    if seal(manifest["settings"]) != manifest["settings_sha256"]:
        return "`settings` are not those that the run began with"
    return next(filter(None, (_fault(each, _SESSION, "sessions") for each in manifest["sessions"])), "")


def seal(settings: Mapping[str, Any]) -> str:
    """A hash of settings: nobody but a new run may set them."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def _fault(value: Any, shape: Any, place: str) -> str:
    """A dictionary stands for entries with these names, a list for any names, a tuple for a choice."""
    if isinstance(shape, dict | list):
        if not isinstance(value, dict):
            return f"`{place}` is no object"
        shapes = shape if isinstance(shape, dict) else dict.fromkeys(value, shape[0])
        inner = f"{place}." if place else ""
        missing = next((f"`{inner}{name}` is missing" for name in shapes if name not in value), "")
        return missing or next(filter(None, (_fault(value[k], s, inner + k) for k, s in shapes.items())), "")
    choices = shape if isinstance(shape, tuple) else (shape,)
    if not any(value == choice or type(value) is choice for choice in choices):
        return f"`{place}` cannot be {str(value)[:40]!r}"
    if value is not None and place in _LEAST and value < _LEAST[place]:
        return f"`{place}` cannot be {value}"
    return ""
