"""What can be wrong with operators: Hamiltonians and their evolution, exponentials, Kraus operators (among QGL03xx)."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, says


def _model(body: str) -> str:
    return f"visible v[2];\nmodel {{ h v; {body} }}\n"


class NotHermitian(Diagnostic):
    """The coefficients of a Hamiltonian are real."""

    pauli_word: str

    code = "QGL0312"
    wrong = f"hamiltonian g = i * Z[v[0]];\n{_model('evolve g for 1;')}"
    right = f"hamiltonian g = 2 * Z[v[0]];\n{_model('evolve g for 1;')}"

    @property
    def message(self) -> str:
        return (
            f"the coefficient of {self.pauli_word or 'the constant term'} is not real, so that this is no Hamiltonian"
        )


class NotAnExponent(Diagnostic):
    """`exp(i * a * P);` holds the imaginary unit once, one real number, and one product of Pauli matrices."""

    text: str

    code = "QGL0313"
    wrong = _model("exp(0.5 * Z[v[0]]);")
    right = _model("exp(i * 0.5 * Z[v[0]]);")

    message = says("{text}")
    help = "write `exp(i * a * Z[p] * Z[q]);`; a sum of products is a `hamiltonian` and an `evolve`"


class NotTracePreserving(Diagnostic):
    """The Kraus operators of a channel satisfy sum_k K_k^dagger K_k = 1; otherwise probability is lost or made."""

    deviation: float

    code = "QGL0314"
    wrong = _model("kraus([[1, 0], [0, 0.5]]) v;")
    right = _model("kraus([[1, 0], [0, 0.5]], [[0, sqrt(0.75)], [0, 0]]) v;")

    message = says("these Kraus operators do not preserve the trace: their sum is off by {deviation:.3g}")


class KrausShape(Diagnostic):
    """A Kraus operator on k qubits is a square list of 2^k rows of 2^k constant numbers."""

    text: str

    code = "QGL0315"
    wrong = _model("kraus([[1, 0, 0], [0, 1, 0]]) v;")
    right = _model("kraus([[1, 0], [0, 1]]) v;")

    message = says("{text}")


class WrongMethod(Diagnostic):
    """`evolve h for t by trotter(order = 2, steps = 4);`: the order is 1 or 2, the number of steps at least 1."""

    text: str

    code = "QGL0320"
    wrong = f"hamiltonian g = Z[v[0]];\n{_model('evolve g for 1 by trotter(order = 3, steps = 4);')}"
    right = f"hamiltonian g = Z[v[0]];\n{_model('evolve g for 1 by trotter(order = 2, steps = 4);')}"

    message = says("{text}")
    help = "write `by trotter(order = 1, steps = 4)`, with `simulate = true` if the simulation shall do the same"
