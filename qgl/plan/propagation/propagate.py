"""Sums of Pauli words through the steps of a circuit, truncated. Equal words are merged at every step."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qgl.plan.propagation.local_steps import Batch, LocalRotation, LocalStart, LocalStep, LocalTable, Places
from qgl.plan.propagation.numbers import Numbers
from qgl.plan.propagation.pauli_sum import CollisionError, Masks, PauliSums, Reals, Slots, classes, weights_of
from qgl.plan.propagation.steps import Clifford, Transfer
from qgl.plan.propagation.witness import Kept, Witness

_SPARSE = 0.5  # part of the slots that is empty when words are moved together
_FEW = 4096


@dataclass(frozen=True, slots=True)
class Limits:
    """Which words are kept: of at most `weight` letters, of a coefficient of at least `smallest`, and of each sum the
    `terms` largest; None and 0 bound nothing.
    """

    weight: int | None = None
    smallest: float = 0.0
    terms: int | None = None


@dataclass(eq=False)
class Propagation:
    """One batch of sums under way.

    witness   hears of all that is done to coefficients
    patience  words times steps after which a trial ends, and takes the rest to be like the last; None: no trial
    work      words times steps
    most      the largest number of words at a time
    """

    batch: Batch
    numbers: Numbers
    limits: Limits
    witness: Witness | None = None
    patience: int | None = None
    work: int = 0
    most: int = 0
    sums: PauliSums = field(init=False)

    def __post_init__(self) -> None:
        self.sums = PauliSums(self.batch.x, self.batch.z, self.batch.hashes)

    def run(self) -> Reals:
        """The mean of each word of the batch, shape (sums,).

        Raises:
            CollisionError: other hashes are needed.
        """
        steps = self.batch.steps
        for number, step in enumerate(steps):
            if self.patience is not None and self.work > self.patience:
                self.work += self.sums.living * (len(steps) - number)
                break
            self.take(step)
        return self.means()

    def take(self, step: LocalStep) -> None:
        """One step, and what is dropped after it.

        Raises:
            CollisionError: other hashes are needed.
        """
        match step:
            case LocalRotation():
                self._rotate(step)
            case LocalStart():
                self._start(step)
            case LocalTable(step=Clifford()):
                self._move(step)
            case LocalTable():
                self._transfer(step)
        self._bound_terms()
        self.work += self.sums.living
        self.most = max(self.most, self.sums.living)
        self._move_together()

    def means(self) -> Reals:
        """Words of I and Z alone have the mean 1, others 0."""
        sums = self.sums
        slots = np.flatnonzero(sums.alive[: sums.size] & ~sums.x[:, : sums.size].any(axis=0))
        owners, signs = sums.owner[slots], sums.sign[slots]
        if self.witness is not None:
            self.witness.ended(slots, owners, signs, sums.size)
        count = self.batch.x.shape[1]
        means: Reals = np.bincount(owners, signs * sums.coefficient[slots], minlength=count).astype(np.float64)
        return means

    # ------------------------------------------------------------ steps

    def _rotate(self, step: LocalRotation) -> None:
        """Words that anticommute with P go in pairs W, W': (a, b) -> (cos a - s sin b, cos b + s sin a)."""
        sums, angle = self.sums, float(self.numbers.angles[step.angle])
        split = step.anticommuting(sums)
        if not len(split):
            return
        order, first, paired = _pairs(sums.hash[split], step.hash)
        split = split[order]
        one, other = split[first], np.where(paired, split[np.minimum(first + 1, len(split) - 1)], 0)
        self._check_pairs(one[paired], other[paired], step)
        turn = (step.signs(sums, one) * sums.sign[one] * sums.sign[other]).astype(np.int8)
        a, b = sums.coefficient[one], sums.coefficient[other]
        cos, sin = np.cos(angle), np.sin(angle)
        new_a, new_b = cos * a - turn * (sin * b), cos * b + turn * (sin * a)
        keep_a, keep_b = self._large(new_a), self._large(new_b)
        alone = np.flatnonzero(keep_b & ~paired)
        if len(alone):
            x, z = sums.x[:, one[alone]], sums.z[:, one[alone]]
            step.times(x, z)
            light = self._light(x | z)
            keep_b[alone[~light]] = False
            alone = alone[light]
            hashes, owners = sums.hash[one[alone]] ^ step.hash, sums.owner[one[alone]]
            other[alone] = sums.append(x[:, light], z[:, light], hashes, owners)
        sums.coefficient[one], sums.coefficient[other] = new_a, new_b
        sums.coefficient[0] = 0.0
        sums.drop(np.concatenate([one[~keep_a], other[paired & ~keep_b]]))
        if self.witness is not None:
            kept = np.stack([keep_a, keep_b])
            self.witness.rotated((step.angle, angle), (one, other), turn, (a, b), kept)

    def _move(self, local: LocalTable) -> None:
        """A Clifford gate: words become others, and signs change; no coefficient does."""
        sums, step = self.sums, local.step
        assert isinstance(step, Clifford)
        slots = local.places.touched(sums)
        before = local.places.digits(sums, slots)
        after = step.images[before]
        sums.sign[slots] *= step.signs[before]
        x, z = sums.x[:, slots], sums.z[:, slots]
        local.places.put(x, z, after)
        sums.x[:, slots], sums.z[:, slots] = x, z
        sums.hash[slots] ^= local.hashes[before] ^ local.hashes[after]
        self._forget(slots[~self._light(x | z)])

    def _start(self, step: LocalStart) -> None:
        """Wires in |0>: words with X or Y there have the mean 0, and without Z they are other words, or equal ones."""
        sums, places = self.sums, step.places
        slots = places.touched(sums)
        x, z = sums.x[:, slots], sums.z[:, slots]
        gone = np.zeros(len(slots), bool)
        for limb, mask in zip(places.limbs, places.masks, strict=True):
            gone |= (x[limb] & mask) != 0
        for (limb, bit), own in zip(places.bits, step.hashes, strict=True):
            sums.hash[slots] ^= (z[limb] >> bit & np.uint64(1)) * own
        for limb, mask in zip(places.limbs, places.masks, strict=True):
            z[limb] &= ~mask
        sums.z[:, slots] = z
        self._forget(slots[gone])
        if not gone.all():
            self._merge()

    def _merge(self) -> None:
        """Adds up what equal words have."""
        sums = self.sums
        members = np.flatnonzero(sums.alive[: sums.size])
        order, first = classes(sums.hash[members])
        if len(first) == len(members):
            return
        members = members[order]
        into = np.repeat(members[first], np.diff(np.append(first, len(members))))
        self._check_equal(into, members, sums.x[:, into], sums.z[:, into])
        turn = sums.sign[members] * sums.sign[into]
        total = np.add.reduceat(turn * sums.coefficient[members], first)
        sums.coefficient[members[first]] = total
        keep = self._large(total)
        sums.drop(np.concatenate([members[members != into], members[first[~keep]]]))
        if self.witness is not None:
            self.witness.merged(members, first, turn, keep)

    def _transfer(self, local: LocalTable) -> None:
        """A transfer matrix: words that are equal but on its wires go together."""
        sums, step, places = self.sums, local.step, local.places
        assert isinstance(step, Transfer)
        matrix = self.numbers.matrices[step.number] if step.constant is None else step.constant
        touched = places.touched(sums)
        if not len(touched):
            return
        members = touched if step.is_unital else np.flatnonzero(sums.alive[: sums.size])
        digits = places.digits(sums, members)
        rest = sums.hash[members] ^ local.hashes[digits]
        order, first = classes(rest)
        members, digits, rest = members[order], digits[order], rest[order][first]
        group = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(members))))
        slots = np.zeros((len(first), len(matrix)), np.int64)
        slots[group, digits] = members
        one = members[first]
        x, z = sums.x[:, one], sums.z[:, one]
        places.put(x, z, np.zeros(len(one), np.int64))
        self._check_classes(members, group, slots, (x, z), places)
        signs = sums.sign[slots]
        values = signs * sums.coefficient[slots]
        result = values @ matrix
        keep = self._large(result) & ((slots > 0).astype(np.float32) @ step.joins.astype(np.float32) > 0)
        row, digit = np.nonzero(keep & (slots == 0))
        if len(row):
            new_x, new_z = x[:, row], z[:, row]
            places.put(new_x, new_z, digit)
            light = self._light(new_x | new_z)
            keep[row[~light], digit[~light]] = False
            row, digit = row[light], digit[light]
            hashes, owners = rest[row] ^ local.hashes[digit], sums.owner[one[row]]
            slots[row, digit] = sums.append(new_x[:, light], new_z[:, light], hashes, owners)
        sums.coefficient[slots], sums.sign[slots] = result, 1.0
        sums.coefficient[0] = 0.0
        sums.drop(slots[(slots > 0) & ~keep])
        if self.witness is not None:
            self.witness.transferred(step, matrix, slots, signs, values, keep)

    # ------------------------------------------------------------ what is kept

    def _large(self, coefficients: Reals) -> Kept:
        return np.abs(coefficients) >= self.limits.smallest

    def _light(self, masks: Masks) -> Kept:
        """Of words whose letters are at the ones of masks, shape (limbs, count), those of few letters."""
        if self.limits.weight is None:
            return np.ones(masks.shape[1], bool)
        return weights_of(masks) <= self.limits.weight

    def _forget(self, slots: Slots) -> None:
        """Drops words, whatever their coefficients."""
        if not len(slots):
            return
        self.sums.drop(slots)
        if self.witness is not None:
            self.witness.forgotten(slots)

    def _bound_terms(self) -> None:
        sums, terms = self.sums, self.limits.terms
        if terms is None or sums.living <= terms:
            return
        slots = np.flatnonzero(sums.alive[: sums.size])
        owners = sums.owner[slots]
        for owner in np.flatnonzero(np.bincount(owners) > terms):
            own = slots[owners == owner]
            order = np.argsort(-np.abs(sums.coefficient[own]), kind="stable")
            self._forget(own[order[terms:]])

    def _move_together(self) -> None:
        sums, size = self.sums, self.sums.size
        if size < _FEW or sums.living > (1 - _SPARSE) * size:
            return
        kept = sums.compacted()
        if self.witness is not None:
            self.witness.moved_together(kept, size)

    # ------------------------------------------------------------ equal hashes are equal words

    def _check_pairs(self, one: Slots, other: Slots, step: LocalRotation) -> None:
        x, z = self.sums.x[:, one], self.sums.z[:, one]
        step.times(x, z)
        self._check_equal(one, other, x, z)

    def _check_classes(
        self, members: Slots, group: Slots, slots: Slots, rest: tuple[Masks, Masks], places: Places
    ) -> None:
        if np.count_nonzero(slots) != len(members):
            raise CollisionError
        x, z = self.sums.x[:, members], self.sums.z[:, members]
        places.put(x, z, np.zeros(len(members), np.int64))
        if not (np.array_equal(x, rest[0][:, group]) and np.array_equal(z, rest[1][:, group])):
            raise CollisionError

    def _check_equal(self, slots: Slots, others: Slots, x: Masks, z: Masks) -> None:
        sums = self.sums
        same = np.array_equal(sums.owner[slots], sums.owner[others])
        if not (same and np.array_equal(x, sums.x[:, others]) and np.array_equal(z, sums.z[:, others])):
            raise CollisionError


def _pairs(hashes: Masks, of_product: np.uint64) -> tuple[Slots, Slots, Kept]:
    """Words and their products with one word: the order that puts them side by side, the first of each pair, and
    whether there is a second.
    """
    order, first = classes(np.minimum(hashes, hashes ^ of_product))
    lengths = np.diff(np.append(first, len(hashes)))
    if lengths.max(initial=0) > 2:
        raise CollisionError
    return order, first, lengths == 2
