"""Programs of people who come from Qiskit, Python or OpenQASM: the message says what to write here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.lexical import ForeignPhrase
from qgl.diagnostics.render import to_text
from qgl.source import Source
from qgl.syntax.foreign import translated
from qgl.syntax.grammar import tables
from tests.golden import assert_golden

ROOT = Path(__file__).parents[2]
HEAD = "visible v[4];\n"
TRAINED = f"{HEAD}model {{ h v; }}\ntrain {{ "
MENDED = {  # what is written, and what one gets by obeying the message
    f"{HEAD}model {{ v.h(); }}\n": f"{HEAD}model {{ h v; }}\n",
    f"{HEAD}model {{ v.rx(0.1); h v; }}\n": f"{HEAD}model {{ rx(0.1) v; h v; }}\n",
    f"{HEAD}model {{ h v; v[0].rx(0.1); }}\n": f"{HEAD}model {{ h v; rx(0.1) v[0]; }}\n",
    f"{HEAD}model {{ ry[?] v; }}\n": f"{HEAD}model {{ ry(?) v; }}\n",
    f"{HEAD}model {{ h v; inv s v[0]; }}\n": f"{HEAD}model {{ h v; inverse s v[0]; }}\n",
    f"{HEAD}model {{ h v; control x v[0], v[1]; }}\n": f"{HEAD}model {{ h v; ctrl x v[0], v[1]; }}\n",
    f"{HEAD}model {{ h v; measure v -> m; if m[0] {{ x v[1]; }} elif m[1] {{ x v; }} }}\n": (
        f"{HEAD}model {{ h v; measure v -> m; if m[0] {{ x v[1]; }} else if m[1] {{ x v; }} }}\n"
    ),
    f"{HEAD}model {{ rx(np.pi / 2) v; }}\n": f"{HEAD}model {{ rx(pi / 2) v; }}\n",
    f"{HEAD}model {{ rx(math.sin(0.1)) v; }}\n": f"{HEAD}model {{ rx(sin(0.1)) v; }}\n",
    "visible v(4);\nmodel { h v; }\n": "visible v[4];\nmodel { h v; }\n",
    "visible v[4] = |0>;\nmodel { h v; }\n": "visible v[4] = zero;\nmodel { h v; }\n",
    "visible v[2] = |01>;\nmodel { h v; }\n": 'visible v[2] = "01";\nmodel { h v; }\n',
    f"{HEAD}model {{ h v; fresh a = |+>; cx a, v[0]; }}\n": f"{HEAD}model {{ h v; fresh a = plus; cx a, v[0]; }}\n",
    f"{TRAINED}optimizer adam(rate = 0.1), steps 100; }}\n": f"{TRAINED}optimizer adam(rate = 0.1); steps 100; }}\n",
}
HINTED = {
    f"const a = 7 // 2;\n{HEAD}model {{ h v[a]; h v; }}\n": f"const a = div(7, 2);\n{HEAD}model {{ h v[a]; h v; }}\n",
    f"{HEAD}model {{ h v; h v[7 // 2]; }}\n": f"{HEAD}model {{ h v; h v[div(7, 2)]; }}\n",
    "const n = 4.0;\nvisible v[n];\nmodel { h v; }\n": "const n = 4;\nvisible v[n];\nmodel { h v; }\n",
    "const n = 7 / 2;\nvisible v[n];\nmodel { h v; }\n": "const n = div(7, 2);\nvisible v[n];\nmodel { h v; }\n",
    f"{HEAD}model {{ h v; h v(0); }}\n": f"{HEAD}model {{ h v; h v[0]; }}\n",
    f"hamiltonian g = X_1;\n{HEAD}model {{ h v; evolve g for 1; }}\n": (
        f"hamiltonian g = X[v[1]];\n{HEAD}model {{ h v; evolve g for 1; }}\n"
    ),
    f"hamiltonian g = ZZ;\n{HEAD}model {{ h v; evolve g for 1; }}\n": (
        f"hamiltonian g = Z[v[0]] * Z[v[1]];\n{HEAD}model {{ h v; evolve g for 1; }}\n"
    ),
    f"hamiltonian g = Z(0);\n{HEAD}model {{ h v; evolve g for 1; }}\n": (
        f"hamiltonian g = Z[v[0]];\n{HEAD}model {{ h v; evolve g for 1; }}\n"
    ),
    "qreg v[4];\nmodel { h v; }\n": f"{HEAD}model {{ h v; }}\n",
    "qubit[4] v;\nmodel { h v; }\n": f"{HEAD}model {{ h v; }}\n",
    f"{HEAD}gate foo a {{ h a; }}\nmodel {{ foo v; }}\n": f"{HEAD}layer foo(a: qubit) {{ h a; }}\nmodel {{ foo v; }}\n",
    f"{HEAD}model {{ h v; }}\ntrian {{ steps 10; }}\n": f"{TRAINED}steps 10; }}\n",
    f"{HEAD}model {{ rx(PI) v; }}\n": f"{HEAD}model {{ rx(pi) v; }}\n",
    f"{HEAD}model {{ rx(theta) v; }}\n": f"{HEAD}param theta : angle;\nmodel {{ rx(theta) v; }}\n",
    f"  param t : angle = 0.1;\n{HEAD}model {{ rx(t) v; }}\n": (
        f"  param t : angle ~ normal(0, 0.1);\n{HEAD}model {{ rx(t) v; }}\n"
    ),
    f"{HEAD}model {{ for k in range(4) {{ h v[k]; }} }}\n": f"{HEAD}model {{ for k in 0..3 {{ h v[k]; }} }}\n",
    f"{HEAD}model {{ h v; cphase(0.1) v[0], v[1]; }}\n": f"{HEAD}model {{ h v; cp(0.1) v[0], v[1]; }}\n",
    f"{TRAINED}epochs 10; }}\n": f"{TRAINED}steps 10; }}\n",
    f"{TRAINED}batch_size 10; }}\n": f"{TRAINED}batch 10; }}\n",
    f"{TRAINED}learning_rate 0.1; }}\n": f"{TRAINED}optimizer adam(rate = 0.1); }}\n",
    f"{TRAINED}optimizer adam(learning_rate = 0.1); }}\n": f"{TRAINED}optimizer adam(rate = 0.1); }}\n",
    f"{HEAD}model {{ h v; cx v[0, v[1]; }}\n": f"{HEAD}model {{ h v; cx v[0], v[1]; }}\n",
    f"{HEAD}model {{ h v; cx (v[0], v[1]; }}\n": f"{HEAD}model {{ h v; cx v[0], v[1]; }}\n",
}


def told(text: str, folder: Path) -> str:
    return to_text(diagnose(Source("new.qgl", text), FolderEnvironment(folder))[1])


def test_what_is_said(tmp_path: Path) -> None:
    """The whole texts; each fault is one error, and none has consequences."""
    said = {text: told(text, tmp_path) for text in (*MENDED, *HINTED)}
    assert_golden(Path(__file__).parent / "messages" / "habits.txt", "\n".join(said.values()))
    assert [text for text, each in said.items() if each.count("error[") != 1] == []


@pytest.mark.parametrize("text", MENDED)
def test_it_is_read_as_what_is_meant(text: str, tmp_path: Path) -> None:
    """What is said beside the phrase itself is what is said of the mended program."""
    found, mended = (
        [d.code for d in diagnose(Source("new.qgl", each), FolderEnvironment(tmp_path))[1]]
        for each in (text, MENDED[text])
    )
    assert sorted(found) == sorted([ForeignPhrase.code, *mended])


@pytest.mark.parametrize("text", [*MENDED.values(), *HINTED.values()])
def test_obeying_helps(text: str, tmp_path: Path) -> None:
    assert "error[" not in told(text, tmp_path)


def test_what_is_of_the_language_stays() -> None:
    for path in (*ROOT.glob("examples/**/*.qgl"), *ROOT.glob("tests/good/*.qgl")):
        source = Source(str(path), path.read_text(encoding="utf-8"))
        interactive: Any = tables().parse_interactive(source.text, start="file")
        tokens = list(interactive.lexer_thread.lex(interactive.parser_state))
        said: list[ForeignPhrase] = []
        assert translated(source, tokens, said.append) == tokens
        assert said == []


def test_unknown_names_beside_faults_of_syntax(tmp_path: Path) -> None:
    """What can be looked up in a statement that could not be read is told in the same run, and nothing else of it."""
    told = {
        "model { h v + foo; rx(bar) v; }": ["QGL0101 +", "QGL0201 bar", "QGL0201 foo"],
        "model { h v; hadamrd v +; rx(sin(q) * w[0] v; }": [
            *("QGL0101 +", "QGL0103 (", "QGL0201 q", "QGL0201 w", "QGL0202 hadamrd"),
        ],
        "model { h v; rx(0.1) v[0 v[1]; for q of v { h q; } }": ["QGL0101 of", "QGL0103 ["],
        "model { h v; rx(a.b) v; let k = ; rx(k) v; h v $ w; }": ["QGL0101 ;", "QGL0108 $", "QGL0108 ."],
        "model { h v; h v |; nope v[; }": ["QGL0103 [", "QGL0108 |", "QGL0202 nope"],
        "const a = nope +; model { h v; }": ["QGL0101 ;", "QGL0201 nope"],
        "hamiltonian H(a, = b) = Z[v[a]] + b * Z[nope]; model { h v; }": ["QGL0101 =", "QGL0201 nope"],
        "model { h v; } objective nll(nope; report kl(gone;": [
            "QGL0103 (",
            "QGL0103 (",
            "QGL0201 gone",
            "QGL0201 nope",
        ],
        "model { h v; } objective nnl(gone +); report kll(gone, ;": [
            *("QGL0101 )", "QGL0103 (", "QGL0201 gone", "QGL0201 gone", "QGL0701 kll", "QGL0701 nnl"),
        ],
        "data e = cardinalty(2 +); model { h v; } train { optimizer adm(rate = ); }": [
            *("QGL0101 )", "QGL0101 )", "QGL0701 adm", "QGL0701 cardinalty"),
        ],
        "model { h v; } train { optimizer adam(rate = nope; engine aer +; }": [
            *("QGL0101 ;", "QGL0103 (", "QGL0201 nope"),
        ],
        "model { h v; for k 0..nope { foo v[k]; rx(bar) v; } }": [
            *("QGL0101 0", "QGL0201 bar", "QGL0201 nope", "QGL0202 foo"),
        ],
        "model { h v; for (k, ) in pairs(v) { foo v[k]; } let a = nope * ; rx(a) v; }": [
            *("QGL0101 )", "QGL0101 ;", "QGL0201 nope"),
        ],
        "model { h v; rx(sum(k in 0..nope: k *)) v; rx(sum( in v: k)) v; }": [
            "QGL0101 )",
            "QGL0101 in",
            "QGL0201 nope",
        ],
        "model { h v; evolve nope for; evolve gone for 1 by trotter(order = = 2); }": [
            *("QGL0101 ;", "QGL0101 =", "QGL0201 gone", "QGL0201 nope"),
        ],
    }
    for text, wanted in told.items():
        found = diagnose(Source("new.qgl", HEAD + text), FolderEnvironment(tmp_path))[1]
        assert sorted(f"{d.code} {d.span.text}" for d in found if d.span) == wanted
