"""What the workloads are to reach, and what of it is missed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from benchmarks.results import Result
from benchmarks.workloads import Case


@dataclass(frozen=True, slots=True)
class Goal:
    """Seconds of the first call and of a step at most, and how many times as fast as the best peer a step is."""

    first: float | None = None
    step: float | None = None
    peer: float | None = None

    def words(self) -> str:
        """In a few words, such as `first call 1 s, step 30 ms, 2 x peer`."""
        found = []
        if self.first is not None:
            found.append(f"first call {self.first:g} s")
        if self.step is not None:
            found.append(f"step {milliseconds(self.step)}")
        if self.peer is not None:
            found.append(f"{self.peer:g} x peer")
        return ", ".join(found)


FIRST = {
    ("W1", 0): 1.0,
    ("W1b", 0): 1.0,
    ("W2", 0): 1.5,
    ("W3", 0): 1.5,
    ("W4", 0): 1.5,
    ("W1b", 20): None,
    ("W2", 10_000): 3.0,
    ("W4", 10_000): 3.0,
}  # seconds, from this size on
STEP = {("W2", (1000, 4)): 0.030, ("W4", (1000, 4, 256)): 0.150}  # seconds
PEER = {"W1": 2.0, "W1b": 2.0, "W3": 2.0, "W7": 2.0, "W7g": 2.0, "W7b": 2.0, "W7bg": 2.0}
LARGE_DENSE = 5.0  # times the best peer, W1b from 20 qubits on


def goal(case: Case) -> Goal:
    """What is to be reached on this case; a field is None where nothing was set."""
    size = max((least for name, least in FIRST if name == case.workload and case.sizes[0] >= least), default=None)
    first = None if size is None else FIRST[case.workload, size]
    peer = LARGE_DENSE if case.workload == "W1b" and case.sizes[0] >= 20 else PEER.get(case.workload)
    return Goal(first, STEP.get((case.workload, case.sizes)), peer)


def label(case: Case) -> str:
    """The sizes, in parentheses where there are several: `(8, 4)`."""
    sizes = ", ".join(map(str, case.sizes))
    return f"({sizes})" if len(case.sizes) > 1 else sizes


def is_peer(result: Result) -> bool:
    """Whether it is another's."""
    return not result.contender.startswith("qgl")


def best_peer(results: Iterable[Result], case: Case) -> float | None:
    """Seconds of the fastest step of the others on this case; None if none gave figures."""
    taken = [each.figures["median"] for each in results if each.figures and each.case == case and is_peer(each)]
    return min(taken, default=None)


def missed(results: tuple[Result, ...]) -> Iterator[str]:
    """What of ours took longer than was to be reached, a sentence each, and where the time of a first call goes."""
    for result in results:
        if result.contender != "qgl":
            continue
        case, figures = result.case, result.figures
        to_reach = goal(case)
        where = f"Missed at {label(case)}:"
        if figures is None:
            if to_reach != Goal():
                yield f"{where} no figures ({result.failure})."
            continue
        if to_reach.first is not None and figures["first"] > to_reach.first:
            plan = figures.get("stages", {}).get("plan")
            share = f", {plan:.2f} s of it the plan" if plan else ""
            yield f"{where} a first call of {figures['first']:.2f} s (to reach {to_reach.first:g} s){share}."
        if to_reach.step is not None and figures["median"] > to_reach.step:
            yield f"{where} a step of {milliseconds(figures['median'])} (to reach {milliseconds(to_reach.step)})."
        peer = best_peer(results, case)
        if to_reach.peer is not None and peer is not None and to_reach.peer * figures["median"] > peer:
            yield f"{where} {peer / figures['median']:.2f} times the best peer (to reach {to_reach.peer:g})."


def milliseconds(seconds: float) -> str:
    """Three digits, and no powers of ten; seconds from ten on."""
    if seconds >= 10:
        return f"{seconds:.1f} s"
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds * 1e3:.0f} ms"
