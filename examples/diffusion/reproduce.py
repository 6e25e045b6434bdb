"""Measures the figures of system H: python -m examples.diffusion.reproduce [--quick] [--only PART]."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

import qgl
from examples.published import Ours, main
from qgl.objectives.ensembles.discrepancy import EnsembleDiscrepancy
from qgl.objectives.ensembles.similarity import with_equal_weights
from qgl.objectives.ensembles.transport import EnsembleTransport
from qgl.objectives.ensembles.uhlmann import factors, fidelities_of
from qgl.program.calls.kernels import Fidelity, KernelCall, Superfidelity
from qgl.runs.run import Run
from qgl.source import Source, Span

HERE = Path(__file__).resolve().parent
NAME = "diffusion"
TESTED = 500  # elements that are generated from fresh random states
States = NDArray[np.complex128]
_SPAN = Span(Source("reproduce", ""), 0, 0)


@dataclass(frozen=True)
class Trained:
    """A program, all its seeds trained; `given` are the constants that it was trained with."""

    file: str
    given: Mapping[str, Any]
    run: Run

    @classmethod
    def of(cls, file: str, steps: int | None, seeds: int | None, /, **given: Any) -> Trained:
        model = qgl.load(HERE / file, **given)
        settings = model.program.train if seeds is None else replace(model.program.train, seeds=seeds)
        return cls(file, given, model.train(settings=settings, steps=steps, display="plain", pictures=False))

    def generated(self) -> list[States]:
        """Of each seed the elements that come of fresh draws, outcomes drawn: amplitudes or density matrices."""
        model = qgl.load(HERE / self.file, **{**self.given, "count": TESTED})
        found = []
        for seed in range(len(self.run.losses)):
            key = jax.random.key(1000 + seed)
            params = {name: value[seed] for name, value in self.run.all_params.items()}
            latents = {each.name for each in model.program.parameters if each.kind == "latent"}
            params |= {name: value for name, value in model.init(key).items() if name in latents}
            elements = np.asarray(model.ensemble(params, key=key), np.complex128)
            found.append(elements * (np.sqrt(TESTED) if elements.ndim == 2 else TESTED))
        return found

    def data(self, name: str = "states") -> States:
        """New states of the data's distribution, of another seed than those that were learnt."""
        text = (HERE / self.file).read_text(encoding="utf-8").replace("count = 1000", f"count = {TESTED}, seed = 77")
        states = qgl.loads(text, **self.given).program.data[name].states
        assert states is not None
        return states


def mmd(one: States, other: States, power: int) -> float:
    """The discrepancy by the power of the fidelity."""
    kernel = Fidelity(power, span=_SPAN)
    return EnsembleDiscrepancy(kernel, 0, other).measured(with_equal_weights(one))


def wasserstein(one: States, other: States, kernel: KernelCall | None = None) -> float:
    """The Wasserstein distance, the cost being 1 - fidelity, or 1 - another kernel."""
    return EnsembleTransport(kernel or Fidelity(1, span=_SPAN), 0, other, _SPAN).measured(with_equal_weights(one))


def fidelity(states: States, place: int = 0) -> float:
    """The mean fidelity with a basis state."""
    return float(np.mean(np.abs(states[:, place]) ** 2 if states.ndim == 2 else states[:, place, place].real))


def of_circle(states: States) -> float:
    """The mean of <Y>^2, 0 on the circle."""
    return float(np.mean((2 * np.imag(states[:, 0].conj() * states[:, 1])) ** 2))


def over_seeds(states: list[States], value: Callable[[States], float]) -> Ours:
    return Ours.of_seeds([value(each) for each in states])


def compared(name: str, trained: Trained) -> dict[str, Ours]:
    """What all ensembles of pure states are measured by, and what two sets of data show."""
    states, data = trained.generated(), trained.data()
    own = qgl.load(HERE / trained.file, **trained.given).program.data["states"].states
    assert own is not None
    own = own[:TESTED]
    return {
        f"{name}_mmd1": over_seeds(states, lambda each: mmd(each, data, 1)),
        f"{name}_mmd2": over_seeds(states, lambda each: mmd(each, data, 2)),
        f"{name}_w": over_seeds(states, lambda each: wasserstein(each, data)),
        f"{name}_w_floor": Ours(wasserstein(own, data)),
        f"{name}_mmd2_floor": Ours(mmd(own, data, 2)),
    }


