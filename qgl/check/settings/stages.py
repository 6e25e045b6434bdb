"""The stages of `stagewise`: a circuit is grown layer by layer, and some layers are trained while others are held.

A parameter has layers if its elements, in order, are cut into as many equal parts as there are layers: for
`theta[layers, n]` and `gamma[layers]` that is the first index, for a `?` in a loop the iteration. What has no layers is
trained in every stage.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.strategies import NoStages, StagesBeyondSteps
from qgl.program.calls.strategies import Stagewise
from qgl.program.operations import inputs_of
from qgl.program.program import Parameter, Program, TrainSettings
from qgl.record import record


@record
class Stages:
    """What is trained when. Stages beyond the table repeat its last `blocks` rows, which are those after the growth.

    layers     how many there are
    sizes      for each parameter that has layers, the elements of each
    steps      of a stage
    bounds     (stages, 2) layers that are trained, from the first to before the second
    reached    (stages,) layers that were added by then
    blocks     parts that take turns at the end
    from_zero  whether layers to come hold 0 rather than what they were drawn as
    """

    layers: int
    sizes: dict[str, int]
    steps: int
    bounds: NDArray[np.int32]
    reached: NDArray[np.int32]
    blocks: int
    from_zero: bool

    @property
    def growing(self) -> int:
        """Stages in which the circuit grows."""
        return len(self.bounds) - self.blocks

    def wording(self) -> tuple[str, ...]:
        """The stages, one a line, as `qglc explain` shows them."""
        names = ", ".join(f"`{name}`" for name in self.sizes)
        lines = [f"training by stages: {self.layers} layers of {names}; each stage of {self.steps} steps trains"]
        for number, (low, high) in enumerate(self.bounds.tolist()):
            layers = f"layer {low}" if high - low == 1 else f"layers {low} to {high - 1}"
            last = "to the end" if self.blocks == 1 else "in turns to the end"
            lines.append(f"  {last if number >= self.growing else f'stage {number}'}: {layers}")
        return tuple(lines)


def stages_of(program: Program, settings: TrainSettings) -> Stages | Diagnostic:
    """The stages of a program whose strategy is `stagewise`, or why it has none."""
    given = settings.strategy
    assert isinstance(given, Stagewise)
    place, layers = given.span, given.layers
    trained = {each.name: each for each in program.parameters if each.kind == "param"}
    unknown = [name for name in given.of if name not in trained]
    if unknown:
        return NoStages(place, f"there is no trained parameter `{unknown[0]}`", tuple(trained))
    chosen = [trained[name] for name in given.of] or _found(program, layers)
    uneven = next((each for each in chosen if each.size % layers), None)
    if uneven is not None:
        reason = f"the {uneven.size} elements of `{uneven.name}` are not {layers} equal parts"
        return NoStages(place, reason, tuple(trained))
    if not chosen:
        return NoStages(place, f"none can be cut into {layers} equal parts", tuple(trained))
    disorder = "" if given.of else _disorder(program, chosen, layers)
    if disorder:
        return NoStages(place, disorder, tuple(trained))
    from_zero = given.hold == "zero"
    odd = next((each for each in chosen if each.constraint == "probability"), None)
    if from_zero and odd is not None:
        return NoStages(odd.span, f"the probability `{odd.name}` cannot be held at 0", tuple(trained))
    blocks = min(given.blocks, layers)
    bounds, reached = _table(layers, given.add, given.window or layers, blocks)
    growing = len(reached) - blocks
    steps = given.steps or max(1, settings.steps // len(reached))
    if settings.steps and growing * steps > settings.steps:
        return StagesBeyondSteps(place, growing, steps, settings.steps)
    sizes = {each.name: each.size // layers for each in chosen}
    return Stages(layers, sizes, steps, bounds, reached, blocks, from_zero)


def stages_fit(program: Program, report: Callable[[Diagnostic], None]) -> bool:
    """Whether a program can be trained by stages, if it asks for that; a fault is reported."""
    if not isinstance(program.train.strategy, Stagewise):
        return True
    chosen = stages_of(program, program.train)
    if not isinstance(chosen, Stages):
        report(chosen)
    return isinstance(chosen, Stages)


def _found(program: Program, layers: int) -> list[Parameter]:
    """Parameters whose first dimension is the layer, and those of `?` that are used layer by layer along with them.

    Of the latter the largest come first: what stands in the loop over layers has more elements than what does not.
    """
    trained = [each for each in program.parameters if each.kind == "param"]
    chosen = [each for each in trained if each.shape[:1] == (layers,) and each.span.text != "?"]
    holes = [each for each in trained if each.size % layers == 0 and each.span.text == "?"]
    for each in sorted(holes, key=lambda hole: -hole.size):
        if not _disorder(program, [*chosen, each], layers):
            chosen.append(each)
    return chosen


def _disorder(program: Program, chosen: list[Parameter], layers: int) -> str:
    """What speaks against the layers standing one after another in the circuit, if anything does."""
    sizes = {k: each.size // layers for k, each in enumerate(program.parameters) if each in chosen}
    latest, name = 0, ""
    for operation in program.operations:
        for atom in inputs_of(operation):
            if atom.parameter not in sizes:
                continue
            layer, own = atom.element // sizes[atom.parameter], program.parameters[atom.parameter].name
            if layer < latest:
                return f"layer {layer} of `{own}` is used after layer {latest} of `{name}`"
            latest, name = layer, own
    return ""


def _table(layers: int, add: int, window: int, blocks: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    reached = [min(layers, count) for count in range(add, layers + add, add)]
    bounds = [(max(0, high - window), high) for high in reached]
    bounds += [(block * layers // blocks, (block + 1) * layers // blocks) for block in range(blocks)]
    return np.array(bounds, dtype=np.int32), np.array(reached + [layers] * blocks, dtype=np.int32)
