"""Everything that a program calls by name outside of circuits: the tables, with types, defaults and documentation.

Kinds: `data` (sources of data sets), `objective`, `kernel`, `optimizer`, `schedule`, `gradient`, `strategy`, `stop`,
`watch`, `report`, `baseline`. The tables are the only list of these names: the checker, the messages, the
documentation and the implementations all go by them.
"""

from __future__ import annotations

from qgl.check.calls import generalisation
from qgl.check.calls.arguments import (
    BitString,
    Choice,
    Column,
    Data,
    Flag,
    Integer,
    Interval,
    Many,
    Nested,
    Number,
    Region,
    Rows,
    Spins,
    Text,
)
from qgl.check.calls.baselines import BASELINES
from qgl.check.calls.kernels import OF
from qgl.check.calls.optimizers import GRADIENTS, OPTIMIZERS, SCHEDULE_TABLE
from qgl.check.calls.signature_types import NOT_NEGATIVE, POSITIVE, Parameter, Signature, optional
from qgl.check.calls.strategies import STRATEGY_TABLE
from qgl.check.calls.watch_table import EARLY, WATCH

POSITIVES = Many(POSITIVE, "them")
COLUMNS = Many(Column(), "them")

_TABLE = (
    optional("columns", COLUMNS, None, "the columns to take, by number from 0, as a range, or by name; all by default"),
    optional("condition", COLUMNS, (), "columns that are given with a row rather than generated"),
    optional(
        "categories",
        Many(Integer(2, 4096), "them"),
        (),
        "the number of categories of each column (one number for all); 2 by default",
    ),
    optional("encoding", Choice(("binary", "one_hot")), "binary", "how a category becomes bits"),
    optional("rows", Rows(), None, "the rows to take, by number from 0; all by default"),
    optional(
        "width",
        Integer(1, 1 << 16),
        None,
        "bits of a string: the first of each row where it has more, whole rows end to end where it has less",
    ),
)

DATA_SOURCES = (
    Signature(
        "data",
        "csv",
        "A text table with one row a line, separated by commas, semicolons, tabs or spaces.",
        (
            Parameter("path", Text(), "the file, relative to the program's folder"),
            *_TABLE,
            optional(
                "header",
                Flag(),
                None,
                "whether the first line names the columns; by default it does if none of its cells is a number",
            ),
        ),
    ),
    Signature(
        "data",
        "npz",
        "An array of whole numbers, shape (rows, columns), from a NumPy archive.",
        (
            Parameter("path", Text(), "the file, relative to the program's folder"),
            optional("array", Text(), None, "the name of the array; not needed where there is only one"),
            *_TABLE,
        ),
    ),
    Signature(
        "data",
        "bars_and_stripes",
        "The uniform distribution over the pictures whose rows are each of one colour, or whose columns are.",
        (Parameter("rows", Integer(1, 4096), "rows"), Parameter("columns", Integer(1, 4096), "columns")),
    ),
    Signature(
        "data",
        "parity",
        "The uniform distribution over the strings with an even (or odd) number of ones.",
        (
            Parameter("size", Integer(1, 4096), "bits"),
            optional("even", Flag(), True, "even or odd"),
        ),
    ),
    Signature(
        "data",
        "cardinality",
        "The uniform distribution over the strings with a given number of ones.",
        (Parameter("size", Integer(1, 4096), "bits"), Parameter("ones", Integer(0, 4096), "ones in each string")),
    ),
    Signature(
        "data",
        "digits",
        "Handwritten digits, 8x8 pixels, averaged to `size` x `size` and made black and white.",
        (
            optional("classes", Many(Integer(0, 9), "them"), tuple(range(10)), "the digits to take"),
            optional("size", Integer(1, 8), 4, "pixels along a side"),
            optional(
                "threshold",
                Number(Interval(0.0, 1.0, open_low=True, open_high=True)),
                0.5,
                "the ink, as a fraction of the most there can be, from which a pixel is 1",
            ),
        ),
    ),
    Signature(
        "data",
        "mixture",
        "Normal distributions on the whole numbers from 0 to 2^bits - 1, cut off there; the first bit is the most "
        "significant.",
        (
            Parameter("bits", Integer(1, 24), "bits of a number"),
            Parameter("means", Many(Number(), "them"), "the mean of each"),
            Parameter("deviations", POSITIVES, "the standard deviation of each, or one for all"),
            optional("weights", POSITIVES, None, "the weight of each; made to sum to 1, equal by default"),
        ),
    ),
    Signature(
        "data",
        "strings",
        "The distribution with given strings, equally probable or with given weights; repeated strings add up.",
        (
            Parameter("strings", Many(BitString(), "them"), "strings of equal length"),
            optional("weights", POSITIVES, None, "a weight for each string; made to sum to 1"),
        ),
    ),
    Signature(
        "data",
        "state",
        "A quantum state from a NumPy archive, amplitudes or a density matrix: a target of `marginals`, else its bits.",
        (
            Parameter("path", Text(), "the file, relative to the program's folder"),
            optional("array", Text(), None, "the name of the array; not needed where there is only one"),
        ),
    ),
    Signature(
        "data",
        "ground_state",
        "The ground state of a Hamiltonian on the visible qubits, as `state`: a target of `marginals`, else its bits.",
        (
            Parameter("hamiltonian", Spins(), "the Hamiltonian, which depends on no input"),
            optional("basis", Choice(("x", "y", "z")), "z", "the Pauli matrix that is measured on every qubit"),
        ),
    ),
    *generalisation.PARTS,
)

