"""Bounds of `local` declarations that a program breaks (QGL05xx)."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, noted, says
from qgl.diagnostics.registers import listed
from qgl.source import Span


class Broken(Diagnostic):
    """Base of the four: `span` is the gate, `bound` the place of the bound in the `local` declaration."""

    bound: Span

    notes = noted("the bound is declared here", "bound")


class TooFar(Broken):
    """A gate couples sites that are farther apart than `within` allows."""

    gate: str
    first: str
    second: str
    distance: int | None
    limit: int

    code = "QGL0501"
    wrong = "visible v[3];\nlocal v within 1;\nmodel { h v; cx v[0], v[2]; }\n"
    right = "visible v[3];\nlocal v within 1;\nmodel { h v; cx v[0], v[1]; }\n"

    @property
    def message(self) -> str:
        apart = "not connected" if self.distance is None else f"{self.distance} apart"
        return f"`{self.gate}` couples {self.first} and {self.second}, which are {apart}; the bound is {self.limit}"

    @property
    def label(self) -> str:
        return "not connected" if self.distance is None else f"distance {self.distance}"


class TooDeep(Broken):
    """The operations on a register, each done as early as possible, take more steps than `depth` allows."""

    qubit: str
    limit: int

    code = "QGL0502"
    wrong = "visible v[2];\nlocal v depth <= 1;\nmodel { h v; cx v[0], v[1]; }\n"
    right = "visible v[2];\nlocal v depth <= 2;\nmodel { h v; cx v[0], v[1]; }\n"

    @property
    def message(self) -> str:
        return f"operation number {self.limit + 1} in a row on {self.qubit}; the bound on the depth is {self.limit}"


class ConeTooWide(Broken):
    """More qubits can influence a region than `cone` allows.

    The cone of k neighbouring sites is the set of all qubits, hidden and fresh ones included, from which a path of
    gates leads to the region.
    """

    region: tuple[str, ...]
    width: int
    limit: int

    code = "QGL0503"
    wrong = "visible v[4];\nlocal v cone(1) <= 2;\nmodel { h v; for (a, b) in chain(v) { cx a, b; } }\n"
    right = "visible v[4];\nlocal v cone(1) <= 2;\nmodel { h v; for (a, b) in brick(v, 0) { cx a, b; } }\n"

    @property
    def message(self) -> str:
        return f"{self.width} qubits can influence {listed(self.region)}; the bound on the light cone is {self.limit}"

    label = "the cone grows beyond the bound here"


class ChannelTooWide(Broken):
    """A channel touches more sites of the register than `channel` allows."""

    channel: str
    sites: int
    limit: int

    code = "QGL0504"
    wrong = "visible v[2];\nlocal v channel <= 1;\nmodel { h v; depolarizing2(0.1) v[0], v[1]; }\n"
    right = "visible v[2];\nlocal v channel <= 1;\nmodel { h v; depolarizing(0.1) v; }\n"

    message = says("`{channel}` touches {sites} sites; the bound is {limit}")


class WrongBound(Diagnostic):
    """The bounds of a `local` declaration are `within d`, `depth <= d`, `cone(k) <= w` and `channel <= s`."""

    text: str

    code = "QGL0505"
    wrong = "visible v[2];\nlocal v depth <= -1;\nmodel { h v; }\n"
    right = "visible v[2];\nlocal v depth <= 2;\nmodel { h v; }\n"

    message = says("{text}")
    help = "bounds are `within d`, `depth <= d`, `cone(k) <= w` and `channel <= s`"
