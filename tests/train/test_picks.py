"""Choices and what is picked of them: by stages, by `qglc emit --pick`, and the report of their probabilities."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

import qgl
from qgl.cli.emit import flat
from qgl.cli.main import app
from qgl.diagnostics.model import Diagnostic, Severity
from qgl.evaluate.exact import evaluate
from qgl.expression import Input
from qgl.objectives.model import Setting
from qgl.program.choices import most_likely
from qgl.program.picking import choices_of, picked
from qgl.report.report import answerer
from qgl.runs.run import Run
from qgl.train.loop import train
from tests.check.checking import faults, program
from tests.reference.density import density_matrix

PROGRAM = """\
const places = 2;
data target = strings(["00", "11"]);
visible v[2];
hidden which[places] : category(5);
hidden more;
param w[places] : table(5);
param turn : table(2);
param a[places, 4];
model {
    repeat places as t {
        prepare(w[t]) which[t];
        measure which[t] -> k;
        if k == 0 { ry(a[t, 0]) v[0]; }
        if k == 1 { ry(a[t, 1]) v[1]; }
        if k == 2 { rx(a[t, 2]) v[0]; } else if k == 3 { ry(a[t, 3]) v; }
        if k == 4 { cx v[0], v[1]; }
    }
    prepare(turn) more;
    measure more -> m;
    if m { x v[1]; }
}
objective kl(target) + 0.05 * entropy(which);
train { optimizer adam(rate = 0.06); steps 3; seeds 2; checkpoint 2; }
stage all {}
stage one { pick which; objective kl(target); }
stage last { pick more; objective kl(target); }
report kl(target), choices;
"""


def numbers(seed: int) -> tuple[qgl.Model, dict[str, NDArray[np.float64]]]:
    model = qgl.loads(PROGRAM)
    random = np.random.default_rng(seed)
    return model, {p.name: random.normal(size=p.shape) for p in model.program.parameters}


def shares(angles: NDArray[Any]) -> NDArray[np.float64]:
    """The probabilities of five values, by the tree of their bits: 0..3 by three angles, and 4."""
    most, second, low, high = np.sin(np.asarray(angles, np.float64) / 2) ** 2
    rest = (1 - most) * np.array([(1 - second) * (1 - low), (1 - second) * low, second * (1 - high), second * high])
    return np.append(rest, most)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_most_likely_circuit_of_all(seed: int) -> None:
    """Its values are those of the largest probability, and it is the circuit that is left of them."""
    model, params = numbers(seed)
    inputs = flat(model.program, params)
    choices = choices_of(model.program)
    assert [each.name for each in choices] == ["which[0]", "which[1]", "more[0]"]
    assert [each.count for each in choices] == [5, 5, 2]

    def number(atom: Input) -> float:
        return float(params[model.program.parameters[atom.parameter].name].ravel()[atom.element])

    bits, probabilities = most_likely(choices, number)
    expected = [shares(table) for table in params["w"]]
    one = np.sin(params["turn"][0] / 2) ** 2
    expected.append(np.array([1 - one, one]))
    values = [each.value(bits) for each in choices]
    assert values == [int(np.argmax(each)) for each in expected]
    np.testing.assert_allclose(probabilities, [each.max() for each in expected], rtol=1e-12)

    mixture = np.zeros((4, 4), complex)
    for combination in itertools.product(range(5), range(5), range(2)):
        wanted: dict[int, bool] = {}
        for choice, value in zip(choices, combination, strict=True):
            places = reversed(range(len(choice.wires)))
            wanted |= {wire: bool(value >> k & 1) for wire, k in zip(choice.wires, places, strict=True)}
        left = picked(model.program, choices, wanted)
        assert not any(each.condition for each in left.operations)
        share = np.prod([table[value] for table, value in zip(expected, combination, strict=True)])
        mixture += share * density_matrix(left, inputs)
    np.testing.assert_allclose(mixture, density_matrix(model.program, inputs), atol=1e-12)


def test_choices_are_told() -> None:
    model, params = numbers(0)
    rows = evaluate(
        model.program.reports[1:],
        Setting.of(model.program),
        answerer(model, {name: jnp.asarray(value) for name, value in params.items()}),
    )
    values = np.concatenate(
        [*map(shares, params["w"]), [np.cos(params["turn"][0] / 2) ** 2, np.sin(params["turn"][0] / 2) ** 2]]
    )
    np.testing.assert_allclose(np.array([row.value for row in rows], float), values, atol=1e-6)
    assert [rows[0].name, rows[-1].name] == ["choices, which[0] = 0", "choices, more[0] = 1"]
    assert [rows[0].uniform, rows[-1].uniform] == [0.2, 0.5]


def test_a_table_under_a_choice_before_it() -> None:
    """The value is the most likely one given that before it, which need not be the most likely pair."""
    found = program(
        "visible v;\nhidden first;\nhidden second : category(3);\n"
        "model { prepare([0.6, 0.4]) first; prepare([[0.4, 0.3, 0.3], [0, 0.1, 0.9]]) first, second;\n"
        "measure first -> m; measure second -> k; if m and k == 2 { x v; } }"
    )
    choices = choices_of(found)
    bits, probabilities = most_likely(choices, lambda atom: np.nan)
    assert [each.value(bits) for each in choices] == [0, 0]
    np.testing.assert_allclose(probabilities, [0.6, 0.4])
    assert [each.name for each in picked(found, choices, bits).operations] == []


def test_what_a_variable_that_is_not_picked_needs_stays() -> None:
    found = program(
        "visible v;\nhidden which;\nmodel { prepare([0.3, 0.7]) which; prepare([[1, 0], [0.2, 0.8]]) which, v;\n"
        "measure which -> m; if m { x v; } }"
    )
    (choice,) = choices_of(found)
    assert picked(found, [choice], {choice.wires[0]: True}) == found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("picks") / "whole"
    return train(qgl.loads(PROGRAM), display="quiet", pictures=False, out=folder)


def test_a_stage_picks_for_each_seed_and_holds_it(whole: Run) -> None:
    search, tuned, last = whole.stages
    for seed in range(2):
        best = [int(np.argmax(shares(table))) for table in search.all_params["w"][seed]]
        for run in (tuned, last):
            certain = [shares(table) for table in run.all_params["w"][seed]]
            assert [int(np.argmax(each)) for each in certain] == best
            np.testing.assert_allclose([each.max() for each in certain], 1, atol=1e-12)
        assert last.all_params["turn"][seed, 0] in (np.float32(0), np.float32(np.pi))
    assert (tuned.all_params["turn"] != search.all_params["turn"]).all()
    assert (tuned.all_params["w"] == last.all_params["w"]).all()
    assert (tuned.all_params["a"] != search.all_params["a"]).any()


def test_a_run_goes_on_to_the_same_numbers(whole: Run, tmp_path: Path) -> None:
    """One that was stopped in a stage that picks."""
    from qgl.report.display import Progress, Silent

    class Stopping(Silent):
        def update(self, progress: Progress) -> None:
            if progress.step == 2 and self.stages == 2:
                raise KeyboardInterrupt

        stages = 0

        def start(self, title: str) -> None:
            self.stages += 1

    with pytest.raises(KeyboardInterrupt):
        train(qgl.loads(PROGRAM), display=Stopping(), pictures=False, out=tmp_path / "run")
    again = train(qgl.loads(PROGRAM), display="quiet", pictures=False, resume=tmp_path / "run")
    for name, value in whole.all_params.items():
        assert (again.all_params[name] == value).all()


def test_emitted(whole: Run) -> None:
    assert whole.path is not None
    done = CliRunner().invoke(app, ["emit", str(whole.path), "--pick"])
    assert done.exit_code == 0 and "// Picked: which[0] = " in done.stdout and "of probability 1." in done.stdout
    assert " if " not in done.stdout.replace("// line", "").split("qubit[2] q;")[1].replace(": if", "")
    refused = CliRunner().invoke(app, ["emit", str(whole.path), "--pick", "--free"])
    assert refused.exit_code == 2 and "once parameters have values" in refused.stderr.replace("\n", " ")


def errors(text: str) -> list[Diagnostic]:
    return [each for each in faults(text) if each.severity is Severity.ERROR]


TOP = "data d = parity(2);\nvisible v[2];\nhidden h[2];\nparam w[2];\nparam u[2] : angle[2];\nobjective kl(d);\n"
TOP += "stage zero { move u; }\n"
MEASURED = "measure h[0] -> m; if m { x v[0]; }"


@pytest.mark.parametrize(
    ("body", "picks", "fault"),
    [
        ("ry(w[0]) h[0]; " + MEASURED, "v[1]", "it is not measured"),
        ("ry(w[0]) h[0]; " + MEASURED, "h", "nothing prepares it"),
        ("ry(w[0]) h[0]; h h[0]; " + MEASURED, "h[0]", "`h` acts on it"),
        ("ry(w[0]) h[0]; ry(w[1]) h[0]; " + MEASURED, "h[0]", "it is prepared twice"),
        ("ry(2 * w[0]) h[0]; " + MEASURED, "h[0]", "no table that is trained"),
        ("prepare([0.3, 0.7]) h[0]; " + MEASURED, "h[0]", "no table that is trained"),
        ("ry(w[0]) h[0]; ry(w[0]) v[1]; " + MEASURED, "h[0]", "its table `w` is used elsewhere too"),
        ("ry(w[0]) h[0]; postselect(1) h[0];", "h[0]", "`postselect` acts on it"),
        ("ry(w[0]) h[1]; prepare(u[0]) h[1], h[0]; " + MEASURED, "h[0]", "qubits that are not picked before it"),
    ],
)
def test_what_cannot_be_picked(body: str, picks: str, fault: str) -> None:
    text = f"{TOP}model {{ ry(w[1] + u[1, 0]) v[1]; {body} }}\nstage one {{ pick {picks}; }}\n"
    (one,) = errors(text)
    assert one.code == "QGL0770" and fault in one.message and one.span is not None


def test_nothing_is_picked_before_training() -> None:
    text = (
        TOP.replace("stage zero { move u; }\n", "")
        + f"model {{ ry(w[0]) h[0]; {MEASURED} }}\nstage one {{ pick h[0]; }}\n"
    )
    (one,) = errors(text)
    assert one.code == "QGL0770" and "nothing is trained before" in one.message


def test_choices_of_a_program_that_has_none() -> None:
    (one,) = errors("data d = parity(2);\nvisible v[2];\nmodel { ry(?) v; }\nreport choices;")
    assert one.code == "QGL0702" and "there are none" in one.message


def test_whole_numbers_of_outcomes() -> None:
    """`k == 2` is the conjunction of bits, and what it is not its negation; both sides may stand first."""
    top = "visible v[3] = angles([(0.3, 0.4), (1.1, -0.7), (2.0, 0.9)]);\nvisible r;\nmodel { measure v -> k; "
    for written, meant in [
        ("if k == 2 { x r; }", "if not k[0] and k[1] and not k[2] { x r; }"),
        ("if 5 != k { x r; }", "if not (k[0] and not k[1] and k[2]) { x r; }"),
        ("if k == 7 or k[1] { x r; } else { h r; }", "if k[1] { x r; } else { h r; }"),
    ]:
        one, other = (density_matrix(program(f"{top}{text} }}")) for text in (written, meant))
        np.testing.assert_allclose(one, other, atol=1e-12)
    for wrong in ("k == 8", "k == -1", "k < 3", "k == 1.0", "k == k", "k == true"):
        assert [each.code for each in faults(f"{top}if {wrong} {{ x r; }} }}")] == ["QGL0414"]


def test_other_stages_are_as_they_were() -> None:
    model = qgl.loads(PROGRAM)
    assert next(stage.program.picks for stage in model.stages) == () and model.program.picks == ()
    assert replace(model.stages[1].program, picks=()).moved is not None