_DATA = Parameter("data", Data(), "the data set")
_COMBINE = optional(
    "combine", Choice(("mean", "sum")), "mean", "how kernels of several widths are joined", keyword_only=True
)

_WORDS = (
    optional("words", Integer(1, 10**7), None, "so many words of Z, drawn from the kernel at each step"),
    optional(
        "samples",
        Integer(2, 10**7),
        None,
        "draws from which each word is estimated; without `words`, strings of the model",
    ),
    optional("weight", Integer(1, 64), None, "in place of drawn words, all those of at most so many bits"),
    optional(
        "reach",
        Integer(0),
        None,
        "beside `weight`, how far the bits of a word may be apart; any distance by default",
    ),
)

OBJECTIVES = (
    Signature(
        "objective",
        "nll",
        "Mean negative log-likelihood of the rows of the data, -sum_x w(x) log p(x), in nats.",
        (_DATA,),
    ),
    Signature(
        "objective",
        "kl",
        "Kullback-Leibler divergence of the data's distribution from the model's, in nats; exact.",
        (_DATA,),
    ),
    Signature(
        "objective",
        "markov_nll",
        "Mean of -sum_i log p(x_i | the `radius` bits before it), in nats: nll, if bits depend on no others.",
        (_DATA, Parameter("radius", Integer(0, 10), "how many bits before a bit are taken as known")),
    ),
    Signature(
        "objective",
        "marginals",
        "Mean distance of the distributions of the bits of small regions from those of the data; of states from a "
        "`state`.",
        (
            _DATA,
            optional("size", Integer(1, 12), 2, "bits of a region: all connected sets on the lattice, or in a row"),
            optional(
                "distance",
                Choice(("tv", "kl", "hilbert_schmidt")),
                "kl",
                "sum |p-q| / 2, sum q log(q/p), or sum (p-q)^2",
            ),
        ),
    ),
    Signature(
        "objective",
        "mmd",
        "Squared maximum mean discrepancy of the model and the data under a kernel.",
        (
            _DATA,
            Parameter("kernel", Nested("kernel", "hamming(sigma = 1)"), "the kernel"),
            *_WORDS,
        ),
    ),
)

KERNELS = (
    Signature(
        "kernel",
        "gaussian",
        "exp(-d^2 / (2 variance)), d being the distance of two strings; variance = sigma^2.",
        (
            optional("variance", POSITIVES, None, "one variance or several", keyword_only=True),
            optional("sigma", POSITIVES, None, "one standard deviation or several", keyword_only=True),
            _COMBINE,
            OF,
        ),
        one_of=("variance", "sigma"),
    ),
    Signature(
        "kernel",
        "hamming",
        "exp(-H / (2 sigma^2)), H being the Hamming distance.",
        (Parameter("sigma", POSITIVES, "one width or several"), _COMBINE),
    ),
)

