"""The layers of a program whose `random` inputs are searched one layer after another.

The leading index of a random input is the layer. A layer begins with the first operation that reads its numbers and
goes on to where the next one begins. What is written before a layer's first reading and was so before the first
layer's, as the `h v;` of `repeat layers as k { h v; evolve quench(k) for t; }`, belongs to the layer that it stands
before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise, takewhile

import numpy as np

from qgl.diagnostics.many_body import NotInLayers, StepsBeyondLayers, StopsBeforeLayers
from qgl.diagnostics.model import Diagnostic
from qgl.expression import Input
from qgl.program.calls.strategies import LayerwiseSearch
from qgl.program.operations import Operation, inputs_of
from qgl.program.program import Parameter, Program
from qgl.record import record
from qgl.syntax import tree


@record
class Layers:
    """Layer k is `operations[starts[k]:starts[k + 1]]`, the last one to the end; `names` are the inputs searched."""

    names: tuple[str, ...]
    starts: tuple[int, ...]

    @property
    def count(self) -> int:
        return len(self.starts)


def layers_of(program: Program) -> Layers | Diagnostic:
    """The layers of a program, or why it has none."""
    searched = {number: each for number, each in enumerate(program.parameters) if each.kind == "random"}
    if not searched:
        return NotInLayers(program.train.span, "there is no `random` input to search")
    mixed = next((each for each in program.parameters if each.kind in ("latent", "condition")), None)
    if mixed is not None:
        return NotInLayers(mixed.span, f"with the {mixed.kind} input `{mixed.name}` there are several circuits")
    extents = {each.shape[:1] for each in searched.values()}
    if len(extents) != 1 or extents == {()}:
        odd = next((each for each in searched.values() if not each.shape), list(searched.values())[-1])
        return NotInLayers(odd.span, f"the first dimension of every `random` input is the layer; `{odd.name}` differs")
    ((count,),) = extents
    first: dict[int, int] = {}
    for place, operation in enumerate(program.operations):
        read = {layer for atom in inputs_of(operation) if (layer := _layer(atom, searched)) is not None}
        if not read:
            continue
        if len(read) > 1 or min(read) < max(first, default=0):
            return NotInLayers(operation.span, _disorder(read, first))
        first.setdefault(min(read), place)
    missing = next((layer for layer in range(count) if layer not in first), None)
    if missing is not None:
        one = next(iter(searched.values()))
        return NotInLayers(one.span, f"no operation reads layer {missing} of `{one.name}`")
    places = [first[layer] for layer in range(count)]
    heads = [program.operations[: places[0]], *(program.operations[a:b] for a, b in pairwise(places))]
    starts = tuple(place - length for place, length in zip(places, leading(heads), strict=True))
    return Layers(tuple(each.name for each in searched.values()), starts)


def _disorder(read: set[int], first: dict[int, int]) -> str:
    if len(read) > 1:
        low, high, *_ = sorted(read)
        return f"this operation reads layers {low} and {high} of the `random` inputs"
    return f"this operation reads layer {min(read)} of the `random` inputs, after one that reads layer {max(first)}"


def leading(heads: Sequence[Sequence[Operation]]) -> list[int]:
    """How many of the operations right before each layer's first reading belong to that layer.

    heads: what stands before the first layer's first reading, then what stands between it and the next one's, and so
        on; operations of the same layer may stand at the head of each.
    """
    lengths = [_alike(heads[0], head) for head in heads[1:]]
    return [*lengths[:1], *lengths] if lengths else [0] * len(heads)


def _alike(one: Sequence[Operation], other: Sequence[Operation]) -> int:
    """How many operations at the end of both are written in the same places."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0].span == pair[1].span, pairs))


def _layer(atom: Input, searched: dict[int, Parameter]) -> int | None:
    if atom.parameter not in searched:
        return None
    shape = searched[atom.parameter].shape
    return atom.element // int(np.prod(shape[1:], dtype=np.int64))


def in_layers(program: Program, written: object, report: Callable[[Diagnostic], None]) -> Program | None:
    """The program; its steps are its layers if it is searched by them. None if it cannot be, which is reported.

    written: the `train` block, which may say how many steps.
    """
    train = program.train
    if not isinstance(train.strategy, LayerwiseSearch):
        return program
    layers = layers_of(program)
    if not isinstance(layers, Layers):
        report(layers)
        return None
    stated = isinstance(written, tree.Train) and any(each.name.name == "steps" for each in written.settings)
    faults: list[Diagnostic] = []
    if stated and train.steps > layers.count:
        faults.append(StepsBeyondLayers(train.span, train.steps, layers.count))
    if train.stop:
        faults.append(StopsBeforeLayers(train.stop[0].span))
    for fault in faults:
        report(fault)
    steps = train.steps if stated else layers.count
    return None if faults else replace(program, train=replace(train, steps=steps))
