"""What the planner makes of an objective: the method, its cost, and why the others are not taken. Loads JAX."""

from __future__ import annotations

from qgl.diagnostics.size import amount, duration
from qgl.program.program import Program

MOST_REFUSED = 4


def objective_text(program: Program) -> str:
    """In Markdown, a table for each query of the objective; empty where there is none."""
    from qgl.plan.model import describe
    from qgl.report.weighing import training_seconds, weigh

    answers = [answer for answer in weigh(program) if answer.planned.kind == "objective"]
    parts: list[str] = []
    for answer in answers:
        for row in answer.weighed.rows:
            able = [each for each in row.candidates if not each.refused]
            lines = [f"*{describe(row.query)}*", "", "| method | time | memory |", "|---|---|---|"]
            for each in able:
                name = f"**{each.method}**" if each.method == row.chosen else each.method
                lines.append(f"| {name} | {duration(each.cost.seconds)} | {amount(each.cost.memory)} |")
            refused = [f"- not {each.method}: {each.reason}" for each in row.candidates if each.refused]
            lines = lines if able else [lines[0], "", "**no method can answer this**"]
            parts.append("\n".join([*lines, *([""] if refused else []), *refused[:MOST_REFUSED]]))
    if answers and program.train.from_shots is None:
        total = duration(training_seconds(answers, program.train))
        parts.append(f"{program.train.steps:,} steps take about {total}, compilation not counted")
    return "\n\n".join(parts)
