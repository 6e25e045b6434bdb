"""What can be trained from the strings that an engine gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.runs import UnfitForLineSearch
from qgl.diagnostics.shots import UnfitForShots, UnfitShotSettings
from qgl.program.calls.objectives import (
    MMD,
    MSE,
    Adversarial,
    Energy,
    Entropy,
    FreeEnergy,
    Infidelity,
    Marginals,
    ObjectiveCall,
    Wasserstein,
)
from qgl.program.calls.optimizers import LBFGS
from qgl.program.program import DataSet, Term, TrainSettings
from qgl.source import Span

_MEANS = "take `mmd` with any kernel or Pauli words, or `marginals` with `distance = hilbert_schmidt`"


def shot_faults(
    settings: TrainSettings, terms: tuple[Term, ...], data: Mapping[str, DataSet], engine: Span | None = None
) -> Iterator[Diagnostic]:
    """Why a program cannot be trained as its settings say; nothing for an exact gradient without an engine.

    engine: where the engine is named, if it is.
    """
    if settings.from_shots is None:
        if engine is not None:
            way_out = "add `gradient parameter_shift(shots = 2000);`, or leave out `engine`"
            yield UnfitShotSettings(engine, "an `engine` has no use for the exact gradient", way_out)
        return
    if isinstance(settings.optimizer, LBFGS):
        way_out = "choose `adam`, or `gradient exact;`"
        yield UnfitForLineSearch(settings.optimizer.span, "a loss that is estimated from shots", way_out)
    for term in terms:
        fault = _fault(term.call, data)
        if fault is not None:
            yield fault


def _fault(call: ObjectiveCall, data: Mapping[str, DataSet]) -> UnfitForShots | None:
    if isinstance(call, Adversarial):
        return UnfitForShots(call.span, call.name, "its critic looks at the distribution of all strings", _MEANS)
    if isinstance(call, Wasserstein | Infidelity):
        return UnfitForShots(call.span, call.name, "it compares quantum states, and strings tell of bits", _MEANS)
    if isinstance(call, MMD):
        if call.kernel.of_states:
            reason = "its kernel is one of quantum states, and strings tell of bits"
            return UnfitForShots(call.span, call.name, reason, _MEANS)
        if call.samples is None:
            return None
        reason = "`samples` says how many strings a simulated step draws, and here the `shots` of the gradient do"
        return UnfitForShots(call.span, call.name, reason, "leave out `samples`")
    if isinstance(call, FreeEnergy | Entropy):
        return UnfitForShots(call.span, call.name, "an entropy has no unbiased estimate from strings", _MEANS)
    if isinstance(call, Energy):
        return UnfitForShots(call.span, call.name, "its Pauli words are measured in other bases than strings", _MEANS)
    if isinstance(call, MSE):
        return UnfitForShots(call.span, call.name, "it is no mean over strings or pairs of strings", _MEANS)
    if not isinstance(call, Marginals):
        reason = "the logarithm of a probability has no unbiased estimate from strings"
        return UnfitForShots(call.span, call.name, reason, _MEANS)
    given = data.get(call.data)
    if given is not None and (given.state is not None or given.bases is not None):
        reason = f"`{given.name}` tells of a quantum state, and strings tell of bits"
        return UnfitForShots(call.span, call.name, reason, _MEANS)
    if call.distance == "hilbert_schmidt":
        return None
    reason = f"the distance `{call.distance}` is no mean over strings or pairs of strings"
    return UnfitForShots(call.span, call.name, reason, _MEANS)
