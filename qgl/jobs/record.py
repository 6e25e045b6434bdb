"""What is known of a job: what was asked, what is sent for it, and how far it came. Kept as `job.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from types import NoneType
from typing import Any, Literal, get_args

from qgl.runs.files import sealed
from qgl.runs.shapes.entries import Bounded, Named, Several, fault

FORMAT = 2  # since 0.1.0 had checksums
MOST_PARTS = 1024
State = Literal["planned", "running", "sending", "sent", "done", "failed"]
Role = Literal["samples", "readout", "word"]
_COUNT, _NUMBER = Bounded(1, 10**9), Bounded(-1e308, 1e308, real=True)
_SHAPE: dict[str, Any] = {
    **dict.fromkeys(("id", "tag", "key", "service", "said"), str),
    "request": {
        "engine": str,
        "shots": _COUNT,
        "seed": Bounded(),
        "max_qubits": (NoneType, _COUNT),
        "condition": (NoneType, Several(_NUMBER)),
        "readout": bool,
        "words": Several(str),
        "scales": Several(_COUNT),
        "repeat": Bounded(),
        "outputs": bool,
    },
    "model": {"weights": str, "step": Bounded(), "width": Bounded(1, 1 << 20)},
    "items": Several(
        {
            "role": get_args(Role),
            "shots": _COUNT,
            "row": Bounded(),
            "file": str,
            "sha256": str,
            "bit": Bounded(0, 1),
            "basis": str,
            "scale": _COUNT,
        }
    ),
    "parts": Bounded(1, MOST_PARTS),
    "outputs": list,
    "settings": dict,
    "figures": Named((NoneType, _NUMBER)),
    "versions": Named(str),
    "state": get_args(State),
    "times": Named(str),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asks an engine for.

    shots       strings of the model's distribution; each calibration and each basis of Pauli words takes as many again
    condition   inputs of a conditional model
    readout     whether to calibrate readout, so that distributions can be mitigated
    words       Pauli words whose expectations are wanted, a letter of IXYZ for each visible qubit
    scales      of the noise, odd, for zero-noise extrapolation of the Pauli words; empty without it
    repeat      0 for the first time; requests that differ in it alone differ in their random numbers
    outputs     whether numbers of the program's outputs are wanted in place of strings; each circuit has `shots` then
    """

    engine: str
    shots: int
    seed: int = 0
    max_qubits: int | None = None
    condition: tuple[float, ...] | None = None
    readout: bool = False
    words: tuple[str, ...] = ()
    scales: tuple[int, ...] = ()
    repeat: int = 0
    outputs: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """Strings of one circuit.

    row      of the task: the element of a mixture that the circuit is of, 0 without `latent` inputs
    file     with its text, "" for an engine that takes none; `sha256` of that text
    bit      what all qubits are prepared in (role "readout")
    basis    letters that are measured, one of XYZ for each visible qubit (role "word")
    scale    of the noise (role "word")
    """

    role: Role
    shots: int
    row: int = 0
    file: str = ""
    sha256: str = ""
    bit: int = 0
    basis: str = ""
    scale: int = 1


@dataclass(frozen=True)
class Job:
    """A job as its folder has it.

    tag        what the service can find it by
    key        hash of the request, the program and the weights: what makes two jobs the same
    model      of what: `program` and `weights` (hashes), `step` of the training, `width` of a string
    parts      how many parts of its shots it is run in, by a local engine
    outputs    of each item, and `settings` and `figures`: as in `qgl.hardware.engines.engine.Payload`
    service    the service's name of the job, "" if it is not known to have arrived
    said       what the engine said last
    times      when each state began, in UTC; of `sending`, when it was last seen to go on
    """

    id: str
    tag: str
    key: str
    request: Request
    model: Mapping[str, Any]
    items: tuple[Item, ...]
    parts: int
    outputs: tuple[Any, ...]
    settings: Mapping[str, Any]
    figures: Mapping[str, float | int | None]
    versions: Mapping[str, str]
    state: State = "planned"
    service: str = ""
    said: str = ""
    times: Mapping[str, str] = field(default_factory=dict)

    @property
    def shots(self) -> int:
        """Strings of all items."""
        return sum(item.shots for item in self.items)

    def at(self, state: State, when: str, **changes: Any) -> Job:
        """The job in another state."""
        return replace(self, state=state, times={**self.times, state: when}, **changes)


def key_of(request: Request, program: str, weights: str) -> str:
    """What two jobs have in common that ask for the same."""
    wanted = asdict(request)
    if not request.outputs:  # as before there were such
        del wanted["outputs"]
    asked = json.dumps([wanted, program, weights], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def to_json(job: Job) -> str:
    return sealed.document({"format": FORMAT, **asdict(job)})


def shape_fault(facts: Mapping[str, Any]) -> str:
    """What of the entries of a record is missing, unknown, or of another type or size; "" for a sound one."""
    facts = _complete(facts)
    unknown = set(facts) - {"format", sealed.SEAL, *(each.name for each in fields(Job))}
    return fault(facts, _SHAPE) or (f"`{min(unknown)[:40]}` is unknown" if unknown else "")


def from_facts(facts: Mapping[str, Any]) -> Job:
    """The job of a record that has its shape: the inverse of `to_json`, once that is read.

    Raises:
        ValueError: with what is wrong, for anything that `to_json` has not written.
    """
    facts = _complete(facts)
    known = {each.name: facts[each.name] for each in fields(Job)}
    request = {each.name: _tuple(facts["request"][each.name]) for each in fields(Request)}
    items = tuple(Item(**{each.name: item[each.name] for each in fields(Item)}) for item in facts["items"])
    job = Job(**{**known, "request": Request(**request), "items": items, "outputs": tuple(facts["outputs"])})
    wrong = _fault(job)
    if wrong:
        raise ValueError(wrong)
    return job


def _complete(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record with what those that were written earlier do not say."""
    request = facts.get("request")
    return {**facts, "request": {"outputs": False, **request}} if isinstance(request, dict) else facts


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _fault(job: Job) -> str:
    """What of a job cannot be, "" for a sound one."""
    if not job.items or len(job.outputs) not in (0, len(job.items)):
        return "`items` and `outputs` do not belong together"
    if any(len(pauli_word) != job.model["width"] or set(pauli_word) - set("IXYZ") for pauli_word in job.request.words):
        return "`request.words` are no Pauli words of the model's strings"
    for number, item in enumerate(job.items):
        if len(item.basis) not in (0, job.model["width"]) or set(item.basis) - set("XYZ"):
            return f"`items[{number}].basis` is no basis of the model's strings"
        if "/" in item.file or "\0" in item.file or item.file.startswith("."):
            return f"`items[{number}].file` is no file of the job"
    return ""
