"""The protocol of arXiv 2207.02346 as `docs/systems/mbl.md` has it: `python -m examples.mbl.reproduce`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

import qgl
from examples.mbl.pictures import write_loss, write_probes, write_trotter
from examples.published import Ours, main
from qgl.model import Model
from qgl.passes.charges.conserved import conserved
from qgl.runs.run import Run

HERE = Path(__file__).parent
PHASES: Mapping[str, Mapping[str, Any]] = {
    "mbl": {},
    "anderson": {"coupling": 0.0},
    "thermal": {"disorder": 1.0},
}
TWO = ("mbl", "thermal")
QUICK = {"layers": 4, "tau": 10.0}
SLICES = (10, 20, 40, 80, 160, 320)


@dataclass(frozen=True)
class Trained:
    """A run, and the model that it is of."""

    model: Model
    run: Run

    @property
    def losses(self) -> list[float]:
        """Of the seeds."""
        return [float(loss) for loss in self.run.losses]

    def probe(self, name: str) -> NDArray[np.float64]:
        """A watched report after each number of layers, from none on, shape (layers + 1, seeds)."""
        return next(values for title, values in self.run.watched.values.items() if title.startswith(name))


def measure(quick: bool) -> Mapping[str, Ours]:
    """The figures by the keys of published.json; quick: two phases after a few layers."""
    sizes: Mapping[str, Any] = QUICK if quick else {}
    phases = {name: search(**sizes, **constants) for name, constants in PHASES.items() if not quick or name in TWO}
    found = dict(of_phases(phases)) | dict(probes(phases))
    if quick:
        return found
    errors = {order: trotter_errors(order, SLICES) for order in (1, 2)}
    write_loss({name: each.run.history.loss for name, each in phases.items()})
    write_probes({name: (each.probe("entropy"), each.probe("hamming")) for name, each in phases.items()})
    write_trotter(errors)
    return found | dict(of_trotter(errors)) | other_strings() | dict(hidden(phases["mbl"])) | dict(other_data())


def search(text: str = "", seeds: int | None = None, **constants: Any) -> Trained:
    """A run of search.qgl, or of another text of it."""
    model = qgl.loads(text, **constants) if text else qgl.load(HERE / "search.qgl", **constants)
    settings = model.program.train if seeds is None else replace(model.program.train, seeds=seeds)
    return Trained(model, model.train(settings=settings, display="quiet"))


def of_phases(phases: Mapping[str, Trained]) -> Iterator[tuple[str, Ours]]:
    for name, each in phases.items():
        yield name, Ours.of_seeds(each.losses, "another draw of strings and fields than the first check's")
    yield "below", Ours(below(phases["mbl"], phases["thermal"]), note="each below the best thermal seed")
    program = phases["mbl"].model.program
    charges = conserved(program.operations, range(len(program.wires))).charges
    sums = [charge for charge in charges if charge.is_count]
    yield "charge", Ours(len(sums), note=f"the number of ones, {sums[0].value} from the start" if sums else "")


def below(one: Trained, other: Trained) -> int:
    """Seeds of one that end below every seed of the other."""
    return sum(loss < min(other.losses) for loss in one.losses)


def probes(phases: Mapping[str, Trained]) -> Iterator[tuple[str, Ours]]:
    for name, each in phases.items():
        yield f"entropy_{name}", Ours.of_seeds(each.probe("entropy")[-1].tolist(), page_value(each))
        yield f"hamming_{name}", Ours.of_seeds(each.probe("hamming")[-1].tolist())
    first = {name: median(phases[name].probe("entropy")[1].tolist()) for name in TWO}
    yield "entropy_first", Ours(first["thermal"] / first["mbl"])


def page_value(trained: Trained) -> str:
    """The mean entropy of half of the chain in random states of as many ones."""
    sites = len(trained.model.program.visible)
    basis = np.flatnonzero(np.bitwise_count(np.arange(2**sites)) == sites // 2)
    rng = np.random.default_rng(0)
    found = []
    for _ in range(200):
        state = np.zeros(2**sites, np.complex128)
        state[basis] = rng.normal(size=len(basis)) + 1j * rng.normal(size=len(basis))
        weights = np.linalg.svd(state.reshape(2 ** (sites // 2), -1), compute_uv=False) ** 2
        weights = weights[weights > 1e-15 * weights.sum()] / weights.sum()
        found.append(float(-(weights * np.log(weights)).sum()))
    return f"random states of as many ones have {np.mean(found):.2f}"


def other_strings() -> dict[str, Ours]:
    """Three other sets of four strings of three ones, drawn by NumPy's generator from the seeds 0, 1, 2."""
    wins = 0
    medians: dict[str, list[float]] = {name: [] for name in TWO}
    for seed in range(3):
        every = [f"{code:06b}" for code in range(64) if code.bit_count() == 3]
        strings = [str(string) for string in np.random.default_rng(seed).choice(every, 4, replace=False)]
        found = {name: search(strings=strings, **PHASES[name]) for name in TWO}
        wins += below(found["mbl"], found["thermal"])
        for name, each in found.items():
            medians[name].append(median(each.losses))
    words_of = {name: ", ".join(f"{value:.4f}" for value in values) for name, values in medians.items()}
    return {"other_strings": Ours(wins, note=f"medians {words_of['mbl']} against {words_of['thermal']}")}


