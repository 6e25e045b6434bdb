"""What follows from conserved charges (QGL0758 and QGL0759), and from other symmetries (QGL0771)."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, Note, Severity, says

_GOOD = """\
data pairs = strings(["0011", "1100"]);
visible v[4] = "0101";
param hop[chain(v)] : angle;
model { for (a, b) in chain(v) { rxx(hop[a, b]) a, b; ryy(hop[a, b]) a, b; } }
objective nll(pairs);
"""


class UnreachableRows(Diagnostic):
    """The circuit conserves a charge, such as the number of ones, and some rows of the data have another value of it
    than the start. They can never be generated, whatever the parameters are: `kl` is infinite and `nll` too, and what
    is reported instead are the floors of the two. Start the register elsewhere, leave the rows out, let hidden qubits
    take up the difference, or add a gate that does not conserve the charge.
    """

    data: str
    rows: int
    total: int
    example: str
    conserved: tuple[str, ...]  # in words

    code = "QGL0758"
    severity = Severity.WARNING
    wrong = _GOOD.replace('"1100"', '"0111"')
    right = _GOOD

    @property
    def message(self) -> str:
        which = f"{self.rows:,} of the {self.total:,} rows" if self.total > 1 else "the only row"
        return f"{which} of `{self.data}` can never be generated: kl and nll are infinite"

    label = says("such as {example}")

    @property
    def notes(self) -> tuple[Note, ...]:
        return tuple(Note(text) for text in self.conserved)

    help = "start in another state, add hidden qubits to what is conserved, or a gate that does not conserve it"


_ALIKE = """\
data later = strings(["11", "01"], weights = [3, 1]);
visible v[2] = plus;
model {{ rzz(?) v[0], v[1]; {0}rx(?) v; }}
objective kl(later);
"""


class OwnMirrorImage(Diagnostic):
    """The model gives some strings as often as others, whatever its parameters are, because all of its gates and its
    start have a symmetry; the data do not give them as often. So part of the data cannot be learnt. Common causes: a
    register and its start that are alike under a flip of all bits, or a quantum walk that goes to both sides alike.
    It is looked for in circuits of a few qubits without noise; nothing said is no proof that there is no symmetry.
    """

    data: str
    distance: float  # total variation that no parameters take away
    symmetry: str  # in words

    code = "QGL0771"
    severity = Severity.WARNING
    wrong = _ALIKE.format("")
    right = _ALIKE.format("rz(?) v; ")

    message = says("`{data}` has not the symmetry that the model has, whatever its parameters are")

    @property
    def notes(self) -> tuple[Note, ...]:
        return (Note(self.symmetry), Note(f"a total variation distance of at least {self.distance:.2g} remains"))

    help = "break the symmetry: train the start of a qubit (`su2(?) q;`), or add a gate that does not keep it"
