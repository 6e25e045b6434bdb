"""`qglc emit`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qgl.cli.options import (
    ConditionOption,
    SetOption,
    condition_of,
    constants,
    file_or_output,
    open_file,
    trained,
    warn,
)
from qgl.cli.waiting import Waiting

if TYPE_CHECKING:
    import numpy as np

    from qgl.ir.circuit import Circuit
    from qgl.program.program import Parameter, Program


def emit(
    what: Annotated[
        str, typer.Argument(metavar="FILE|RUN", help="A program (- for standard input), or a run's folder.")
    ],
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            metavar="NAME",
            help="For whom: portable, qiskit, braket, cirq, ionq, ionq-mid, or ibm with a target. By default ibm if a "
            "target is given, else portable.",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="NAME|FILE",
            help="Fit the circuit to a machine: fake_torino or another fake machine, FILE.json, a machine of IBM.",
        ),
    ] = None,
    free: Annotated[bool, typer.Option("--free", help="Keep parameters as `input float[64]`.")] = False,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, max=2**32 - 1, help="Draw a program's parameters from this seed.")
    ] = None,
    optimise: Annotated[
        bool, typer.Option("--optimise/--as-written", help="Leave out what cannot change the output bits.")
    ] = True,
    reuse: Annotated[
        bool | None,
        typer.Option(
            "--reuse/--no-reuse",
            help="As few qubits as possible, measured early, reset and used again; or a qubit for each wire. By "
            "default the order of the program, with hidden qubits shared as suits the profile.",
        ),
    ] = None,
    max_qubits: Annotated[
        int | None,
        typer.Option("--max-qubits", min=1, metavar="N", help="At most N qubits; the more, the less deep."),
    ] = None,
    observable: Annotated[
        str | None,
        typer.Option(
            "--observable",
            metavar="REGION|WORD",
            help="Only the light cone of some visible qubits, or of a Pauli word: v[3..5], 'Z[v[3]]*X[v[4]]', Z3*X4.",
        ),
    ] = None,
    pick: Annotated[
        bool,
        typer.Option("--pick", help="The circuit of the most likely values of measured choices, in place of all."),
    ] = False,
    outputs: Annotated[
        bool,
        typer.Option(
            "--outputs",
            help="A circuit for each group of the outputs' means that are measured together, into a folder.",
        ),
    ] = False,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Where to; standard output by default.")
    ] = None,
    condition: ConditionOption = None,
    row: Annotated[
        list[int] | None,
        typer.Option(
            "--row", min=0, metavar="N", help="Which row of its data a register starts from, the first is 0; one each."
        ),
    ] = None,
    settings: SetOption = None,
) -> None:
    """Write a circuit as OpenQASM 3.

    The angles of a run are its trained ones. A program has none yet: keep its parameters open with --free, or draw them
    with --seed. `latent` inputs always stay open, `condition` inputs without --condition, and the bits of rows that
    registers start from without --row.

    \b
    Examples:
      qglc emit runs/bars-2026-01-31-1 -o bars.qasm
      qglc emit bars.qgl --free --profile qiskit --set depth=2
      qglc emit noise.qgl --seed 7 --as-written
      qglc emit sequence.qgl --seed 7 --profile qiskit --reuse
      qglc emit chain.qgl --seed 7 --profile qiskit --max-qubits 20
      qglc emit chain.qgl --seed 7 --observable 'Z[v[3]]*Z[v[4]]'
      qglc emit runs/bars-2026-01-31-1 --profile ibm --target fake_torino
      qglc emit runs/generator --outputs -o circuits
      qglc emit runs/search-2026-01-31-1 --pick
      qglc emit runs/digit --condition label=2
      qglc emit runs/denoise --row 5
    """
    out = file_or_output(out)
    program, values, origin = _source(what, free, seed, settings)
    named = "".join(letter if letter.isprintable() else "?" for letter in str(what))
    notes = [f"Made of {named}: {origin}."]
    if values is not None:
        drawn = filter(is_drawn_state, program.parameters)
        notes += [f"The latent state `{each.name}` is the first of its {each.draws} draws." for each in drawn]
    if pick:
        program, told = _picked(program, values)
        notes.append(told)
    if condition:
        values = _with_condition(program, values, condition)
        notes.append(f"Of the condition {' '.join(' '.join(condition).split())}.")
    values, of_rows = _with_rows(program, values, row)
    notes += of_rows

    def text_of(circuit: Circuit, notes: list[str]) -> tuple[str, list[str]]:
        """The text, and lines for people on what it will take."""
        if target is None and profile != "ibm":
            from qgl.qasm import emission

            chosen = profile or "portable"
            with Waiting("writing OpenQASM"):
                emitted = emission(
                    circuit, values, chosen, optimise=optimise, reuse=reuse, max_qubits=max_qubits, notes=notes
                )
            return emitted.text, [*emitted.figures] if out is not None else []
        from qgl.hardware.machines.fitted_text import fitted_text

        with Waiting("fitting to the machine"):
            return fitted_text(
                circuit,
                values,
                profile or "ibm",
                target,
                optimise=optimise,
                reuse=reuse,
                max_qubits=max_qubits,
                notes=notes,
            )

    if outputs:
        if observable is not None:
            raise typer.BadParameter("--outputs and --observable are two ways of asking: give one of them")
        _emit_outputs(program, out, notes, text_of)
        return
    text, report = text_of(_asked(program, observable, notes), notes)
    if report:
        typer.echo("\n".join(report), err=True)
    if out is None:
        from qgl.diagnostics.terminal import write_data

        write_data(text)
        return
    from qgl.runs.files.atomic import write_text

    write_text(out, text)


def _picked(program: Program, values: np.ndarray[Any, np.dtype[np.float64]] | None) -> tuple[Program, str]:
    """The circuit of the most likely values of all choices, and what these are."""
    from qgl.program.choices import most_likely, wording
    from qgl.program.picking import choices_of, picked

    if values is None:
        raise typer.BadParameter("what is most likely is known once parameters have values", param_hint="--pick")
    choices = choices_of(program)
    if not choices:
        why = "no measured variable is prepared by a table and decides what happens"
        raise typer.BadParameter(why, param_hint="--pick")
    first = dict(enumerate(accumulate((each.size for each in program.parameters), initial=0)))
    bits, shares = most_likely(choices, lambda atom: float(values[first[atom.parameter] + atom.element]))
    return picked(program, choices, bits), f"Picked: {wording(choices, bits, shares)}."


def _with_condition(
    program: Program, values: np.ndarray[Any, np.dtype[np.float64]] | None, condition: list[str]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The values of all inputs, NaN where they are open, with those of the `condition` inputs."""
    import numpy as np

    kinds = np.repeat([each.kind for each in program.parameters], [each.size for each in program.parameters])
    given = np.full(len(kinds), np.nan) if values is None else values.copy()
    given[kinds == "condition"] = condition_of(condition, program)
    return given


