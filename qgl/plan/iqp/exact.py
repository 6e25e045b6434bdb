"""Exact expectations of Pauli words in circuits that only make phases (`qgl.plan.iqp.form`).

The mean over z of prod_j exp(2 i theta_j (-1)^(g_j.z)) is a sum over the sets T of generators whose g_j add up to
nothing over GF(2), of prod_{j in T} i sin(2 theta_j) prod_{j not in T} cos(2 theta_j). A Pauli word anticommutes with
few generators, and these have few relations: most often none but the empty one, and the expectation is a product of
cosines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from qgl.bits import ragged
from qgl.plan.iqp.form import IqpForm

MOST_ANTICOMMUTING = 63  # generators that a Pauli word may anticommute with: a set of them is a number of 64 bits
MOST_DEPENDENCIES = 10  # independent ones of a Pauli word
MOST_LINKS = 20_000_000  # pairs of positions that are told apart
MOST_ENTRIES = 2**29  # numbers of all tables of a query
TOGETHER = 1 << 18  # numbers of a table that is made for some Pauli words at a time

Integers = NDArray[np.int32]
Bits = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Products:
    """Products of values, each times a sign, that are added up to Pauli words.

    factor      shape (products, factors), numbers of values: of m generators j stands for cos, m + j for sin, 2 m for 1
    sign        shape (products,), 1 or -1
    pauli_word  shape (products,), ascending
    """

    factor: Integers
    sign: NDArray[np.int8]
    pauli_word: Integers


@dataclass(frozen=True, eq=False)
class ExactPauliWords:
    """Pauli words as products of their parts, which are sums of products, those with about as many factors together.

    Bits of a Pauli word whose generators share no variable are independent: far Pauli words are products of near ones.

    parts     number of different parts
    products  the sums; Pauli word w of these is part w
    part      shape (pauli_words, most), the parts of each Pauli word, padded with `parts`, which stands for 1
    """

    parts: int
    products: tuple[Products, ...]
    part: Integers

    @property
    def entries(self) -> int:
        """Numbers in all tables."""
        return self.part.size + sum(group.factor.size for group in self.products)


@dataclass(frozen=True, eq=False)
class Incidence:
    """Tables of a formula, as the kernels use them.

    members           shape (m, most), the variables of each generator, padded with the number of variables
    positions         shape (m, most), the positions of each generator, padded with the number of visible positions
    anticommuting_at  shape (visible positions, most), the generators that have the position, padded with m
    """

    form: IqpForm

    @cached_property
    def members(self) -> Integers:
        """See the class, shape (m, most)."""
        return ragged.table([sorted(g.variables) for g in self.form.generators], self.form.variables, least=1)

    @cached_property
    def positions(self) -> Integers:
        """See the class, shape (m, most)."""
        return ragged.table([sorted(g.positions) for g in self.form.generators], len(self.form.quarter_turns), least=1)

    @cached_property
    def anticommuting_at(self) -> Integers:
        """See the class, shape (positions, most)."""
        lists: list[list[int]] = [[] for _ in self.form.quarter_turns]
        for number, generator in enumerate(self.form.generators):
            for position in generator.positions:
                lists[position].append(number)
        return ragged.table(lists, len(self.form.generators), least=1)

    @cached_property
    def codes(self) -> Bits:
        """A sum over GF(2) of random codes of 128 bits of each generator's variables, shape (2, m + 1); the last is 0.

        Sets of generators whose codes add up to nothing are relations, but for a chance of less than 2^-60.
        """
        code = np.random.default_rng(0).integers(0, 2**64, (2, self.form.variables + 1), np.uint64)
        code[:, -1] = 0
        summed = np.bitwise_xor.reduce(code[:, self.members], axis=2)
        return np.pad(summed, ((0, 0), (0, 1)))

    @cached_property
    def linked(self) -> NDArray[np.int64] | None:
        """Pairs a < b of positions whose generators share a variable, as a * width + b, shape (pairs,), ascending;
        None: too many.
        """
        width = len(self.form.quarter_turns)
        touched: list[set[int]] = [set() for _ in range(self.form.variables)]
        for generator in self.form.generators:
            for variable in generator.variables:
                touched[variable] |= generator.positions
        if sum(len(positions) ** 2 for positions in touched) > MOST_LINKS:
            return None
        alike: dict[int, list[list[int]]] = {}  # by their number
        for positions in touched:
            alike.setdefault(len(positions), []).append(sorted(positions))
        links = [np.zeros(0, np.int64)]
        for count, lists in alike.items():
            first, second = np.triu_indices(count, 1)
            table = np.array(lists, np.int64)
            links.append((table[:, first] * width + table[:, second]).reshape(-1))
        return np.unique(np.concatenate(links))

    def exact(self, positions: Integers) -> ExactPauliWords | str:
        """The tables of Z words on `positions`, shape (pauli_words, weight), padded with -1; or why there are none."""
        parts, part = self._split(positions)
        gathered: dict[int, list[Products]] = {}
        entries = 0
        chunk = max(1, TOGETHER // (parts.shape[1] * self.anticommuting_at.shape[1]))
        for first in range(0, len(parts), chunk):
            some = parts[first : first + chunk]
            anticommuting, count = self._anticommuting(some)
            if count.max(initial=0) > MOST_ANTICOMMUTING:
                return f"a Pauli word anticommutes with {count.max()} generators, more than {MOST_ANTICOMMUTING}"
            quarter_turns = np.concatenate([np.array(self.form.quarter_turns, np.int64), [0]])[some].sum(axis=1)
            for width, rows in _alike(count):
                products = self._products(anticommuting[rows, :width], quarter_turns[rows], rows + first)
                if isinstance(products, str):
                    return products
                gathered.setdefault(width, []).extend(products)
                entries += sum(group.factor.size for group in products)
            if entries > MOST_ENTRIES:
                return f"the relations of the generators make more than {MOST_ENTRIES:.1g} factors"
        return ExactPauliWords(len(parts), tuple(_joined(groups) for _, groups in sorted(gathered.items())), part)

    def _split(self, positions: Integers) -> tuple[Integers, Integers]:
        """The different parts of Pauli words, shape (parts, weight), and those of each Pauli word, shape (pauli_words,
        weight).
        """
        weight, linked, width = positions.shape[1], self.linked, len(self.form.quarter_turns)
        label = np.where(positions < 0, -1, np.arange(weight))
        for _ in range(weight - 1):  # the least label goes along links until it has reached all
            for one, other in combinations(range(weight), 2):
                both = (positions[:, one] >= 0) & (positions[:, other] >= 0)
                if linked is not None:
                    both &= _among(positions[:, one].astype(np.int64) * width + positions[:, other], linked)
                least = np.minimum(label[both, one], label[both, other])
                label[both, one] = label[both, other] = least
        pieces = [np.sort(np.where(label == k, positions, -1), axis=1) for k in range(weight)]
        stacked = np.concatenate(pieces)
        filled = stacked[:, -1] >= 0
        parts, number = _unique_rows(stacked[filled])
        part = np.full(len(stacked), len(parts), np.int32)
        part[filled] = number
        return parts, np.sort(part.reshape(weight, len(positions)).T, axis=1)

    def _anticommuting(self, positions: Integers) -> tuple[Integers, Integers]:
        """The generators that have an odd number of each Pauli word's positions, first in their row, and how many they
        are.
        """
        none = len(self.form.generators)
        anticommuting, count = anticommuting_with(self.anticommuting_at, positions, none)
        if anticommuting.shape[1] <= MOST_ANTICOMMUTING:
            anticommuting = np.pad(
                anticommuting, ((0, 0), (0, MOST_ANTICOMMUTING + 1 - anticommuting.shape[1])), constant_values=none
            )
        return anticommuting, count

    def _products(
        self, anticommuting: Integers, quarter_turns: NDArray[np.int64], pauli_words: NDArray[np.int64]
    ) -> list[Products] | str:
        """Pauli words that anticommute with the generators `anticommuting`, shape (pauli_words, K), padded with m."""
        none = len(self.form.generators)
        dependencies = _dependencies(self.codes[:, anticommuting], anticommuting < none)
        rank = dependencies.astype(bool).sum(axis=1)
        if rank.max(initial=0) > MOST_DEPENDENCIES:
            return (
                f"the generators that a Pauli word anticommutes with have {rank.max()} linear dependencies, "
                f"over {MOST_DEPENDENCIES}"
            )
        products = []
        for dependency_count in np.unique(rank):
            rows = np.flatnonzero(rank == dependency_count)
            basis = np.sort(dependencies[rows], axis=1)[:, dependencies.shape[1] - dependency_count :]
            sets = np.zeros((len(rows), 1), np.uint64)
            for column in range(dependency_count):
                sets = np.concatenate([sets, sets ^ basis[:, column, None]], axis=1)
            power = (quarter_turns[rows, None] + np.bitwise_count(sets)) % 4
            row, place = np.nonzero(power % 2 == 0)  # the others are imaginary, and cancel
            chosen = sets[row, place, None] >> np.arange(anticommuting.shape[1], dtype=np.uint64) & np.uint64(1) == 1
            own = anticommuting[rows[row]]
            factor = np.where(own < none, own + none * chosen, 2 * none).astype(np.int32)
            sign = (1 - power[row, place]).astype(np.int8)
            products.append(Products(factor, sign, pauli_words[rows[row]].astype(np.int32)))
        return products


def anticommuting_with(at: Integers, positions: Integers, none: int) -> tuple[Integers, Integers]:
    """Which of the things that lie at positions have an odd number of a Pauli word's positions, and how many they
    are.

    at: shape (positions, most), the numbers of the things at each position, padded with `none`.
    positions: shape (pauli_words, weight), padded with -1.
    Returns their numbers, ascending in each row and padded with `none`, and shape (pauli_words,).
    """
    table = np.concatenate([at, np.full((1, at.shape[1]), none, np.int32)])
    listed = np.sort(table[positions].reshape(len(positions), -1), axis=1)
    odd = np.ones(listed.shape, bool)
    for column in range(1, listed.shape[1]):
        odd[:, column] = ~(odd[:, column - 1] & (listed[:, column] == listed[:, column - 1]))
    last = np.ones(listed.shape, bool)
    last[:, :-1] = listed[:, :-1] != listed[:, 1:]
    anticommuting = np.sort(np.where(odd & last, listed, none), axis=1)
    return anticommuting, (anticommuting < none).sum(axis=1).astype(np.int32)


def _dependencies(codes: Bits, real: NDArray[np.bool_]) -> Bits:
    """Sets of columns whose codes, shape (2, pauli_words, K), add up to nothing: a basis of them, padded with 0."""
    left = codes.copy()
    sets = np.where(real, np.uint64(1) << np.arange(codes.shape[2], dtype=np.uint64), np.uint64(0))
    for column in range(codes.shape[2]):
        pivot = left[:, :, column]
        low = pivot & (~pivot + np.uint64(1))  # the lowest bit of each half
        low[1] = np.where(low[0] == 0, low[1], np.uint64(0))
        hit = ((left[:, :, column + 1 :] & low[:, :, None]) != 0).any(axis=0)
        left[:, :, column + 1 :] ^= np.where(hit, pivot[:, :, None], np.uint64(0))
        sets[:, column + 1 :] ^= np.where(hit, sets[:, column, None], np.uint64(0))
    return np.where((left == 0).all(axis=0), sets, np.uint64(0))


def _among(codes: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each is one of `known`, ascending."""
    if not len(known):
        return np.zeros(codes.shape, bool)
    known_codes: NDArray[np.bool_] = known[np.minimum(np.searchsorted(known, codes), len(known) - 1)] == codes
    return known_codes


def _unique_rows(rows: Integers) -> tuple[Integers, NDArray[np.int64]]:
    """The different rows of numbers from -1 on, and the number of each row among them."""
    base = int(rows.max(initial=0)) + 2
    if base ** rows.shape[1] < 2**62:
        keys = (rows.astype(np.int64) + 1) @ base ** np.arange(rows.shape[1], dtype=np.int64)
        _, first, number = np.unique(keys, return_index=True, return_inverse=True)
    else:
        _, first, number = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return rows[first], number.reshape(-1)


def _alike(count: Integers) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Widths, powers of two, and the rows that fit into each but no smaller one."""
    widths = 1 << np.ceil(np.log2(np.maximum(count, 1))).astype(np.int64)
    for width in np.unique(widths):
        yield int(width), np.flatnonzero(widths == width)


def _joined(groups: list[Products]) -> Products:
    pauli_word = np.concatenate([group.pauli_word for group in groups])
    order = np.argsort(pauli_word, kind="stable")
    factor = np.concatenate([group.factor for group in groups])[order]
    return Products(factor, np.concatenate([group.sign for group in groups])[order], pauli_word[order])
