"""Random programs that conserve the number of ones of their registers, with interference between what they do."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from qgl.compiler import analyse
from qgl.data.environment import FolderEnvironment
from qgl.program.program import Program
from qgl.source import Source

STATEMENTS = (
    "rz({a}) {p};",
    "rzz({a}) {p}, {q};",
    "cz {p}, {q};",
    "cp({a}) {p}, {q};",
    "swap {p}, {q};",
    "iswap {p}, {q};",
    "cswap {r}, {p}, {q};",
    "ctrl iswap {r}, {p}, {q};",
    "rxx({a}) {p}, {q}; ryy({a}) {p}, {q};",
    "exp(i * {a} * Z[{p}] * Z[{q}] * Z[{r}]);",
    "evolve ladder({i}) for {t};",
    "evolve current({a}, {b}) for {a};",
    "evolve string({a}) for {t};",
    "t {p};",
)


def conserving(seed: int, statements: int = 9) -> Program:
    """Five visible and hidden qubits with one to four ones, 12 inputs."""
    rng = np.random.default_rng(seed)
    visible = int(rng.integers(3, 6))
    start = "".join(rng.permutation([1, 1, 0, 0, int(rng.integers(2))]).astype(str))
    hidden = f'hidden h[{5 - visible}] = "{start[visible:]}";' if visible < 5 else ""
    wires = [f"v[{k}]" for k in range(visible)] + [f"h[{k}]" for k in range(5 - visible)]
    lines = []
    for _ in range(statements):
        p, q, r = (wires[k] for k in rng.choice(5, 3, replace=False))
        a, b = (f"theta[{k}]" for k in rng.integers(0, 10, 2))
        line = STATEMENTS[rng.integers(len(STATEMENTS))]
        lines.append(line.format(p=p, q=q, r=r, a=a, b=b, i=rng.integers(0, 4), t=round(rng.uniform(-3, 3), 2)))
    pairs = [(wires[k], wires[k + 1]) for k in range(4)]
    ladder = " + ".join(f"(1 + k) * (X[{p}] * X[{q}] + Y[{p}] * Y[{q}]) / 4" for p, q in pairs)
    fields = " + ".join(f"theta[k + {k}] * Z[{wire}]" for k, wire in enumerate(wires))
    text = f"""
        visible v[{visible}] = "{start[:visible]}";
        {hidden}
        param theta[12] : real;
        hamiltonian ladder(k) = {ladder} + {fields} + theta[k] * Z[{wires[0]}] * Z[{wires[3]}];
        hamiltonian current(a, b) = a * (X[{wires[1]}] * Y[{wires[2]}] - Y[{wires[1]}] * X[{wires[2]}])
            + b * (X[{wires[1]}] * X[{wires[2]}] + Y[{wires[1]}] * Y[{wires[2]}]) + 0.3 * Z[{wires[1]}];
        hamiltonian string(a) = a * (X[{wires[0]}] * Z[{wires[1]}] * X[{wires[4]}]
            + Y[{wires[0]}] * Z[{wires[1]}] * Y[{wires[4]}]) + Z[{wires[2]}] * Z[{wires[3]}];
        model {{ evolve ladder(0) for 0.7; {" ".join(lines)} evolve ladder(1) for 1.3; }}
    """
    return analyse(Source("conserving.qgl", text), FolderEnvironment(Path())).program