def _with_rows(
    program: Program, values: np.ndarray[Any, np.dtype[np.float64]] | None, chosen: list[int] | None
) -> tuple[np.ndarray[Any, np.dtype[np.float64]] | None, list[str]]:
    """The values of all inputs with the bits of the rows that registers start from, and what is to be said of these."""
    import numpy as np

    tables = [(k, each.name, each.rows) for k, each in enumerate(program.parameters) if each.rows is not None]
    if not chosen:
        return values, [f"`{name}` is the bits of a row of `{data.name}`: --row picks one." for _, name, data in tables]
    if len(chosen) != len(tables):
        text = f"give a row for each register that starts from data: there are {len(tables)}, and {len(chosen)} rows"
        raise typer.BadParameter(text, param_hint="--row")
    sizes = [each.size for each in program.parameters]
    given = np.full(sum(sizes), np.nan) if values is None else values.copy()
    notes = []
    for row, (k, _, data) in zip(chosen, tables, strict=True):
        if row >= len(data.rows):
            text = f"`{data.name}` has {len(data.rows)} rows, numbered from 0, and no row {row}"
            raise typer.BadParameter(text, param_hint="--row")
        given[sum(sizes[:k]) : sum(sizes[: k + 1])] = data.rows[row]
        notes.append(f"From row {row} of `{data.name}`, {''.join(map(str, data.rows[row]))}.")
    return given, notes


