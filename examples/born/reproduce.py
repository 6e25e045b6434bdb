"""Every figure of Liu and Wang (arXiv 1804.04168) measured again: `python -m examples.born.reproduce`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import qgl
from examples.published import PICTURES, Ours, main
from qgl.hardware.shifts import shifted_circuit
from qgl.runs.run import Run
from qgl.sweeps.sweep import Sweep, sweep

HERE = Path(__file__).parent
TREE = {(0, 1), (0, 2), (0, 3), (0, 6), (1, 4), (1, 7), (2, 5), (2, 8)}  # of bars and stripes, as first found
PUBLISHED_LOSS = 2.4e-7
SMALL = {"rows": 2, "cols": 2, "depth": 3}
OTHER = "other starts than those of the first check"
LARGE = {"rows": 3, "cols": 3, "depth": 10}


def measure(quick: bool) -> Mapping[str, Ours]:
    """The figures by the keys of published.json; quick: some of them, of small programs and few steps."""
    found = dict(structure())
    with tempfile.TemporaryDirectory() as folder:
        if quick:
            return found | lbfgs(trained("bars.qgl", SMALL, seeds=2, steps=40)) | peaks(Path(folder) / "peaks", quick)
        depths = by_depth(Path(folder) / "depths")
        found |= lbfgs(depths.run(depth=LARGE["depth"]))
        found |= long()
        found |= other_tree()
        found |= adam()
        found |= by_shots(Path(folder) / "shots")
        found |= peaks(Path(folder) / "peaks", quick)
    return found


def structure() -> Iterator[tuple[str, Ours]]:
    """What the compiler finds in the program as the paper draws it, with all rotations of the first and last layer."""
    text = (HERE / "bars.qgl").read_text(encoding="utf-8")
    model = qgl.loads(text.replace("rx(?) q; rz(?) q;", "turn(?) q;"))
    written = sum(parameter.size for parameter in model.program.parameters)
    if written != 297:
        raise ValueError(f"the program has {written} parameters")
    alive = len(shifted_circuit(model.circuit).shifts) // 2  # two shifts an angle
    yield "parameters", Ours(alive, note="the first and the last rz of each qubit are found to be dead by the compiler")
    edges = {tuple(sorted(o.wires)) for o in model.program.operations if o.name == "x" and o.control_wires}
    edges |= {tuple(sorted(o.wires)) for o in model.program.operations if o.name == "cx"}
    yield "edges", Ours(len(TREE & edges))


def by_depth(out: Path) -> Sweep:
    """Bars and stripes by L-BFGS at every depth, eight seeds; its picture goes into the documents."""
    how: dict[str, Any] = {"seeds": 8, "steps": 500, "precision": "double", "pictures": False, "display": "plain"}
    done = sweep(HERE / "bars.qgl", {"depth": range(1, 11)}, out=out, **how)
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / "systems-born-depths.png").write_bytes((out / "sweep.png").read_bytes())
    return done


def lbfgs(run: Run) -> dict[str, Ours]:
    """Eight seeds after 500 iterations."""
    losses = run.losses.tolist()
    return {
        "lbfgs_median": Ours.of_seeds(losses),
        "lbfgs_under": Ours(sum(loss < PUBLISHED_LOSS for loss in losses)),
        "early_valid": Ours.of_seeds(of_report(run, "valid_rate")),
    }


def long() -> dict[str, Ours]:
    """Four seeds for 3000 iterations."""
    run = trained("bars.qgl", LARGE, precision="double", seeds=4, steps=3000)
    losses, valid, divergences = run.losses.tolist(), of_report(run, "valid_rate"), of_report(run, "kl")
    wording = "four seeds after 3000 iterations; the paper's number of iterations is not known"
    return {
        "lbfgs": Ours.of_seeds(losses, wording),
        "lbfgs_valid": Ours.of_seeds(valid, wording),
        "long_under": Ours(sum(loss < PUBLISHED_LOSS for loss in losses)),
        "long_valid": Ours(min(valid), note=OTHER),
        "long_kl": Ours(max(divergences), min(divergences), max(divergences), OTHER),
    }


def other_tree() -> dict[str, Ours]:
    run = trained("bars_on_a_chain.qgl", LARGE, precision="double", seeds=8, steps=500)
    return {"other_tree": Ours.of_seeds(run.losses.tolist(), "a chain; which tree the first check took is not noted")}


def adam() -> dict[str, Ours]:
    run = trained("bars_by_adam.qgl", LARGE, seeds=8, steps=500)
    return {
        "adam_exact": Ours.of_seeds(of_report(run, "valid_rate"), "after 500 steps; the paper's number is not known")
    }


def by_shots(out: Path) -> dict[str, Ours]:
    """From strings alone, as equation 2 has it: 559 circuits a step; both numbers of shots side by side."""
    seeds = {2000: 3, 20_000: 1}

    def one(shots: int) -> Ours:
        constants: dict[str, Any] = {**LARGE, "steps": 500, "shots": shots}
        how: dict[str, Any] = {"seeds": seeds[shots], "jobs": 1, "pictures": False, "display": "plain"}
        done = sweep(HERE / "bars_from_shots.qgl", constants, out=out / str(shots), **how)
        wording = f"after 500 steps, {seeds[shots]} seed{'s' * (seeds[shots] > 1)}"
        valid = of_report(done.run(shots=shots), "valid_rate")
        return Ours.of_seeds(valid, wording) if len(valid) > 1 else Ours(valid[0], note=wording)

    with ThreadPoolExecutor(2) as threads:
        found = dict(zip(seeds, threads.map(one, seeds), strict=True))
    return {f"adam_{shots}": ours for shots, ours in found.items()}


def peaks(out: Path, quick: bool) -> dict[str, Ours]:
    if quick:
        run = trained("peaks.qgl", {"bits": 3, "depth": 1}, seeds=2, steps=40)
    else:
        run = qgl.load(HERE / "peaks.qgl").train(out=out, display="quiet")
        (PICTURES / "systems-born-peaks.png").write_bytes((out / "samples.png").read_bytes())
    independent = next(m["baselines"]["independent"] for m in run.report["metrics"] if m["name"].startswith("mmd"))
    return {"peaks": Ours.of_seeds(run.losses.tolist(), f"independent bits have {independent:.2g}")}


def trained(name: str, constants: Mapping[str, Any], precision: str | None = None, **changes: Any) -> Run:
    model = qgl.load(HERE / name, precision=precision, **constants)
    run: Run = model.train(settings=replace(model.program.train, **changes), display="quiet")
    return run


def of_report(run: Run, name: str) -> list[float]:
    """A report's values for all seeds."""
    (metric,) = [metric for metric in run.report["metrics"] if metric["name"].startswith(f"{name}(")]
    return [float(value) for value in metric["seeds"] or [metric["value"]]]


if __name__ == "__main__":
    main("born", measure)