STOPS = (
    Signature(
        "stop", "target", "Stop once the loss is at or below a value.", (Parameter("value", Number(), "the value"),)
    ),
    Signature(
        "stop",
        "plateau",
        "Stop once the best loss has not fallen by `tolerance` in `patience` steps.",
        (
            optional("patience", Integer(1), 50, "steps"),
            optional("tolerance", NOT_NEGATIVE, 1e-6, "the least fall that counts"),
        ),
    ),
    EARLY,
)

_OF = optional("data", Data(), None, "the data set; the objective's by default")

REPORTS = (
    Signature("report", "kl", "KL divergence of the data's distribution from the model's, in nats.", (_OF,)),
    Signature("report", "tv", "Total variation distance, half the sum of |p - q|.", (_OF,)),
    Signature("report", "nll", "Mean negative log-likelihood, in nats.", (_OF,)),
    Signature(
        "report",
        "mmd",
        "Squared maximum mean discrepancy.",
        (
            _OF,
            optional("kernel", Nested("kernel", "hamming(sigma = 1)"), None, "the kernel; the objective's by default"),
            *_WORDS,
        ),
    ),
    Signature("report", "valid_rate", "Probability that the model gives a string that the data have.", (_OF,)),
    Signature(
        "report",
        "moments",
        "Largest and mean difference of the one- and two-point moments <Z_a>, <Z_a Z_b> from those of the data.",
        (_OF,),
    ),
    Signature(
        "report",
        "entropy",
        "Entropy of the generated bits or of the visible state, in nats.",
        (
            optional(
                "region",
                Region(may_be_hidden=True),
                None,
                "some qubits, hidden ones too where `kind = quantum`; the visible ones by default, up to 24",
            ),
            optional("kind", Choice(("classical", "quantum")), "classical", "Shannon, of the bits, or von Neumann"),
        ),
    ),
    Signature(
        "report",
        "correlation_length",
        "xi of exp(-r / xi), fitted to the root mean square of <Z_a Z_b> - <Z_a><Z_b> of bits at distance r.",
        (_OF, optional("reach", Integer(2, 64), 8, "the largest distance that is looked at")),
    ),
    Signature(
        "report",
        "markov_gap",
        "Largest and mean of I(x_i : x_(i-r-1) | the r bits between), in nats: 0 where `markov_nll` is nll.",
        (optional("radius", Integer(0, 10), None, "r; that of the objective's `markov_nll` by default"),),
    ),
    Signature(
        "report",
        "hamming_distance",
        "Mean fraction of bits that differ from the basis state that the registers start in: mean of (1 - z <Z>) / 2.",
        (optional("region", Region(may_be_hidden=True), None, "some qubits; all visible and hidden ones by default"),),
    ),
    Signature("report", "purity", "Tr rho^2 of the visible register.", ()),
    Signature(
        "report",
        "trotter_error",
        "Total variation distance of the distribution of the circuit as it is emitted, in slices, and a bound by "
        "commutators.",
        (),
    ),
    Signature(
        "report",
        "cmi",
        "Conditional mutual information I(A : C | B), in nats, of the generated bits or of the visible state.",
        (
            Parameter("a", Region(), "the first region"),
            Parameter("b", Region(may_be_empty=True), "the region in between, on which one conditions; [] for none"),
            Parameter("c", Region(), "the last region"),
            optional("kind", Choice(("classical", "quantum")), "classical", "of the bits, or von Neumann"),
        ),
    ),
    *generalisation.REPORTS,
)

SIGNATURES: dict[str, dict[str, Signature]] = {
    signatures[0].kind: {signature.name: signature for signature in signatures}
    for signatures in (
        DATA_SOURCES,
        OBJECTIVES,
        KERNELS,
        OPTIMIZERS,
        SCHEDULE_TABLE,
        GRADIENTS,
        STRATEGY_TABLE,
        STOPS,
        WATCH,
        REPORTS,
        BASELINES,
    )
}

KIND_WORDS = {
    "data": "data source",
    "objective": "objective",
    "kernel": "kernel",
    "optimizer": "optimizer",
    "schedule": "schedule",
    "gradient": "gradient rule",
    "strategy": "training strategy",
    "stop": "stopping rule",
    "watch": "setting of `watch`",
    "report": "report",
    "baseline": "baseline",
}
