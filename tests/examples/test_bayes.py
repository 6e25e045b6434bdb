"""Basis-enhanced Bayesian circuits: the games, the network with several parents, and the rows, in seconds."""

from __future__ import annotations

import numpy as np
import pytest

import qgl
from examples.bayes.games import FOLDER, chsh, garden_rows, ghz
from examples.bayes.reproduce import HERE, measure
from examples.published import published
from qgl.bits.distribution import distribution


@pytest.fixture(scope="module")
def figures() -> dict[str, float]:
    return {key: ours.value for key, ours in measure(True).items() if ours.value is not None}


@pytest.mark.slow
def test_figures_have_published_ones(figures: dict[str, float]) -> None:
    _, known = published("bayes")
    assert set(figures) <= {figure.key for figure in known}
    assert len({figure.key for figure in known}) == len(known)


@pytest.mark.slow
def test_a_change_of_basis_reaches_the_games(figures: dict[str, float]) -> None:
    assert figures["ghz"] < 1e-6
    assert figures["chsh"] < 1e-6


@pytest.mark.slow
def test_no_classical_network_does(figures: dict[str, float]) -> None:
    """The bounds are those in closed form, and what was trained is not below them."""
    wins = np.cos(np.pi / 8) ** 2
    assert figures["ghz_bound"] == pytest.approx(np.log(4 / 3), abs=1e-9)
    assert figures["chsh_bound"] == pytest.approx(
        wins * np.log(wins / 0.75) + (1 - wins) * np.log((1 - wins) * 4), abs=1e-9
    )
    assert figures["ghz_bound"] - 1e-6 < figures["ghz_classical"] < figures["ghz_bound"] + 0.15
    assert figures["chsh_bound"] - 1e-6 < figures["chsh_classical"] < figures["chsh_bound"] + 0.05


@pytest.mark.slow
def test_a_network_with_several_parents_is_counted(figures: dict[str, float]) -> None:
    assert figures["garden"] < 1e-5
    assert figures["lymphography_floor"] == pytest.approx(np.log(148))
    assert (np.loadtxt(FOLDER / "garden.csv", delimiter=",", dtype=int) == garden_rows()).all()


@pytest.mark.parametrize("name", ["ghz", "ghz_classical"])
def test_the_ghz_programs_hold_the_game(name: str) -> None:
    p = distribution(qgl.load(HERE / f"{name}.qgl").program.data["game"]).reshape(8, 8)
    assert p[[0b000, 0b011, 0b101, 0b110]] == pytest.approx(ghz() / 4)


@pytest.mark.parametrize("name", ["chsh", "chsh_classical"])
def test_the_chsh_programs_hold_the_game(name: str) -> None:
    assert distribution(qgl.load(HERE / f"{name}.qgl").program.data["game"]).reshape(4, 4) == pytest.approx(chsh() / 4)


def test_biofam_is_the_same_chain() -> None:
    """Its rows are not here, so that it is held to the program that has rows."""
    text = {name: (HERE / f"{name}.qgl").read_text(encoding="utf-8") for name in ("biofam", "lymphography")}
    cells = {name: each[each.index("layer cell") : each.index("model {")] for name, each in text.items()}
    assert cells["biofam"] == cells["lymphography"]
