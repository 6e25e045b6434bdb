"""Sets of bit strings that are known by a rule: whether a string belongs, and how many there are, without a list."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qgl.record import record

Rows = NDArray[np.uint8]


class Rule(Protocol):
    """A set of strings of `width` bits; `count` is how many there are, exactly."""

    @property
    def width(self) -> int: ...

    @property
    def count(self) -> int: ...

    def contains(self, rows: Rows) -> NDArray[np.bool_]:
        """Which of some strings, shape (rows, width), belong: shape (rows,)."""
        ...

    def draw(self, number: int, random: np.random.Generator) -> Rows:
        """Independent members, each with the same chance, shape (number, width)."""
        ...


@record
class BarsAndStripes:
    """Pictures of `rows` times `columns` pixels whose rows are each of one colour, or whose columns are; row by row."""

    rows: int
    columns: int

    @property
    def width(self) -> int:
        return self.rows * self.columns

    @property
    def count(self) -> int:
        return (1 << self.rows) + (1 << self.columns) - 2  # the two pictures of one colour are of both kinds

    def contains(self, rows: Rows) -> NDArray[np.bool_]:
        pictures = rows.reshape(-1, self.rows, self.columns)
        stripes = (pictures == pictures[:, :, :1]).all(axis=(1, 2))
        bars = (pictures == pictures[:, :1, :]).all(axis=(1, 2))
        valid: NDArray[np.bool_] = stripes | bars
        return valid

    def draw(self, number: int, random: np.random.Generator) -> Rows:
        """A row or column of uniform bits; one of a single colour is kept with half the chance, having two kinds."""
        rows: Rows = np.empty((0, self.width), np.uint8)
        share = (1 << self.rows) / ((1 << self.rows) + (1 << self.columns))
        while len(rows) < number:
            size = 2 * (number - len(rows)) + 8
            stripes = random.integers(0, 2, (size, self.rows, 1), np.uint8).repeat(self.columns, axis=2)
            bars = random.integers(0, 2, (size, 1, self.columns), np.uint8).repeat(self.rows, axis=1)
            pictures = np.where(random.random(size)[:, None, None] < share, stripes, bars).reshape(size, -1)
            plain = (pictures == pictures[:, :1]).all(axis=1)
            rows = np.concatenate([rows, pictures[~plain | (random.random(size) < 0.5)]])
        return rows[:number]


@record
class Cardinality:
    """Strings of `width` bits with so many ones."""

    width: int
    ones: int

    @property
    def count(self) -> int:
        return math.comb(self.width, self.ones)

    def contains(self, rows: Rows) -> NDArray[np.bool_]:
        valid: NDArray[np.bool_] = rows.sum(axis=1, dtype=np.int64) == self.ones
        return valid

    def draw(self, number: int, random: np.random.Generator) -> Rows:
        sorted_ones = np.zeros((number, self.width), np.uint8)
        sorted_ones[:, : self.ones] = 1
        return random.permuted(sorted_ones, axis=1)


@record
class Parity:
    """Strings of `width` bits with an even number of ones, or with an odd one."""

    width: int
    even: bool

    @property
    def count(self) -> int:
        return 1 << (self.width - 1)

    def contains(self, rows: Rows) -> NDArray[np.bool_]:
        valid: NDArray[np.bool_] = rows.sum(axis=1, dtype=np.int64) % 2 == (0 if self.even else 1)
        return valid

    def draw(self, number: int, random: np.random.Generator) -> Rows:
        rows = random.integers(0, 2, (number, self.width), np.uint8)
        rows[:, -1] ^= ~self.contains(rows)
        return rows


@dataclass(frozen=True, eq=False)
class Listed:
    """Strings that are listed, shape (count, width), in any order and as often as one likes."""

    rows: Rows = field(repr=False)
    keys: frozenset[bytes] = field(repr=False)

    @classmethod
    def of(cls, rows: Rows) -> Listed:
        return cls(rows, frozenset(_keys(rows)))

    @property
    def width(self) -> int:
        return int(self.rows.shape[1])

    @property
    def count(self) -> int:
        return len(self.keys)

    def contains(self, rows: Rows) -> NDArray[np.bool_]:
        return np.fromiter((key in self.keys for key in _keys(rows)), np.bool_, len(rows))

    def draw(self, number: int, random: np.random.Generator) -> Rows:
        members = np.unique(self.rows, axis=0)
        return members[random.integers(0, len(members), number)]


@dataclass(frozen=True, eq=False)
class Without:
    """The strings of a rule without some that are listed, all of them members."""

    rule: Rule
    left_out: Listed

    @property
    def width(self) -> int:
        return self.rule.width

    @property
    def count(self) -> int:
        return self.rule.count - self.left_out.count

    def contains(self, rows: Rows) -> NDArray[np.bool_]:
        return self.rule.contains(rows) & ~self.left_out.contains(rows)

    def draw(self, number: int, random: np.random.Generator) -> Rows:
        rows: Rows = np.empty((0, self.width), np.uint8)
        while len(rows) < number:
            drawn = self.rule.draw(number - len(rows), random)
            rows = np.concatenate([rows, drawn[~self.left_out.contains(drawn)]])
        return rows


def draw_distinct(rule: Rule, number: int, random: np.random.Generator) -> Rows:
    """`number` different members, every set of so many with the same chance, in the order of drawing.

    Members are drawn one after another, and those that came before are passed over. With the same generator, a larger
    number begins with the same members.

    Raises:
        ValueError: there are not so many.
    """
    if number > rule.count:
        raise ValueError(f"{number} different strings of {rule.count}")
    rows: dict[bytes, Rows] = {}
    while len(rows) < number:
        for row, key in zip(drawn := rule.draw(_AT_ONCE, random), _keys(drawn), strict=True):
            rows.setdefault(key, row)
    return np.stack(list(rows.values())[:number])


_AT_ONCE = 1024


def _keys(rows: Rows) -> list[bytes]:
    """A key for each string."""
    return [row.tobytes() for row in np.packbits(rows, axis=1)]


def count_text(count: int) -> str:
    """A number of strings, in words where it is large: `924`, `about 2^59`."""
    return f"{count:,}" if count < 10**12 else f"about 2^{count.bit_length() - 1}"