def clusters(quick: bool) -> dict[str, Ours]:
    """One and two qubits, stage by stage."""
    figures: dict[str, Ours] = {}
    two = {"n": 2, "target": "00", "width": 0.06, "weakest": 0.5, "depth": 6}
    for n, given in ((1, {}), (2, two)):
        trained = Trained.of("cluster.qgl", 20 if quick else None, 2 if quick else None, **given)
        states = trained.generated()
        figures[f"cluster{n}_f0"] = over_seeds(states, fidelity)
        figures[f"cluster{n}_f0_best"] = Ours(max(map(fidelity, states)))
        figures |= compared(f"cluster{n}", trained)
        figures[f"cluster{n}_w_best"] = Ours(figures[f"cluster{n}_w"].low)
    return figures


def circle(quick: bool) -> dict[str, Ours]:
    """States on a circle, which the mean state knows nothing of."""
    trained = Trained.of("circle.qgl", 20 if quick else None, 2 if quick else None)
    return compared("circle", trained) | {"circle_y": over_seeds(trained.generated(), of_circle)}


def noise(quick: bool) -> dict[str, Ours]:
    """Correlated noise, which the mean state knows a part of."""
    return compared("noise", Trained.of("noise.qgl", 20 if quick else None, 2 if quick else None))


def baselines(quick: bool) -> dict[str, Ours]:
    """One step of 120 layers in place of 20 of 6, on two qubits."""
    given = {"n": 2, "target": "00", "width": 0.06, "steps": 1, "depth": 120}
    trained = Trained.of("cluster.qgl", 10 if quick else None, 2 if quick else None, **given)
    return {"qdt_f0": over_seeds(trained.generated(), fidelity)}


def adversary(quick: bool, qubits: int = 1, **given: Any) -> dict[str, Ours]:
    """One step of 120 layers against a circuit that is its critic; both outcomes count by their weights."""
    trained = Trained.of("qgan.qgl", 10 if quick else None, 2 if quick else None, **given)
    shares = [np.abs(states) ** 2 for states in trained.generated()]
    return {f"qgan{qubits}_f0": Ours.of_seeds([float(share[:, 0].sum() / share.sum()) for share in shares])}


def adversary_of_two(quick: bool) -> dict[str, Ours]:
    """The same on two qubits."""
    return adversary(quick, 2, n=2, target="00", width=0.06)


def magnetisation(rho: States) -> float:
    """The mean of |sum of Z| / n over the bits of a state."""
    bits = np.array([bin(k).count("1") for k in range(len(rho))])
    width = len(rho).bit_length() - 1
    return float(np.abs(1 - 2 * bits / width) @ np.diagonal(rho).real)


def end_to_end(quick: bool) -> dict[str, Ours]:
    """All steps at once, on the mean state."""
    steps, seeds = (20, 2) if quick else (None, None)
    two = {"n": 2, "target": "00", "width": 0.06, "depth": 6}
    one, other = (Trained.of("end_to_end.qgl", steps, seeds, **given) for given in ({}, two))
    figures = {f"together{n}": Ours.of_seeds(each.run.losses.tolist()) for n, each in ((1, one), (2, other))}
    if not quick:
        tfim = Trained.of("tfim.qgl", None, None)
        model = qgl.load(HERE / "tfim.qgl")
        figures["tfim"] = Ours(float(tfim.run.losses.min()))
        figures["tfim_m"] = Ours(magnetisation(np.asarray(model.state(tfim.run.params))))
        mean = model.program.data["states"].state
        assert mean is not None
        figures["tfim_m_data"] = Ours(magnetisation(mean))
    return figures


def mean_purity(states: States) -> float:
    return float(np.mean(np.einsum("lxy,lyx->l", states, states).real))


def mixed_states(quick: bool) -> dict[str, Ours]:
    """MSQuDDPM: a cluster by the discrepancy, a circle by transport, superfidelity both."""
    steps, seeds = (20, 2) if quick else (None, None)
    cluster = Trained.of("msquddpm.qgl", steps, seeds)
    states, data = cluster.generated(), cluster.data()
    by = Superfidelity(span=_SPAN)
    figures = {
        "ms_f0": over_seeds(states, fidelity),
        "ms_f0_best": Ours(max(map(fidelity, states))),
        "ms_f0_data": Ours(fidelity(data)),
        "ms_purity": over_seeds(states, lambda each: abs(mean_purity(each) - mean_purity(data))),
        "ms_w": over_seeds(states, lambda each: wasserstein(each, data, by)),
    }
    figures["ms_w_best"] = Ours(figures["ms_w"].low)
    around_circle = Trained.of("msquddpm_circle.qgl", steps, seeds)
    around = around_circle.data()
    figures["ms_circle_w"] = over_seeds(around_circle.generated(), lambda each: wasserstein(each, around, by))
    figures["ms_circle_w_best"] = Ours(figures["ms_circle_w"].low)
    return figures


