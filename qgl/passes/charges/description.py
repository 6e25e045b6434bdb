"""Charges, and what they leave open, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from qgl.passes.charges.conserved import Charge
from qgl.passes.charges.reach import Reach
from qgl.program.program import Wire

MOST_CHARGES = 6  # that are written out


def description_of(reach: Reach, wires: Sequence[Wire]) -> list[str]:
    """A line for each charge that speaks of visible wires, and one on how much of the register can be reached."""
    seen = set(reach.visible)
    told = [charge for charge in reach.conserved.charges if seen.intersection(charge.wires)]
    together = [charge for charge in told if len(charge.weights) > 1]
    frozen = [charge for charge in told if len(charge.weights) == 1]
    lines = [_line(charge, reach, wires) for charge in together[:MOST_CHARGES]]
    if len(together) > MOST_CHARGES:
        lines.append(f"conserved: {len(together) - MOST_CHARGES:,} more charges")
    for bit in (0, 1):
        kept = [charge.weights[0][0] for charge in frozen if charge.value == bit]
        if kept:
            lines.append(f"conserved: {names(kept, wires)} always {'is' if len(kept) == 1 else 'are'} {bit}")
    strings, width = reach.strings, len(reach.visible)
    if lines and strings is not None and strings < 2**width:
        lines.append(f"reached: at most {_amount(strings)} of {_amount(2**width)} visible strings{_states(reach)}")
    return lines


def _states(reach: Reach) -> str:
    count, states = len(reach.conserved.wires), reach.states
    if states is None or count == len(reach.visible):
        return ""
    return f", {_amount(states)} of {_amount(2**count)} basis states"


def _line(charge: Charge, reach: Reach, wires: Sequence[Wire]) -> str:
    seen = set(reach.visible)
    visible = [wire for wire in charge.wires if wire in seen]
    if charge.modulus:
        what, value = f"the parity of the ones of {names(charge.wires, wires)}", "odd" if charge.value else "even"
    elif charge.is_count:
        what, value = f"the number of ones of {names(charge.wires, wires)}", f"{charge.value:,}"
    else:
        what, value = _sum(charge, wires), f"{charge.value:,}"
    line = f"conserved: {what}, {value} from the start"
    values = reach.seen_values(charge)
    if len(visible) == len(charge.wires) or charge.modulus or not charge.is_count or not values:
        return line
    few, many = values[0], values[-1]
    span = f"{few:,}" if few == many else f"{few:,} to {many:,}"
    return f"{line}: {span} of them in {names(visible, wires)}"


def _sum(charge: Charge, wires: Sequence[Wire]) -> str:
    """`2 a + b - c`, by weight where many wires have the same."""
    by_weight: dict[int, list[int]] = {}
    for wire, weight in charge.weights:
        by_weight.setdefault(weight, []).append(wire)
    parts: list[str] = []
    for weight, own in by_weight.items():
        sign = ("-" if weight < 0 else "") if not parts else (" - " if weight < 0 else " + ")
        factor = "" if abs(weight) == 1 else f"{abs(weight)} x "
        parts.append(f"{sign}{factor}the ones of {names(own, wires)}")
    return "".join(parts)


def names(numbers: Iterable[int], wires: Sequence[Wire]) -> str:
    """Wires as a program would write them: `bath and v[1..3]`."""
    sizes: dict[str, int] = {}
    for wire in wires:
        sizes[wire.register] = max(sizes.get(wire.register, 0), wire.position + 1)
    chosen: dict[str, list[int]] = {}
    for number in numbers:
        chosen.setdefault(wires[number].register, []).append(wires[number].position)
    parts = [
        register if len(positions) == sizes[register] else f"{register}[{', '.join(_ranges(sorted(positions)))}]"
        for register, positions in chosen.items()
    ]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _ranges(positions: Sequence[int]) -> list[str]:
    runs = [list(run) for _, run in groupby(enumerate(positions), key=lambda pair: pair[1] - pair[0])]
    return [str(run[0][1]) if len(run) == 1 else f"{run[0][1]}..{run[-1][1]}" for run in runs]


def _amount(count: int) -> str:
    if count < 10**12:
        return f"{count:,}"
    power = len(str(count)) - 1  # of numbers that no float can hold, too
    return f"{count / 10**power:.2g}e+{power}"
