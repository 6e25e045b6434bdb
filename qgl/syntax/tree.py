"""The syntax tree: frozen nodes, each with the span of text that it was read from."""

from __future__ import annotations

from qgl.record import record
from qgl.source import Source, Span


@record
class Node:
    span: Span


# ---------------------------------------------------------------- expressions


@record
class Number(Node):
    """An integer or decimal literal. `pi` is a name, not a number."""

    value: int | float


@record
class String(Node):
    value: str


@record
class Boolean(Node):
    value: bool


@record
class Name(Node):
    name: str


@record
class Hole(Node):
    """`?`: an anonymous trainable parameter of whatever shape its place needs."""


@record
class Unary(Node):
    """`-a`, `+a`, `not a`."""

    operator: str
    operand: Expression


@record
class Binary(Node):
    """`+ - * / % **`, `== != < <= > >=`, `and or`."""

    operator: str
    left: Expression
    right: Expression


@record
class Call(Node):
    """`f(a, b, key = c)`. Also what `csv("x.csv")`, `normal(0, 1)` and `adam(rate = 0.1)` are read as."""

    function: Name
    arguments: tuple[Expression, ...]
    keywords: tuple[tuple[Name, Expression], ...]


@record
class Index(Node):
    """`base[i, j]`; an index may be a range."""

    base: Expression
    indices: tuple[Expression, ...]


@record
class Range(Node):
    """`first..last`, both ends included."""

    first: Expression
    last: Expression


@record
class List(Node):
    items: tuple[Expression, ...]


@record
class Tuple(Node):
    items: tuple[Expression, ...]


@record
class Reduce(Node):
    """`sum(a in chain: body)`, `prod((a, b) in edges(chain): body)`, `list(a in chain: body)`."""

    operator: str  # "sum" | "prod" | "list"
    targets: tuple[Name, ...]
    iterable: Expression
    body: Expression


Expression = Number | String | Boolean | Name | Hole | Unary | Binary | Call | Index | Range | List | Tuple | Reduce


# ---------------------------------------------------------------- statements


@record
class Modifier(Node):
    """`inverse`, `ctrl` or `ctrl(k)` before a gate; `count` is the number of controls (None for one or `inverse`)."""

    kind: str  # "inverse" | "ctrl"
    count: Expression | None


@record
class Apply(Node):
    """A gate, layer or channel on operands: `ctrl turn(?) c, q;`. `exp(i*a*Z[q]);` has no operands."""

    modifiers: tuple[Modifier, ...]
    gate: Name
    arguments: tuple[Expression, ...]
    operands: tuple[Expression, ...]


@record
class For(Node):
    targets: tuple[Name, ...]
    iterable: Expression
    body: tuple[Statement, ...]


@record
class Repeat(Node):
    """`repeat n { ... }`, `repeat n as l { ... }`: l runs over 0..n-1."""

    count: Expression
    variable: Name | None
    body: tuple[Statement, ...]


@record
class If(Node):
    """On a measured bit (`if m`, `if not m`, `if m == 1`), or on a compile-time condition (`if l > 0`)."""

    condition: Expression
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


@record
class Choose(Node):
    """`choose k { ... } or { ... }`: the branch of the number, from 0, that an outcome or a constant is."""

    selector: Expression
    branches: tuple[Branch, ...]


@record
class Branch(Node):
    """A block of `choose`, braces included in its span."""

    body: tuple[Statement, ...]


@record
class Fresh(Node):
    """`fresh e;` or `fresh e[2] = plus;`: new qubits, discarded where the enclosing block ends."""

    name: Name
    size: Expression | None
    initial: Expression | None


@record
class Measure(Node):
    """`measure q -> m;`: m is a new bit (or list of bits, for a register), known to the end of the block.

    `measure q -> m keep;`, `measure q keep;`: the outcome labels the state that comes with it; with `keep drawn` one
    value of it is drawn where nothing that is trained stands before it.
    """

    operand: Expression
    bit: Name | None
    keep: bool = False
    drawn: bool = False


@record
class Evolve(Node):
    """`evolve h for t;`, `evolve h(k) for t by trotter(order = 2, steps = 4);`."""

    hamiltonian: Expression
    time: Expression
    method: Call | None


@record
class Let(Node):
    """`let a = expression;`: a name for a value, to the end of the block."""

    name: Name
    value: Expression


@record
class Mention(Node):
    """A name that something broken uses: as a "gate", "function", "Hamiltonian", "value" (in brackets) or "operand"."""

    name: Name
    role: str


@record
class Broken(Node):
    """A declaration or a statement that could not be read; its fault is reported already.

    `names` are those that it would have declared, so that what uses them is not reported again; `mentions` are those
    that it uses for certain.
    """

    keyword: str
    names: tuple[str, ...]
    mentions: tuple[Mention, ...] = ()


