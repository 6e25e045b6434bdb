"""`choose` means the chain of conditions that it is written for, and says where its branches are wrong."""

from __future__ import annotations

import pytest

from qgl.diagnostics.registers import NotUnitary
from qgl.program.picking import choices_of, hidden_choices
from tests.check.checking import faults, pointed, program, written

HEAD = "visible v[3];\nhidden which : category(3);\nmodel { h v; prepare(?) which; measure which -> k; "
SAME = {  # what is written, and what it means
    "choose k { x v[0]; } or { rx(?) v[1]; } or { cx v[0], v[1]; } }": (
        "if k == 0 { x v[0]; } if k == 1 { rx(?) v[1]; } if k == 2 { cx v[0], v[1]; } }"
    ),
    "measure v[0] -> m; choose m { } or { x v[1]; } if k == 1 { choose m { z v[1]; } or { y v[1]; } } }": (
        "measure v[0] -> m; if m == 1 { x v[1]; } if k == 1 { if not m { z v[1]; } if m { y v[1]; } } }"
    ),
    "measure v[0..1] -> m; choose m { } or { fresh e; cx v[2], e; } or { measure v[2] -> n; } or { x v[2]; } }": (
        "measure v[0..1] -> m; if m == 1 { fresh e; cx v[2], e; } if m == 2 { measure v[2] -> n; } "
        "if m == 3 { x v[2]; } }"
    ),
    "for t in 0..2 { choose t { x v[t]; } or { } or { rx(?) v[t]; } } if k == 0 { x v; } }": (
        "x v[0]; rx(?) v[2]; if k == 0 { x v; } }"
    ),
    "measure v[0] -> m; measure v[1] -> n; choose m != n { x v[2]; } or { z v[2]; } if k == 0 { x v; } }": (
        "measure v[0] -> m; measure v[1] -> n; if m == n { x v[2]; } if m != n { z v[2]; } if k == 0 { x v; } }"
    ),
}


@pytest.mark.parametrize("text", SAME)
def test_it_is_a_chain_of_conditions(text: str) -> None:
    assert written(HEAD + text) == written(HEAD + SAME[text])


def test_a_variable_that_it_goes_by_is_a_choice() -> None:
    chosen = program(HEAD + "choose k { x v[0]; } or { } or { z v[1]; } }")
    assert [each.name for each in choices_of(chosen)] == ["which"]
    assert [count for _, _, count in hidden_choices(chosen)] == [3]


WRONG = {  # the code, what it points at, and what it says
    "choose k { x v; } or { z v; } }": ("QGL0419", "k", "the outcome has 3 values, and the branches here are 2"),
    "choose k { } or { } or { } or { z v; } }": (
        *("QGL0419", "{ z v; }"),
        "the outcome has 3 values, and the branches here are 4",
    ),
    "measure v[0] -> m; choose m { } or { } or { h v; } }": (
        *("QGL0419", "{ h v; }"),
        "the outcome has 2 values, and the branches here are 3",
    ),
    "for t in 0..2 { choose t { x v; } or { z v; } } }": ("QGL0419", "t", "there is no branch 2: the last is 1"),
    "fresh e[900]; measure e -> m; choose m { } }": (
        *("QGL0419", "m"),
        "the outcome has 2^900 values, and the branches here are 1",
    ),
    "choose -1 { x v; } or { z v; } }": ("QGL0419", "-1", "there is no branch -1: the last is 1"),
    "choose which { } or { } or { } }": (
        *("QGL0303", "which"),
        "a measured outcome or a whole number belongs here, not a variable of 3 categories",
    ),
    "choose true { } or { } }": (
        *("QGL0303", "true"),
        "a measured outcome or a whole number belongs here, not `true`",
    ),
    "choose k { rx(1, 2) v; } or { } or { y v[7]; } }": ("QGL0307", "7", ""),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_said_where_it_is(text: str) -> None:
    code, place, message = WRONG[text]
    last = faults(HEAD + text)[-1]
    assert (last.code, last.span and last.span.text) == (code, place)
    assert message in last.message


def test_faults_of_all_branches_are_said_and_names_end_with_them() -> None:
    text = HEAD + "choose k { rx(1, 2) v[0]; } or { let a = 1; x v[a]; } or { y v[a]; } }"
    assert [place for _, place in pointed(text)] == ["rx", "a"]


def test_a_layer_is_unitary() -> None:
    text = (
        "visible v;\nlayer f(m: bit, q: qubit) { choose m { x q; } or { z q; } }\nmodel { measure v -> m; f(m, v); }\n"
    )
    assert [each.what for each in faults(text) if isinstance(each, NotUnitary)] == ["a condition on a measured bit"]
