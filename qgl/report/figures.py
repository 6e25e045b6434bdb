"""Pictures of a trained model, put into its run folder."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qgl import draw
from qgl.bits.distribution import strings
from qgl.bits.neighbourhood import Neighbourhood
from qgl.check.calls.strategies import method_text
from qgl.check.settings.fit import EXACT_WIDTH
from qgl.data.numbers import in_units
from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import PictureFailed
from qgl.evaluate import in_chunks
from qgl.evaluate.pairs import Moments
from qgl.evaluate.table.floors import data_entropy
from qgl.model import Model
from qgl.objectives import Setting
from qgl.program.calls.objectives import KL, MMD, NLL, MarkovNLL
from qgl.program.program import DataSet, Program, TrainSettings
from qgl.report import pictures
from qgl.report.class_pictures import drawn_by_class, images_by_class, marginals_by_class
from qgl.report.column_pictures import columns
from qgl.report.grey_pictures import compared_pictures, grey_pictures
from qgl.report.pictures import Distribution
from qgl.report.watch_picture import watch_curves
from qgl.runs.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_EXACT_WIDTH = 12  # visible bits up to which pictures show the distribution itself, beyond it samples
_NUMBERS_WIDTH = 16  # visible bits up to which the numbers that they make are drawn, one by one
_SAMPLES = 2000
_SHOWN = 60  # strings that are shown as such, at most
_COLUMNS = 36  # of the circuit that are drawn


def write_pictures(folder: Path, model: Model, run: Run, settings: TrainSettings) -> list[PictureFailed]:
    """All pictures of a run as PNG files: `painters` says which. What could not be drawn or written is given back."""
    paints = painters(model, run, settings)
    failed = [pictures.attempted(folder / f"{name}.png", paint) for name, paint in paints.items()]
    return [failure for failure in failed if failure is not None]


def painters(model: Model, run: Run, settings: TrainSettings) -> dict[str, Callable[[], Figure]]:
    """What draws each picture: `loss`, `circuit`, `watch` if something was watched, `samples`, `moments`, `columns`,
    `classes`, `pictures`.

    The last five only where there are data to compare with, `columns` of bins of numbers, `classes` of labelled data,
    `pictures` of grey pictures.
    """
    program = model.program
    title = f"{Path(program.source.name).stem}, {method_text(settings)}"
    paints: dict[str, Callable[[], Figure]] = {
        "loss": lambda: pictures.loss_curves(
            run.history, run.best_seed, title=title, unit=unit(program), floor=likelihood_floor(program)
        ),
        "circuit": lambda: draw.circuit(model.circuit, columns=_COLUMNS),
    }
    if run.watched.steps.size:
        paints["watch"] = lambda: watch_curves(
            run.history,
            run.watched,
            title=title,
            loss=" + ".join(f"{term.call.name}({', '.join(term.call.data_sets)})" for term in program.objective),
            unit=unit(program),
            best=run.best_steps,
        )
    grey = compared_pictures(program)
    if grey is not None:
        paints["pictures"] = lambda: grey_pictures(model, run, grey, settings.seed)
    data = program.learnt
    if data is not None and data.conditions is None and data.width == model.width:
        paints |= _compared(model, run, data, settings.seed)
    if data is not None and data.labels is not None and data.conditions is not None and data.conditions.shape[1] == 1:
        paints["classes"] = lambda: _by_class(model, run, data, settings.seed)
    return paints


def plot(run: Run, name: str = "loss") -> Figure:
    """A picture of a run by the name of its file; of a run that has no folder, the course of its loss alone.

    Raises:
        ValueError: the run has no such picture.
    """
    if run.path is None:
        title = str(run.report.get("title", ""))
        paints = {"loss": lambda: pictures.loss_curves(run.history, run.best_seed, title=title)}
    else:
        model = run.model
        paints = painters(model, run, model.program.train)
    if name not in paints:
        raise ValueError(f"this run has no picture {name!r}; it has {', '.join(paints)}")
    return paints[name]()


def _compared(model: Model, run: Run, data: DataSet, seed: int) -> dict[str, Callable[[], Figure]]:
    """Data beside samples, moments of both, and columns of numbers; nothing for a model that cannot be sampled."""
    try:
        drawn = in_chunks.sample(model, run.params, _SAMPLES, seed)
    except QglError:
        return {}
    distribution: Distribution = (data.rows, data.weights)
    exact = model.width <= _EXACT_WIDTH
    generated = functools.cache(lambda: _distribution(model, run) if exact else pictures.empirical(drawn))
    paints: dict[str, Callable[[], Figure]] = {
        "samples": lambda: _beside(model, data, drawn, generated(), None if exact else _SAMPLES, seed)
    }
    if model.width > 1:
        paints["moments"] = lambda: pictures.moments(
            distribution, generated(), Moments.of(Neighbourhood.of(model.program))
        )
    random = np.random.default_rng(seed)
    both = [in_units(rows, data, random) for rows in (_drawn_rows(data, random), drawn)]
    if both[0] is not None and both[1] is not None:
        ideal, found = both[0], both[1]
        paints["columns"] = lambda: columns(data.columns, ideal, found)
    return paints


def _by_class(model: Model, run: Run, data: DataSet, seed: int) -> Figure:
    """Pictures of each class, or its marginals."""
    each = drawn_by_class(model, run, data, seed)
    shape, places = picture(model.program, data)
    if shape is not None:
        return images_by_class(each, shape, places)
    return marginals_by_class(each, data, Setting.of(model.program).columns)


def _drawn_rows(data: DataSet, random: np.random.Generator) -> NDArray[np.uint8]:
    """As many rows of the data as strings of the model, by their weights."""
    return data.rows[random.choice(len(data.rows), size=_SAMPLES, p=data.weights)]


def _beside(
    model: Model, data: DataSet, drawn: NDArray[np.uint8], generated: Distribution, sampled: int | None, seed: int
) -> Figure:
    """The data beside the model: pictures, numbers, the likeliest strings, or strings that were drawn."""
    distribution: Distribution = (data.rows, data.weights)
    shape, places = picture(model.program, data)
    chosen = np.random.default_rng(seed).choice(len(data.rows), size=_SHOWN, p=data.weights)
    if shape is not None:
        return pictures.images(data.rows[chosen], drawn, shape, places)
    if data.integer and model.width <= _NUMBERS_WIDTH:
        return pictures.numbers(distribution, generated, sampled=sampled)
    if model.width <= EXACT_WIDTH:
        return pictures.histogram(distribution, generated, sampled=sampled)
    return pictures.strings(data.rows[chosen], drawn[:_SHOWN])


def unit(program: Program) -> str:
    """What the loss is counted in, if all of its terms are counted in the same."""
    kinds = {type(term.call) for term in program.objective}
    if kinds <= {NLL, KL, MarkovNLL}:
        return "nats"
    return "squared MMD" if kinds == {MMD} else ""


def likelihood_floor(program: Program) -> float | None:
    """The least negative log-likelihood that any model has, the entropy of the data, given their conditions; None for
    other objectives.
    """
    data = program.learnt
    if [type(term.call) for term in program.objective] != [NLL] or data is None:
        return None
    return program.objective[0].weight * data_entropy(data)


def picture(program: Program, data: DataSet) -> tuple[tuple[int, int] | None, list[int]]:
    """Rows and columns of the picture that a string is, and the pixel of each bit; (None, []) if it is none.

    It is one if all visible qubits lie on one rectangle of lattice sites, or if the data are pictures.
    """
    wires = [program.wires[k] for k in program.visible]
    lattices = {wire.site[0] if wire.site else None for wire in wires}
    if len(lattices) == 1 and None not in lattices:
        geometry = next(g for g in program.geometries if g.name in lattices)
        places = [geometry.positions[wire.site[1]] for wire in wires if wire.site]
        pixels = {(int(x), int(y)) for x, y in geometry.positions if x == int(x) and y == int(y)}
        whole = len(pixels) == geometry.sites
        columns, rows = (int(max(p[axis] for p in geometry.positions)) + 1 for axis in (0, 1))
        if whole and rows > 1 and columns > 1 and rows * columns == geometry.sites:
            return (rows, columns), [int(y) * columns + int(x) for x, y in places]
    if data.picture is not None:
        return data.picture, list(range(data.width))
    return None, []


def _distribution(model: Model, run: Run) -> Distribution:
    p = np.asarray(model.probabilities(run.params), dtype=np.float64)
    kept = np.flatnonzero(p > 1e-9)
    return strings(kept, model.width), p[kept] / p[kept].sum()
