"""What engines answer, held to what `qgl.hardware.engines.engine` says of it: anyone may write one.

An answer is checked before anything of it is kept, so that a fault is told in words, at the engine that made it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np

from qgl.diagnostics.hardware import WrongAnswer, WrongStrings
from qgl.diagnostics.model import QglError
from qgl.hardware.engines.engine import Payload, Status, Strings


def checked(name: str, answer: object, shots: Sequence[int], width: int) -> list[Strings]:
    """The answer of an engine, if it is an array of shape (shots, width) of bits for each of `shots`.

    Raises:
        QglError: QGL1108, it is no list of so many; QGL1106, one of them is something else.
    """
    rows = listed(name, answer, len(shots))
    for row, (found, count) in enumerate(zip(rows, shots, strict=True)):
        wanted = (count, width)
        if not isinstance(found, np.ndarray):
            raise QglError([WrongStrings(None, name, row, wanted, _what(found))])
        if found.shape != wanted or found.dtype != np.uint8:
            wording = f"{found.dtype} of shape {found.shape}"
            raise QglError([WrongStrings(None, name, row, wanted, wording)])
        if found.max(initial=0) > 1:
            raise QglError([WrongStrings(None, name, row, wanted, "numbers other than 0 and 1")])
    return rows


def listed(name: str, answer: object, rows: int) -> list[Any]:
    """The answer of an engine as a list of `rows` things.

    Raises:
        QglError: QGL1108, it is none.
    """
    wanted = f"a list of {rows} array{'s' * (rows != 1)} of strings"
    if not isinstance(answer, Sequence | np.ndarray) or isinstance(answer, str | bytes):
        raise QglError([WrongAnswer(None, name, "strings", _what(answer), wanted)])
    if len(answer) != rows:
        raise QglError([WrongAnswer(None, name, "strings", f"{len(answer)} of them", wanted)])
    return list(answer)


def packed(name: str, payload: object, rows: int) -> Payload:
    """What a remote engine would send, if it is a payload of `rows` texts that can be kept.

    Raises:
        QglError: QGL1108, it is not.
    """
    wanted = f"a `Payload` of {rows} text{'s' * (rows != 1)}"
    if not isinstance(payload, Payload):
        raise QglError([WrongAnswer(None, name, "a payload", _what(payload), wanted)])
    parts = {"texts": payload.texts, "shots": payload.shots, "outputs": payload.outputs}
    for part, values in parts.items():
        if not isinstance(values, Sequence) or isinstance(values, str) or len(values) != rows:
            raise QglError([WrongAnswer(None, name, "a payload", f"`{part}` that are not {rows}", wanted)])
    if not all(isinstance(text, str) for text in payload.texts):
        raise QglError([WrongAnswer(None, name, "a payload", "`texts` that are no strings", wanted)])
    try:
        json.dumps([payload.outputs, _plain(payload.settings), _plain(payload.figures)])
    except (TypeError, ValueError) as error:
        raise QglError([WrongAnswer(None, name, "a payload", f"what is no JSON ({error})", wanted)]) from error
    return payload


def named(name: str, job: object) -> str:
    """The service's name of a job that was sent.

    Raises:
        QglError: QGL1108, it is no name.
    """
    if not isinstance(job, str) or not job:
        raise QglError([WrongAnswer(None, name, "the name of a job", _what(job), "a string that is not empty")])
    return job


def stood(name: str, answer: object) -> tuple[Status, str]:
    """How far a job is.

    Raises:
        QglError: QGL1108, the answer is no status and words for it.
    """
    for status in get_args(Status):
        match answer:
            case [str(said), str(wording)] if said == status:
                return status, wording
    wanted = f"one of {', '.join(get_args(Status))} and words for it"
    raise QglError([WrongAnswer(None, name, "how far a job is", _what(answer), wanted)])


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise TypeError(f"{_what(values)} is no mapping")
    return dict(values)


def _what(found: object) -> str:
    """Something of the wrong kind, in words."""
    return "nothing" if found is None else f"an object of type `{type(found).__name__}`"