Statement = Apply | For | Repeat | If | Choose | Fresh | Measure | Evolve | Let | Broken


# ---------------------------------------------------------------- declarations


@record
class Import(Node):
    path: String


@record
class Const(Node):
    """`const n = 8, depth = 4;`."""

    bindings: tuple[tuple[Name, Expression], ...]


@record
class Lattice(Node):
    name: Name
    value: Expression


@record
class Register(Node):
    """`visible v[n];`, `hidden bath on chain[0, 7] = neel;`, `visible x[16] : category(8);`.

    One of `size` and `place`, or neither for one qubit or one variable.
    """

    kind: str  # "visible" | "hidden"
    name: Name
    size: Expression | None
    place: Expression | None
    type: Type | None
    initial: Expression | None


@record
class Bound(Node):
    """`within 1`, `depth <= 12`, `cone(2) <= 12`, `channel <= 3`."""

    kind: str  # "within" | "depth" | "cone" | "channel"
    argument: Expression | None
    limit: Expression


@record
class Local(Node):
    register: Name
    bounds: tuple[Bound, ...]


@record
class Data(Node):
    """`data target = parity(4);`, `data noised(t) = through(states, scramble(t));`."""

    name: Name
    value: Expression
    arguments: tuple[Argument, ...] = ()


@record
class Type(Node):
    """`angle`, `angle[3]`, `angle[k, 3]`, `unitary(3)`, `table(2, 8)`, `qubit`, `qubit[2]`, `category(8)`, `int`."""

    name: str
    arguments: tuple[Expression, ...]  # in parentheses
    sizes: tuple[Expression, ...]  # in brackets


@record
class Parameter(Node):
    """`param theta[depth, v] : angle ~ normal(0, 0.1);` and its relatives `random`, `latent`, `condition`.

    `draws` is given for a `latent` of continuous distribution only: the number of draws that the model is an average
    over. With `draws 64 anew` they are drawn anew at each step of training.
    """

    kind: str  # "param" | "random" | "latent" | "condition"
    name: Name
    dimensions: tuple[Expression, ...]
    type: Type | None
    distribution: Expression | None
    draws: Expression | None
    anew: bool = False


@record
class Argument(Node):
    """A formal argument of a layer, channel, Hamiltonian or data set: `a: angle[3]`. Those of the last two may be
    untyped.
    """

    name: Name
    type: Type | None


@record
class Routine(Node):
    """A `layer` (unitary) or a `channel`."""

    kind: str  # "layer" | "channel"
    name: Name
    arguments: tuple[Argument, ...]
    body: tuple[Statement, ...]


@record
class Hamiltonian(Node):
    name: Name
    arguments: tuple[Argument, ...]
    value: Expression


@record
class Output(Node):
    """`output y[k] = list(q in v: expect(X[q]));`"""

    name: Name
    dimensions: tuple[Expression, ...]
    value: Expression


@record
class Again(Node):
    """`again 20 { x = picture; }`: `assignments` are names of `condition` inputs and what each is set to."""

    count: Expression
    assignments: tuple[tuple[Name, Expression], ...]


@record
class Model(Node):
    body: tuple[Statement, ...]


@record
class Objective(Node):
    value: Expression


@record
class Setting(Node):
    """A line of `train`: `optimizer adam(rate = 0.01);`, `steps 500;`, `stop target(1e-5), plateau();`."""

    name: Name
    values: tuple[Expression, ...]


@record
class Train(Node):
    settings: tuple[Setting, ...]
    broken: tuple[Broken, ...] = ()  # settings that could not be read


@record
class Constants(Node):
    """`set last = t;` of a stage; the checker knows that the keyword is `set`."""

    keyword: Name
    bindings: tuple[tuple[Name, Expression], ...]


@record
class Stage(Node):
    """`stage t in steps..1 { ... }`, or `stage fine { ... }` without values."""

    name: Name
    values: Expression | None
    items: tuple[Constants | Setting | Objective | Train | Report, ...]
    broken: tuple[Broken, ...] = ()  # items that could not be read


@record
class Report(Node):
    items: tuple[Expression, ...]


@record
class Baseline(Node):
    """`baseline hmm(states = 4), independent;`"""

    items: tuple[Expression, ...]


Declaration = (
    Import
    | Const
    | Lattice
    | Register
    | Local
    | Data
    | Parameter
    | Routine
    | Hamiltonian
    | Output
    | Again
    | Model
    | Objective
    | Train
    | Stage
    | Report
    | Baseline
    | Broken
)


@record
class Comment(Node):
    """`// ...` or `/* ... */`, with its markers."""

    text: str


@record
class File:
    """A whole file: declarations in order of writing and, beside them, the comments in order of place."""

    source: Source
    declarations: tuple[Declaration, ...]
    comments: tuple[Comment, ...]
