"""The main job from end to end, as `make demo` runs it: check, train, evaluate, sample, emit, and hold against Qiskit.

Every step but the last is a `qglc` command that is printed before it runs, so that it can be repeated by hand.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

EXAMPLES = Path(__file__).resolve().parent
QGLC = Path(sys.executable).parent / "qglc"


def qglc(*arguments: str | Path) -> None:
    """Runs one command of the command line; a failure ends the demo with its exit status."""
    print(f"\n$ qglc {' '.join(str(argument) for argument in arguments)}", flush=True)
    status = subprocess.run([QGLC, *map(str, arguments)], check=False).returncode
    if status:
        sys.exit(status)


def free_folder(parent: Path, name: str) -> Path:
    """`parent/name`, or the first of `name-2`, `name-3`, ... that is not taken."""
    path, number = parent / name, 1
    while path.exists():
        number += 1
        path = parent / f"{name}-{number}"
    return path


def qiskit_distribution(text: str) -> NDArray[np.float64]:
    """The distribution of the classical bits of an OpenQASM 3 program without resets, by Qiskit's state vector.

    Shape (2^n,), the first classical bit most significant.
    """
    from qiskit.quantum_info import Statevector
    from qiskit_qasm3_import import parse

    circuit = parse(text)
    bits = [circuit.find_bit(bit).index for bit in circuit.clbits]
    measured: dict[int, int] = {}
    for instruction in circuit.data:
        if instruction.operation.name == "measure":
            measured[circuit.find_bit(instruction.clbits[0]).index] = circuit.find_bit(instruction.qubits[0]).index
    circuit.remove_final_measurements()
    # Qiskit puts the first of `qargs` into the least significant place.
    return np.asarray(Statevector(circuit).probabilities(qargs=[measured[bit] for bit in reversed(bits)]))


def compare_with_qiskit(run: Path, qasm: Path) -> None:
    """Prints the distance between the model's distribution and that of the emitted program in Qiskit; fails if they
    differ.
    """
    import qgl

    trained = qgl.open_run(run)
    ours = np.asarray(trained.model.probabilities(trained.params), dtype=np.float64)
    theirs = qiskit_distribution(qasm.read_text(encoding="utf-8"))
    distance = 0.5 * float(np.abs(ours - theirs).sum())
    print(f"\nQiskit loads {qasm} and gives the same distribution of the {len(ours).bit_length() - 1} visible bits:")
    print(f"total variation distance to ours {distance:.1e}, largest difference {np.abs(ours - theirs).max():.1e}")
    if distance > 1e-3:
        sys.exit("the two distributions differ")


def main() -> None:
    program = EXAMPLES / "hidden.qgl"
    run = free_folder(Path("runs"), "demo")
    qasm = run / "hidden.qasm"
    qglc("check", program)
    qglc("explain", program)
    qglc("train", program, "--out", run)
    qglc("sample", run, "-n", "1000", "-o", run / "samples.csv")
    qglc("emit", run, "--profile", "qiskit", "-o", qasm)
    compare_with_qiskit(run, qasm)
    print(f"\nIn {run}: " + ", ".join(sorted(path.name for path in run.iterdir() if not path.name.startswith("."))))


if __name__ == "__main__":
    main()
