"""What is known of a job: what was asked, what is sent for it, and how far it came. Kept as `job.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

FORMAT = 1
MOST_PARTS = 1024
State = Literal["planned", "running", "sending", "sent", "done", "failed"]
Role = Literal["samples", "readout", "word"]


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asks an engine for.

    shots       strings of the model's law; each calibration and each basis of words takes as many again
    condition   inputs of a conditional model
    readout     whether to calibrate readout, so that distributions can be mitigated
    words       Pauli words whose expectations are wanted, a letter of IXYZ for each visible qubit
    scales      of the noise, odd, for zero-noise extrapolation of the words; empty without it
    repeat      0 for the first time; requests that differ in it alone differ in their random numbers
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
    outputs    of each item, and `settings` and `figures`: as in `qgl.hardware.engine.Parcel`
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
    asked = json.dumps([asdict(request), program, weights], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def to_json(job: Job) -> str:
    return json.dumps({"format": FORMAT, **asdict(job)}, indent=2, ensure_ascii=False) + "\n"


def from_json(text: str) -> Job:
    """The inverse of `to_json`.

    Raises:
        ValueError: with what is wrong, for anything that `to_json` has not written.
    """
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is no JSON ({error})") from error
    if not isinstance(facts, dict) or not isinstance(facts.get("format"), int):
        raise ValueError("it is no record of a job")
    if facts.pop("format") > FORMAT:
        raise ValueError("it was made by a later version of qgl")
    try:
        request = Request(**{name: _tuple(value) for name, value in facts.pop("request").items()})
        items = tuple(Item(**item) for item in facts.pop("items"))
        job = Job(**facts, request=request, items=items)
    except (TypeError, AttributeError, KeyError) as error:
        raise ValueError(f"an entry is missing or unknown ({error})") from error
    wrong = _fault(job)
    if wrong:
        raise ValueError(wrong)
    return replace(job, outputs=tuple(job.outputs))


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _fault(job: Job) -> str:
    """What of a job cannot be, "" for a sound one."""
    texts: dict[str, Any] = {"id": job.id, "tag": job.tag, "key": job.key, "service": job.service, "said": job.said}
    for name, value in {**texts, "request.engine": job.request.engine}.items():
        if not isinstance(value, str):
            return f"`{name}` is no text"
    for name, value in {"times": job.times, "model": job.model, "settings": job.settings}.items():
        if not isinstance(value, dict):
            return f"`{name}` is no object"
    if not all(isinstance(value, str) for value in job.times.values()):
        return "`times` are no times"
    if not isinstance(job.figures, dict) or not isinstance(job.outputs, list | tuple):
        return "`figures` or `outputs` are not what they should be"
    if job.state not in get_args(State):
        return f"`state` cannot be {job.state!r}"
    if not isinstance(job.parts, int) or not 1 <= job.parts <= MOST_PARTS:
        return "`parts` is no number of parts"
    if not isinstance(job.model.get("width"), int) or not isinstance(job.model.get("weights"), str):
        return "`model` does not say of which strings and weights"
    if not job.items or len(job.outputs) not in (0, len(job.items)):
        return "`items` and `outputs` do not belong together"
    for number, item in enumerate(job.items):
        if item.role not in get_args(Role) or not isinstance(item.shots, int) or item.shots < 1:
            return f"`items[{number}]` is no set of strings"
        if not isinstance(item.file, str) or "/" in item.file or item.file.startswith("."):
            return f"`items[{number}].file` is no file of the job"
    return ""
