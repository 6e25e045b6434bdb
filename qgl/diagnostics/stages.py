"""What can be wrong with the stages of a program (QGL0124, QGL0760 to QGL0770), and with runs of them (QGL0935)."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, Note, says
from qgl.source import Span

_GOOD = """\
const layers = 3;
data target = parity(3);
visible v[3];
param theta[3, v];
model {
    for l in 0..layers - 1 {
        for k in 0..2 { ry(theta[l, k]) v[k]; }
        for (a, b) in chain(v) { cx a, b; }
    }
}
objective nll(target);
train { optimizer adam(rate = 0.05); steps 100; }
stage l in 1..3 {
    set layers = l;
    move theta[l - 1];
}
"""


class UnknownStageItem(Diagnostic):
    """A stage says which constants it sets, what it moves and picks, its objective, training and reports."""

    identifier: str

    code = "QGL0124"
    wrong = _GOOD.replace("move theta", "train_only theta")
    right = _GOOD

    message = says("a stage has no `{identifier}`")
    help = (
        "a stage has `set n = 3;`, `move theta[2];`, `pick which;`, `objective ...;`, `train { ... }` and `report ...;`"
    )


class StageConstant(Diagnostic):
    """A stage sets constants of the program, each once: those that this file declares."""

    identifier: str
    fault: str

    code = "QGL0760"
    wrong = _GOOD.replace("set layers", "set leyers")
    right = _GOOD

    message = says("a stage cannot set `{identifier}`: {fault}")
    help = "declare it with `const`, and write its values in the stage"


class WrongStageValues(Diagnostic):
    """The values of a stage are whole numbers, one for each time that it is trained: `stage t in 20..1 { ... }`.

    An interval goes from its first end to its last, down as well as up. What is no interval is a list of numbers.
    """

    fault: str

    code = "QGL0761"
    wrong = _GOOD.replace("in 1..3", "in [0.5, 1.5]")
    right = _GOOD

    message = says("a stage cannot take these values: {fault}")
    help = "write an interval such as `20..1`, or a list of whole numbers"


class StageShape(Diagnostic):
    """With the constants of a stage, a parameter has another shape than in the program itself.

    All stages train the same parameters, so that these must not depend on what a stage sets: declare them as large
    as any stage needs. A `?` has as many elements as its place is reached; give it a name where stages reach it
    another number of times.
    """

    parameter: str
    stage: str
    declared: str
    found: str

    code = "QGL0762"
    wrong = _GOOD.replace("theta[3, v]", "theta[layers, v]")
    right = _GOOD

    message = says(
        "in stage `{stage}`, the parameter `{parameter}` has {found}; in the program itself it has {declared}"
    )
    help = says("declare `{parameter}` in a shape that does not depend on what the stages set")


class StageAtFault(Diagnostic):
    """With the constants of a stage, the program has faults that it does not have as it stands."""

    stage: str
    constants: str

    code = "QGL0763"

    message = says("the other faults are those of stage `{stage}`, where {constants}")
    help = "each stage is the same program with other constants, and must be one that can be trained"


class StageData(Diagnostic):
    """A data set depends on a constant that a stage sets, so that one name would stand for two sets.

    Data that depend on a stage have an argument: `data noised(t) = ...;`, and `noised(t - 1)` in the stage.
    """

    data: str
    stage: str

    code = "QGL0769"
    wrong = _GOOD.replace("parity(3)", "cardinality(3, layers)")
    right = _GOOD

    message = says("in stage `{stage}`, the data set `{data}` would be another one")
    help = says("give it an argument, `data {data}(t) = ...;`, and name it with that")


class NotMoved(Diagnostic):
    """What a stage moves are trained parameters, or elements of them: `move theta[t], phase;`."""

    written: str

    code = "QGL0764"
    wrong = _GOOD.replace("move theta[l - 1]", "move layers")
    right = _GOOD

    message = says("`{written}` is no parameter that training could move")
    help = "name a `param`, or elements of one such as `theta[t]`, `theta[0..t]`, `theta[t, 0..1]`"


_CHOICE = """\
data target = parity(2);
visible v[2];
hidden which;
param table_of : table(2);
model {
    h v[0];
    prepare(table_of) which;
    measure which -> m;
    if m { cx v[0], v[1]; } else { cz v[0], v[1]; }
}
objective nll(target);
stage all { train { steps 100; } }
stage one { pick which; }
"""


class NotPicked(Diagnostic):
    """What a stage picks are choices: variables that a trained table prepares out of zero, and that are then measured.

    Each qubit of such a variable is rotated once, by `prepare` or `ry`, by angles that nothing else depends on, and
    nothing else acts on it. What its probabilities depend on, if on anything, is picked before it.
    """

    written: str
    fault: str

    code = "QGL0770"
    wrong = _CHOICE.replace("pick which", "pick v")
    right = _CHOICE

    message = says("`{written}` cannot be picked: {fault}")
    help = "prepare it by a table of its own, `prepare(w) which; measure which -> k;`, and train that in a stage before"


class SettingOfTheRun(Diagnostic):
    """Seeds and precision hold for all stages of a run, and so are said once."""

    setting: str
    stage: str

    code = "QGL0765"
    wrong = _GOOD.replace("    move theta[l - 1];\n", "    move theta[l - 1];\n    train { seeds 4; }\n")
    right = _GOOD.replace("steps 100; }", "steps 100; seeds 4; }")

    message = says("`{setting}` is the same for all stages, and cannot be set in one")
    help = says("write `{setting}` into `train` of the program, beside the stages")


class StageWithoutObjective(Diagnostic):
    """A stage has no objective, and the program has none that would hold for it."""

    stage: str

    code = "QGL0766"
    wrong = _GOOD.replace("objective nll(target);\n", "")
    right = _GOOD

    message = says("stage `{stage}` has no objective")
    help = "write `objective ...;` into the stage, or beside the stages for all that have none"


class StrategyOfStage(Diagnostic):
    """A stage that moves only some parameters is trained along the gradient.

    `stagewise`, `layerwise_search` and `em` choose what they move by themselves; `cma` moves whole parameters.
    """

    strategy: str
    stage: str

    code = "QGL0767"
    wrong = _GOOD.replace("optimizer adam(rate = 0.05);", "strategy cma;")
    right = _GOOD

    message = says("stage `{stage}` moves a part of the parameters, which the strategy `{strategy}` cannot do")
    help = "leave out `strategy`, or `move`"


class RepeatedInStage(Diagnostic):
    """A stage says something twice, so that it is not clear which one holds."""

    what: str
    first: Span

    code = "QGL0768"
    wrong = _GOOD.replace("    move theta[l - 1];\n", "    move theta[l - 1];\n    move theta[0];\n")
    right = _GOOD.replace("    move theta[l - 1];\n", "    move theta[l - 1], theta[0];\n")

    message = says("the stage has `{what}` twice")

    @property
    def notes(self) -> tuple[Note, ...]:
        return (Note("it is first given here", self.first),)


class StagesInOneProcess(Diagnostic):
    """Stages are trained one after the other, each as a run, by one process; several devices may share its work."""

    code = "QGL0935"

    message = says("a program of stages cannot be trained by several processes")
    help = "train it with one process, which may use several devices"


class StageOfRun(Diagnostic):
    """A stage goes on as part of the run that it is of: what comes after it begins with what it has trained."""

    folder: str
    run: str

    code = "QGL0936"

    message = says("{folder} is a stage of a run, and does not go on by itself")
    help = says("go on with the run, `qglc train --resume {run}`")