def _emit_outputs(
    program: Program,
    folder: Path | None,
    notes: list[str],
    text_of: Callable[[Circuit, list[str]], tuple[str, list[str]]],
) -> None:
    """A text for each circuit of the outputs, `0.qasm`, `1.qasm` and so on in a folder."""
    from qgl.jobs.output_circuits import OutputCircuits
    from qgl.runs.files.atomic import write_text

    if not program.outputs.declared:
        raise typer.BadParameter("the program declares no `output`", param_hint="--outputs")
    if folder is None:
        raise typer.BadParameter("the texts go into a folder: give -o FOLDER", param_hint="--outputs")
    folder.mkdir(parents=True, exist_ok=True)
    for number, (circuit, further) in enumerate(OutputCircuits.of(program).circuits()):
        text, report = text_of(circuit, [*notes, *further])
        write_text(folder / f"{number}.qasm", text)
        typer.echo("\n".join([f"{folder / f'{number}.qasm'}:", *report]), err=True)


def _asked(program: Program, text: str | None, notes: list[str]) -> Circuit:
    """The circuit, or the part of it that `--observable` needs; `notes` are told which."""
    from qgl.diagnostics.model import QglError
    from qgl.diagnostics.registers import PostselectionUnsupported
    from qgl.ir.circuit import Circuit
    from qgl.ir.outcomes import with_all_outcomes_read
    from qgl.program.operations import is_required
    from qgl.qasm import sliced

    circuit = Circuit.of(program)
    if text is None:
        circuit, further = with_all_outcomes_read(circuit)
        notes += further
        return circuit
    for operation in filter(is_required, circuit.operations):
        raise QglError([PostselectionUnsupported(operation.span, "with `--observable`")])
    from qgl.cli.observable import observable

    asked = observable(program, text)
    part = sliced(circuit, asked.positions, asked.letters)
    notes += [*asked.notes, f"{len(part.live_wires)} of the program's {len(circuit.live_wires)} wires take part."]
    return part


def _source(
    what: str, free: bool, seed: int | None, settings: list[str] | None
) -> tuple[Program, np.ndarray[Any, np.dtype[np.float64]] | None, str]:
    """The program, the values of its inputs (None: all open), and where these come from."""
    from qgl.compiler import analyse

    if free and seed is not None:
        raise typer.BadParameter("--free keeps the parameters open, --seed draws them: give one of them")
    if Path(what).is_dir():
        if settings or seed is not None:
            raise typer.BadParameter("a run has its constants and parameters: --set and --seed are for programs")
        run, model = trained(Path(what))
        program = model.program
        return program, None if free else flat(program, run.params), "open parameters" if free else "trained angles"
    if not free and seed is None and (what == "-" or Path(what).exists()):
        raise typer.BadParameter("a program has no angles yet: give --free or --seed, or the folder of a run")
    source, environment = open_file(what)
    analysed = analyse(source, environment, constants(settings))
    warn(analysed.warnings)
    if seed is None:
        return analysed.program, None, "open parameters"
    import jax

    from qgl.model import Model

    params = Model(analysed.program).init(jax.random.key(seed))
    return analysed.program, flat(analysed.program, params), f"angles drawn from seed {seed}, not trained"


def is_drawn_state(parameter: Parameter) -> bool:
    """Whether it is a latent quantum state, of which a text can prepare one draw only, as no text leaves it open."""
    return parameter.kind == "latent" and parameter.constraint in ("state", "density")


def flat(program: Program, params: dict[str, Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The flat vector of inputs for `emit`: parameters as themselves (a probability, not its logit), others NaN.

    Of a latent quantum state it is the first draw.
    """
    import numpy as np

    parts: list[np.ndarray[Any, np.dtype[np.float64]]] = []
    for parameter in program.parameters:
        if is_drawn_state(parameter):
            parts.append(np.asarray(params[parameter.name], dtype=np.float64)[0].ravel())
            continue
        if parameter.kind in ("condition", "latent"):
            parts.append(np.full(parameter.size, np.nan))
            continue
        raw = np.asarray(params[parameter.name], dtype=np.float64).ravel()
        logit = parameter.kind == "param" and parameter.constraint == "probability"
        parts.append(1.0 / (1.0 + np.exp(-raw)) if logit else raw)
    return np.concatenate(parts) if parts else np.zeros(0)
