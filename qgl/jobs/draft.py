"""From a request to a job: the circuits that answer it, as texts where the engine takes texts. Nothing is sent."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qgl.diagnostics.jobs import CannotMitigate
from qgl.diagnostics.model import QglError
from qgl.diagnostics.registers import PostselectionUnsupported
from qgl.hardware import mitigation
from qgl.hardware.calibration import calibration
from qgl.hardware.engines.contract import packed
from qgl.hardware.engines.engine import Engine, Payload, RemoteEngine, Task, TextEngine
from qgl.hardware.folding import folded
from qgl.hardware.run import task_of
from qgl.jobs.output_circuits import OutputCircuits
from qgl.jobs.pauli_words import bases_of, turned
from qgl.jobs.record import Item, Job, Request, key_of, sha256
from qgl.model import Model
from qgl.program.operations import is_required
from qgl.runs import manifest as manifests
from qgl.runs.files import checkpoint
from qgl.runs.run import Run

AnyEngine = Engine | RemoteEngine
_PART, _PARTS = 1024, 32  # shots of a part at least, parts at most


@dataclass(frozen=True)
class Draft:
    """A job that is not on the disk yet. `texts` are those of its items, none for an engine that takes none."""

    job: Job
    texts: tuple[str, ...]
    params: dict[str, Any]

    @property
    def payload(self) -> Payload:
        """What would be sent."""
        shots = tuple(item.shots for item in self.job.items)
        return Payload(self.texts, shots, self.job.outputs, self.job.settings, self.job.figures)


def draft(run: Run, model: Model, request: Request, engine: AnyEngine) -> Draft:
    """The job that answers a request.

    Raises:
        QglError: the engine cannot run the circuit (QGL0416, QGL10xx, QGL11xx), or what is asked beside strings cannot
            be had: QGL1150 to QGL1152.
        ValueError: a condition is missing or of another width.
    """
    if not request.outputs:
        refuse_post_selection(model)
    task = task_for(model, run.params, request)
    bases = OutputCircuits.of(model.program).all_bases if request.outputs else tuple(bases_of(request.words).values())
    bases = tuple(dict.fromkeys(bases))
    if isinstance(engine, RemoteEngine | TextEngine):
        items, payload = _texts(task, request, engine, bases)
    else:
        items, payload = _bare(task, request, bases), Payload((), (), (), {}, {})
    shots = sum(item.shots for item in items)
    job = Job(
        id="",
        tag=f"qgl-{uuid.uuid4().hex[:16]}",
        key=key_for(run, model, request),
        request=request,
        model={"weights": weights_hash(run.params), "step": run.steps, "width": task.width},
        items=tuple(items),
        parts=1 if isinstance(engine, RemoteEngine) else max(1, min(_PARTS, shots // _PART)),
        outputs=payload.outputs,
        settings=payload.settings,
        figures=payload.figures,
        versions=manifests.versions(),
        times={"planned": manifests.now()},
    )
    return Draft(job, payload.texts, dict(run.params))


def key_for(run: Run, model: Model, request: Request) -> str:
    """What all jobs have in common that ask the same of the same circuit."""
    return key_of(request, manifests.digest(model.files), weights_hash(run.params))


def refuse_post_selection(model: Model) -> None:
    """
    Raises:
        QglError: QGL0416, which strings of an engine are thrown away would not be known.
    """
    for operation in filter(is_required, model.circuit.operations):
        raise QglError([PostselectionUnsupported(operation.span, "on engines: emit the circuit and run the text")])


def task_for(model: Model, params: dict[str, Any], request: Request) -> Task:
    """Strings of the model's distribution, a row for each element of a mixture that gets some; for outputs, of each."""
    if request.outputs:
        condition = None if request.condition is None else np.asarray(request.condition)
        inputs = np.asarray(model.parameters.inputs(params, condition, np.float32), dtype=np.float64)
        shots = (request.shots,) * len(inputs)
        return Task(OutputCircuits.of(model.program).circuit, inputs, shots, request.seed, request.max_qubits)
    return task_of(
        model,
        params,
        request.shots,
        seed=request.seed,
        condition=None if request.condition is None else np.asarray(request.condition),
        max_qubits=request.max_qubits,
    )


def weights_hash(params: dict[str, Any]) -> str:
    """One hash of all parameters."""
    return checkpoint.hash_of(params)


def _bare(task: Task, request: Request, bases: Sequence[str]) -> list[Item]:
    """For an engine that takes no texts: strings of the distribution, and of every basis."""
    if request.readout or request.scales:
        purpose = "mitigation of readout" if request.readout else "zero-noise extrapolation"
        raise QglError([CannotMitigate(None, request.engine, purpose, "it does not run texts as they stand")])
    rows = list(enumerate(task.shots))
    distribution = [] if request.outputs else [Item("samples", shots, row) for row, shots in rows]
    others = [basis for basis in bases if request.outputs or set(basis) != {"Z"}]
    return [*distribution, *(Item("word", shots, row, basis=basis) for basis in others for row, shots in rows)]


def _texts(
    task: Task, request: Request, engine: RemoteEngine | TextEngine, bases: Sequence[str]
) -> tuple[list[Item], Payload]:
    """The items and all of their texts."""
    rows = range(len(task.shots))

    def payload_of(task: Task) -> Payload:
        return packed(engine.name, engine.payload(task), len(rows))

    distribution = payload_of(task)
    items = [] if request.outputs else [Item("samples", task.shots[row], row) for row in rows]
    texts, outputs = ([], []) if request.outputs else (list(distribution.texts), list(distribution.outputs))

    def add(item: Item, text: str, output: Any) -> None:
        items.append(item)
        texts.append(text)
        outputs.append(output)

    all_z = "Z" * task.width
    machine = getattr(engine, "machine", None)  # an engine that stands on none, or anyone's own, has no such thing
    for basis in bases:
        payload = distribution if basis == all_z else payload_of(replace(task, circuit=turned(task.circuit, basis)))
        for scale in (1, *(scale for scale in request.scales if scale > 1)):
            if basis == all_z and scale == 1 and not request.outputs:
                continue  # the strings of the distribution say it
            for row in rows:
                text = payload.texts[row] if scale == 1 else folded(payload.texts[row], scale, machine)
                add(Item("word", task.shots[row], row, basis=basis, scale=scale), text, payload.outputs[row])
    if request.readout:
        mitigation.need("mthree", "mitigation of readout")
        if len(rows) > 1:
            reason = "the circuits of a mixture may lie on different qubits"
            raise QglError([CannotMitigate(None, request.engine, "mitigation of readout", reason)])
        for bit in (0, 1):
            add(Item("readout", request.shots, bit=bit), calibration(texts[0], bit, machine), outputs[0])
    names = _file_names(len(items))
    items = [
        replace(item, file=name, sha256=sha256(text)) for item, name, text in zip(items, names, texts, strict=True)
    ]
    shots = tuple(item.shots for item in items)
    return items, Payload(tuple(texts), shots, tuple(outputs), distribution.settings, distribution.figures)


def _file_names(count: int) -> Sequence[str]:
    return [f"circuit{f'-{k}' if k > 1 else ''}.qasm" for k in range(1, count + 1)]
