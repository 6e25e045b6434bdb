"""How the classes of cones are run: in tiles, many classes at once, or a class by itself by another method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.cones.classes import ConeClass
from qgl.plan.cones.schedule import WIDEST, Schedule, evened, schedule
from qgl.plan.cones.survey import Reading
from qgl.plan.cones.tiles import Bucket, buckets, lanes_of, tile_bytes
from qgl.plan.contraction.method import Contraction, PreparedContraction
from qgl.plan.costs import DOUBLE, STEP_SECONDS
from qgl.plan.memory import for_arrays
from qgl.plan.model import Cost, Method, Prepared
from qgl.plan.state.methods import DensityMatrix, PreparedFullState, StateVector

WAYS: tuple[Method, ...] = (StateVector(flips=False), DensityMatrix(), Contraction(least=0))  # for a class
SOON = 0.1  # seconds of all members of a class, for which no path of a network is looked for
CHUNK = 1 << 28  # bytes that the members of a class that run at the same time may take
TILE_CHUNK = 1 << 24  # and the tiles: about what a cache holds
FLOPS_PER_SECOND = 1e9  # of the second and further members of a class that runs by itself
BLOCK_BYTES = 64  # for each entry of a block of a member, which is made of several matrices
TILE_SECONDS = 2e-9  # for an amplitude and step: a gather, and each column of a block, value and gradient


@dataclass(frozen=True, eq=False)
class Run:
    """One batch: a class by some method, or many classes in tiles.

    first    for each class the place of its first member in the batch; the others follow
    members  places in the batch
    reading  what is asked of every member
    body     what is run
    cost     of all members
    chunk    members, or tiles, that are run at the same time
    """

    first: dict[int, int]
    members: int
    reading: Reading
    body: Alone | Tiled
    cost: Cost
    chunk: int


@dataclass(frozen=True, eq=False)
class Alone:
    """A class that is run by itself, as a method that holds a state or contracts a network prepared it."""

    one: ConeClass
    prepared: Prepared


@dataclass(frozen=True, eq=False)
class Tiled:
    """Classes that are run in tiles, `lanes` members to a tile, with blocks on `arity` bits."""

    bucket: Bucket
    arity: int
    lanes: int


def runs(classes: Sequence[ConeClass], readings: Sequence[Reading], precision: str, wires: int) -> list[Run]:
    """How all classes are run; `wires` are those of the circuit. A cone that has them all is contracted, if it pays, by
    the method of that name: to look for a path of its network here, too, took 40 s for a ring of 20 in ten layers.
    """
    cone_runs: list[Run] = []
    tiled: dict[int, Schedule] = {}
    for number, (one, reading) in enumerate(zip(classes, readings, strict=True)):
        variants = CircuitVariants(one.circuit, one.bits_only)
        whole = len(one.circuit.live_wires) >= wires
        ways = [way.prepare(variants) for way in WAYS if not (whole and isinstance(way, Contraction))]
        small = _schedule(one, ways)
        if small is None:
            cone_runs.append(_alone(number, one, reading, ways, precision))
        else:
            tiled[number] = small
    if tiled:
        number_of = {one.one: number for number, one in tiled.items()}
        arity = max(one.arity for one in tiled.values())
        for bucket in buckets(evened(list(tiled.values())), arity):
            numbers = [number_of[one.one] for one in bucket.schedules]
            cone_runs.append(_tiled(numbers, bucket, arity, [readings[number] for number in numbers], precision))
    return cone_runs


def _schedule(one: ConeClass, ways: Sequence[Prepared]) -> Schedule | None:
    """The cheaper one of a state vector's and a density matrix's, if there is any."""
    schedules = []
    for way in ways:
        if isinstance(way, PreparedFullState) and way.least <= WIDEST:
            small = schedule(one, way.whole)
            if small is not None:
                schedules.append(small)
    return min(schedules, key=_work, default=None)


def _work(small: Schedule) -> float:
    """What a member takes; twice that for a density matrix, so that few classes have tiles of their own kind."""
    return float((1 + small.density) * (1 + 2**small.arity) * len(small.gathered)) * 2.0**small.bits


def _alone(number: int, one: ConeClass, reading: Reading, ways: Sequence[Prepared], precision: str) -> Run:
    """A class by the way that takes least, of those that fit into memory if there are any."""
    limit, members = for_arrays(), one.count
    costs: list[Cost] = []
    for way in ways:
        if isinstance(way, PreparedContraction) and any(_soon(cost, members, limit) for cost in costs):
            break
        each = [way.cost(query, precision) for query in reading.queries(one)]
        costs.append(max(each, key=lambda cost: (cost.refusal != "", cost.seconds)))
    best = min(range(len(costs)), key=lambda k: (costs[k].refusal != "", costs[k].memory > limit, costs[k].seconds))
    cost = costs[best]
    chunk = max(1, min(members, CHUNK // max(cost.memory, 1)))
    seconds = _seconds(cost, members)
    total = Cost(seconds, chunk * cost.memory, members * cost.flops, cost.width, refusal=cost.refusal)
    return Run({number: 0}, members, reading, Alone(one, ways[best]), total, chunk)


def _seconds(cost: Cost, members: int) -> float:
    """Of all members of a class, of one of which this is the cost."""
    return cost.seconds + (members - 1) * cost.flops / FLOPS_PER_SECOND


def _soon(cost: Cost, members: int, limit: int) -> bool:
    return not cost.refusal and cost.memory <= limit and _seconds(cost, members) < SOON


def _tiled(numbers: Sequence[int], bucket: Bucket, arity: int, readings: Sequence[Reading], precision: str) -> Run:
    counts = [one.one.count for one in bucket.schedules]
    lanes = lanes_of(counts, bucket.bits)
    tiles = [-(-count // lanes) for count in counts]
    first = {number: lanes * sum(tiles[:k]) for k, number in enumerate(numbers)}
    reading = Reading()
    for one in readings:
        reading.add(one)
    double = DOUBLE if precision == "double" else 1.0
    blocks = sum(count * len(one.gathered) for count, one in zip(counts, bucket.schedules, strict=True))
    amplitudes = float(sum(tiles) * lanes) * bucket.steps * 2.0**bucket.bits
    size = int(tile_bytes(bucket, arity, lanes) * double)
    chunk = max(1, min(sum(tiles), TILE_CHUNK // size))
    total = Cost(
        double * (TILE_SECONDS * (1 + 2**arity) * amplitudes + 8 * bucket.steps * STEP_SECONDS),
        chunk * size + int(double * BLOCK_BYTES * 4**arity * blocks),
        3 * 8 * 2**arity * amplitudes,
        max(one.qubits for one in bucket.schedules),
    )
    return Run(first, lanes * sum(tiles), reading, Tiled(bucket, arity, lanes), total, chunk)
