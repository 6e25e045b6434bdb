"""Every keyword of the grammar: what kind of word it is, what it is for, and what it begins.

A test holds the table to the grammar, so that highlighting, completion and hovering know all keywords. The snippets are
those of the VS Code extension, too: `${1:name}` is a place to fill in, `$0` the last one.
"""

from __future__ import annotations

import re

from qgl.record import record
from qgl.syntax.grammar import grammar_text

DECLARATION, STATEMENT, CLAUSE, MODIFIER, REDUCTION, OPERATOR, CONSTANT = (
    "declaration",
    "statement",
    "clause",
    "modifier",
    "reduction",
    "operator",
    "constant",
)


@record
class Keyword:
    kind: str
    doc: str
    snippet: str = ""


KEYWORDS: dict[str, Keyword] = {
    "import": Keyword(
        DECLARATION, "brings in the layers, channels, Hamiltonians and constants of a file", 'import "${1:layers.qgl}";'
    ),
    "const": Keyword(
        DECLARATION, "names for values that are known at compile time; `--set` overrides them", "const ${1:n} = ${2:4};"
    ),
    "lattice": Keyword(DECLARATION, "sites and edges between them", "lattice ${1:chain} = ${2:line(8)};"),
    "visible": Keyword(DECLARATION, "qubits that are read out: the columns of the data", "visible ${1:v}[${2:n}];"),
    "hidden": Keyword(DECLARATION, "qubits that are never read out", "hidden ${1:h}[${2:2}];"),
    "local": Keyword(DECLARATION, "bounds that a circuit on a lattice is held to", "local ${1:v} within ${2:1};"),
    "data": Keyword(
        DECLARATION,
        "a data set: rows of bits or of numbers, or a distribution",
        "data ${1:target} = ${2:bars_and_stripes(2, 2)};",
    ),
    "param": Keyword(DECLARATION, "numbers that are trained", "param ${1:theta}[${2:depth}] : angle;"),
    "random": Keyword(
        DECLARATION, "numbers that are drawn once for a run and not trained", "random ${1:r} ~ ${2:uniform(-pi, pi)};"
    ),
    "latent": Keyword(DECLARATION, "numbers that the model is averaged over", "latent ${1:z} ~ ${2:bernoulli(0.5)};"),
    "condition": Keyword(DECLARATION, "numbers that are given with each row of the data", "condition ${1:x}[${2:k}];"),
    "layer": Keyword(
        DECLARATION, "a unitary gate of your own", "layer ${1:name}(${2:a: angle, q: qubit}) {\n    $0\n}"
    ),
    "channel": Keyword(
        DECLARATION,
        "a gate of your own with fresh qubits, measurements or noise; of `local`, a bound of its sites",
        "channel ${1:name}(${2:q: qubit}) {\n    $0\n}",
    ),
    "hamiltonian": Keyword(
        DECLARATION,
        "a sum of Pauli words",
        "hamiltonian ${1:ising} = -sum((${2:a}, ${3:b}) in ${4:chain(v)}: Z[$2] * Z[$3]);",
    ),
    "output": Keyword(
        DECLARATION,
        "numbers that an element of the ensemble hands out, made of means and probabilities",
        "output ${1:y} = ${2:prob(v)};",
    ),
    "again": Keyword(
        DECLARATION,
        "generates by asking the model again, its outputs being the next inputs",
        "again ${1:10} { ${2:x} = ${3:y}; }",
    ),
    "model": Keyword(DECLARATION, "the circuit", "model {\n    $0\n}"),
    "objective": Keyword(DECLARATION, "what training makes small", "objective ${1:nll}(${2:target});"),
    "train": Keyword(
        DECLARATION, "settings of training", "train { optimizer ${1:adam(rate = 0.05)}; steps ${2:200}; }"
    ),
    "stage": Keyword(
        DECLARATION,
        "a part of training with constants, settings and an objective of its own",
        "stage ${1:t} in ${2:1..3} {\n    $0\n}",
    ),
    "report": Keyword(DECLARATION, "what is measured after training", "report ${1:kl}, ${2:tv};"),
    "baseline": Keyword(DECLARATION, "classical models that are fitted to the same rows", "baseline ${1:independent};"),
    "for": Keyword(
        STATEMENT, "a loop over a register, a lattice or a list; of `evolve`, how long", "for ${1:q} in ${2:v} { $0 }"
    ),
    "repeat": Keyword(
        STATEMENT, "a block so many times; `as l` counts from 0", "repeat ${1:depth} as ${2:l} {\n    $0\n}"
    ),
    "if": Keyword(STATEMENT, "a choice by a measured bit, or by what is known at compile time", "if ${1:m} { $0 }"),
    "choose": Keyword(
        STATEMENT,
        "the branch that a measured outcome is the number of",
        "choose ${1:k} { ${2:x v[0];} } or { $0 }",
    ),
    "fresh": Keyword(STATEMENT, "new qubits, discarded where the block ends", "fresh ${1:e};"),
    "measure": Keyword(
        STATEMENT, "measures a qubit; `-> m` names the bit, `keep` labels the state by it", "measure ${1:q} -> ${2:m};"
    ),
    "evolve": Keyword(STATEMENT, "exp(-i H t), exactly or by a product formula", "evolve ${1:h} for ${2:t};"),
    "let": Keyword(STATEMENT, "a name for a value, to the end of the block", "let ${1:a} = ${2:0};"),
    "in": Keyword(CLAUSE, "what a loop, a sum or a stage runs over"),
    "as": Keyword(CLAUSE, "names the counter of `repeat`"),
    "else": Keyword(CLAUSE, "what is done if the condition does not hold"),
    "by": Keyword(CLAUSE, "the method of `evolve`: `by trotter(order = 2, steps = 4)`"),
    "on": Keyword(CLAUSE, "the sites of a lattice that a register lies on"),
    "within": Keyword(CLAUSE, "the distance that a gate may span"),
    "draws": Keyword(CLAUSE, "the number of draws of a `latent` input of continuous distribution"),
    "inverse": Keyword(MODIFIER, "the inverse of a gate or layer"),
    "ctrl": Keyword(MODIFIER, "a gate or layer under a control, which is its first qubit; `ctrl(k)` under k of them"),
    "sum": Keyword(
        REDUCTION,
        "the sum of what stands behind the colon, of numbers or Pauli words",
        "sum(${1:k} in ${2:0..3}: ${3:a[k]})",
    ),
    "prod": Keyword(
        REDUCTION,
        "the product of what stands behind the colon, of numbers or Pauli words",
        "prod(${1:k} in ${2:0..3}: ${3:a[k]})",
    ),
    "list": Keyword(REDUCTION, "the list of what stands behind the colon", "list(${1:k} in ${2:0..3}: ${3:a[k]})"),
    "and": Keyword(OPERATOR, "whether both hold"),
    "or": Keyword(OPERATOR, "whether one of both holds; also before the next branch of `choose`"),
    "not": Keyword(OPERATOR, "whether it does not hold"),
    "true": Keyword(CONSTANT, "a truth value"),
    "false": Keyword(CONSTANT, "a truth value"),
}


def of_grammar() -> tuple[str, ...]:
    """The keywords of the grammar, in its order."""
    return tuple(re.findall(r'^[A-Z]+: "([a-z]+)"$', grammar_text(), re.MULTILINE))


def of_kind(*kinds: str) -> tuple[str, ...]:
    return tuple(name for name, keyword in KEYWORDS.items() if keyword.kind in kinds)