def hidden(none: Trained) -> Iterator[tuple[str, Ours]]:
    """One and two hidden sites, beside the chain of none."""
    note = f"without hidden sites {median(none.losses):.4f}"
    for extra in (1, 2):
        model = qgl.load(HERE / "hidden.qgl", extra=extra)
        run = model.train(display="quiet")
        yield f"hidden_{extra}", Ours.of_seeds([float(loss) for loss in run.losses], note)


def other_data() -> Iterator[tuple[str, Ours]]:
    text = (HERE / "search.qgl").read_text(encoding="utf-8")
    parity = text.replace("strings(words)", "parity(6, even = false)")
    digits = text.replace("strings(words)", "digits(classes = [1, 7], size = 3)").replace("line(6)", "line(9)")
    critical = (HERE / "critical.qgl").read_text(encoding="utf-8")
    for name, program in (("parity", parity), ("digits", digits), ("critical", critical)):
        for phase in TWO:
            trained = search(program, **PHASES[phase])
            yield f"{name}_{phase}", Ours.of_seeds(trained.losses, reachable(trained.model))


def reachable(model: Model) -> str:
    """How much of the data's distribution the chain can give."""
    (data,) = model.program.data.values()
    ones = len(model.program.visible) // 2
    share = float(data.weights[data.rows.sum(axis=1) == ones].sum())
    return f"{share:.0%} of the distribution lies on strings of {ones} ones, which alone can come"


# ---------------------------------------------------------------- Trotter


def trotter_errors(order: int, slices: tuple[int, ...]) -> dict[int, float]:
    """Total variation distance of the distribution of two sliced layers from the exact one, by number of slices."""
    exact = qgl.load(HERE / "search.qgl", layers=2, precision="double")
    params = fields(exact)
    distribution = np.asarray(exact.probabilities(params))
    found = {}
    for count in slices:
        sliced = qgl.load(HERE / "search.qgl", layers=2, sliced=True, order=order, slices=count, precision="double")
        found[count] = float(np.abs(np.asarray(sliced.probabilities(params)) - distribution).sum() / 2)
    return found


def fields(model: Model) -> dict[str, Any]:
    """Patterns of fields that do not depend on a run."""
    (declared,) = [each for each in model.program.parameters if each.name == "field"]
    low, high = declared.distribution.arguments
    return {"field": np.random.default_rng(1).uniform(low, high, declared.shape)}


def of_trotter(errors: Mapping[int, Mapping[int, float]]) -> Iterator[tuple[str, Ours]]:
    for order, found in errors.items():
        yield f"trotter_{order}", Ours(found[160])
    yield "trotter_power", Ours(errors[2][80] / errors[2][160])


if __name__ == "__main__":
    main("mbl", measure)