def haar_ancillas(quick: bool) -> dict[str, Ours]:
    """MSQuDDPM with one of the two ancillas in a random state."""
    cluster = Trained.of("msquddpm_haar.qgl", 20 if quick else None, 2 if quick else None)
    states, data = cluster.generated(), cluster.data()
    by = Superfidelity(span=_SPAN)
    return {
        "ms_haar_f0": over_seeds(states, fidelity),
        "ms_haar_f0_best": Ours(max(map(fidelity, states))),
        "ms_haar_purity": over_seeds(states, lambda each: abs(mean_purity(each) - mean_purity(data))),
        "ms_haar_w": over_seeds(states, lambda each: wasserstein(each, data, by)),
    }


def haar_circle(quick: bool) -> dict[str, Ours]:
    """The circle with one of the two ancillas in a random state."""
    trained = Trained.of("msquddpm_circle_haar.qgl", 20 if quick else None, 2 if quick else None)
    around, by = trained.data(), Superfidelity(span=_SPAN)
    found = over_seeds(trained.generated(), lambda each: wasserstein(each, around, by))
    return {"ms_circle_haar_w": found, "ms_circle_haar_w_best": Ours(found.low)}


def tfim_by_stages(quick: bool) -> dict[str, Ours]:
    """Ground states, each step trained by itself."""
    trained = Trained.of(
        "tfim_staged.qgl", 10 if quick else None, 2 if quick else None, **({"steps": 2, "depth": 1} if quick else {})
    )
    states = trained.generated()
    means = [states_mean(each) for each in states]
    return {"tfim_staged_m": Ours.of_seeds([magnetisation(each) for each in means])}


def states_mean(states: States) -> States:
    """The mean of the projectors on states."""
    return np.asarray(states.T @ states.conj() / len(states))


def one_target(quick: bool) -> dict[str, Ours]:
    """QGDM end to end: the fidelity with a pure target, or with the mean of two."""
    figures: dict[str, Ours] = {}
    for n, rank in ((1, 1), (2, 1), (2, 2), (3, 1))[: 2 if quick else 4]:
        depth = 10 if n == 3 else 6
        given = {"n": n, "ancillas": n, "rank": rank, "depth": depth, "zeros": "0" * n}
        trained = Trained.of("qgdm.qgl", 20 if quick else None, 2 if quick else None, **given)
        figures[f"qgdm{n}_{'mixed' if rank > 1 else 'pure'}"] = of_target(trained)
    return figures


def four_qubits(quick: bool) -> dict[str, Ours]:
    """QGDM on four qubits with two ancillas, and with one."""
    small = {"depth": 1, "steps": 2} if quick else {}
    found = [Trained.of("qgdm_four.qgl", 10 if quick else None, None, ancillas=k, **small) for k in (2, 1)]
    return {"qgdm4_pure": of_target(found[0]), "re_qgdm4_pure": of_target(found[1])}


def of_target(trained: Trained) -> Ours:
    """The fidelity of what all seeds make with the state that they learnt, the best of them before all."""
    model = qgl.load(HERE / trained.file, precision="double", **trained.given)
    target = model.program.data["target"].state
    assert target is not None
    found = []
    for seed in range(len(trained.run.losses)):
        with jax.enable_x64(True):
            params = {name: jnp.asarray(value[seed]) for name, value in trained.run.all_params.items()}
            made = np.asarray(model.state(params))
        found.append(float(fidelities_of(made[None], factors(target[None])[0], float(np.finfo(float).eps))[0]))
    return Ours(max(found), min(found), max(found))


PARTS = (  # the quick version takes a few steps with two seeds
    *(clusters, circle, noise, baselines, adversary, adversary_of_two, end_to_end, tfim_by_stages),
    *(mixed_states, haar_ancillas, haar_circle, one_target, four_qubits),
)


if __name__ == "__main__":
    main(NAME, *PARTS)
