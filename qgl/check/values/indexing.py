"""Indexing registers, lattices, lists and arrays of inputs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from qgl.check.declarations.categories import gathered
from qgl.check.reporter import FaultyError, Reporter
from qgl.check.values.functions import Functions
from qgl.check.values.lattices import Lattice
from qgl.check.values.values import Array, Dimension, Group, Qubit, Site, Value, describe, key_of
from qgl.diagnostics.types import IndexCount, IndexOutOfRange, WrongType
from qgl.source import Span
from qgl.syntax import tree


@dataclass
class Indexing:
    reporter: Reporter
    functions: Functions

    def index(self, node: tree.Index, base: Value, indices: list[Value]) -> Value:
        """`base[indices]`, both evaluated."""
        match base:
            case Array():
                return self._array(node, base, indices)
            case Group():
                return self._group(node, base, indices)
            case Lattice():
                return self._lattice(node, base, indices)
            case tuple() | range():
                return self._list(node, base, indices)
            case Qubit():
                text = f"`{node.base.span.text}` is one qubit and takes no index"
                raise self.reporter.fault(IndexCount(node.span, text))
            case _:
                raise self.reporter.fault(IndexCount(node.span, f"{describe(base)} takes no index"))

    def _out_of_range(
        self, span: Span, name: str, index: object, size: int, declared: Span | None = None
    ) -> FaultyError:
        allowed = f"indices run from 0 to {size - 1}" if size else "it is empty"
        return self.reporter.fault(IndexOutOfRange(span, name, str(index), allowed, declared))

    def _position(self, node: tree.Index, k: int, value: Value, size: int, declared: Span | None = None) -> int:
        span = node.indices[k].span
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.reporter.fault(WrongType(span, "an index", describe(value)))
        if not 0 <= value < size:
            raise self._out_of_range(span, node.base.span.text, value, size, declared)
        return value

    def _slice(self, node: tree.Index, k: int, found: range, size: int, declared: Span | None = None) -> range:
        for end in (found.start, found.stop - 1):
            if found and not 0 <= end < size:
                raise self._out_of_range(node.indices[k].span, node.base.span.text, end, size, declared)
        return found

    # ------------------------------------------------------------ lists and registers

    def _list(self, node: tree.Index, base: tuple[Value, ...] | range, indices: list[Value]) -> Value:
        """Of lists of lists, an index for each."""
        value: Value = base
        for k, index in enumerate(indices):
            if not isinstance(value, tuple | range) or (k and isinstance(indices[k - 1], range)):
                text = f"a list takes {'one index' if k == 1 else f'{k} indices'} here, not {len(indices)}"
                raise self.reporter.fault(IndexCount(node.span, text))
            if isinstance(index, range):
                chosen = self._slice(node, k, index, len(value))
                value = value[chosen.start : chosen.stop]
            else:
                value = value[self._position(node, k, index, len(value))]
        return value

    def _group(self, node: tree.Index, base: Group, indices: list[Value]) -> Value:
        positions: list[int] = []
        for k, value in enumerate(indices):
            if isinstance(value, range):
                positions += self._slice(node, k, value, len(base), base.span)
            elif isinstance(value, Site):
                positions.append(self._site_position(node, k, base, value))
            elif isinstance(value, tuple):
                positions += [self._member(node, k, base, each) for each in value]
            else:
                positions.append(self._position(node, k, value, len(base), base.span))
        single = len(indices) == 1 and not isinstance(indices[0], range | tuple)
        if base.members:
            members = tuple(base.members[position] for position in positions)
            return members[0] if single else gathered(node.span.text[:60], members, base.span)
        if single:
            return Qubit(base.wires[positions[0]])
        wires = tuple(base.wires[position] for position in positions)
        sites = tuple(base.sites[position] for position in positions) if base.lattice else ()
        return Group(node.span.text[:60], wires, base.lattice, sites, base.span)

    def _member(self, node: tree.Index, k: int, base: Group, value: Value) -> int:
        if isinstance(value, Site):
            return self._site_position(node, k, base, value)
        return self._position(node, k, value, len(base), base.span)

    def _site_position(self, node: tree.Index, k: int, base: Group, site: Site) -> int:
        position = base.position_of_site.get(site.number) if site.lattice is base.lattice else None
        if position is None:
            allowed = "it is not on that lattice"
            if base.lattice is site.lattice:
                allowed = f"it is on the sites {_sites(base.sites)}"
            name = node.base.span.text
            raise self.reporter.fault(IndexOutOfRange(node.indices[k].span, name, f"on {site}", allowed, base.span))
        return position

    # ------------------------------------------------------------ lattices

    def _lattice(self, node: tree.Index, base: Lattice, indices: list[Value]) -> Value:
        if base.kind in ("grid", "torus") and len(indices) == 2:
            rows, columns = (self._axis(node, base, axis, value) for axis, value in enumerate(indices))
            sites = [row * base.extents[1] + column for row, column in product(rows, columns)]
        else:
            sites = []
            for k, value in enumerate(indices):
                sites += self._sites(node, k, base, value)
        if any(isinstance(value, range | tuple) for value in indices):
            return tuple(Site(base, site) for site in sites)
        grid = base.kind in ("grid", "torus") and len(indices) == 2
        return Site(base, sites[0]) if grid or len(indices) == 1 else tuple(Site(base, site) for site in sites)

    def _axis(self, node: tree.Index, base: Lattice, axis: int, value: Value) -> range | tuple[int, ...]:
        if isinstance(value, range):
            return self._slice(node, axis, value, base.extents[axis])
        return (self._position(node, axis, value, base.extents[axis]),)

    def _sites(self, node: tree.Index, k: int, base: Lattice, value: Value) -> range | tuple[int, ...]:
        if isinstance(value, range):
            return self._slice(node, k, value, base.sites)
        span = node.indices[k].span
        if isinstance(value, tuple):
            return tuple(self._one_site(base, each, span) for each in value)
        return (self._one_site(base, value, span),)

    def _one_site(self, base: Lattice, value: Value, span: Span) -> int:
        site = self.functions.site(base, value, span)
        if site is None:
            raise self.reporter.fault(WrongType(span, f"a site of `{base.name}`", describe(value)))
        return site

    # ------------------------------------------------------------ arrays of inputs

    def _array(self, node: tree.Index, base: Array, indices: list[Value]) -> Value:
        spare = len(indices) - len(base.dimensions)
        value: Value = base
        k = 0
        for dimension in base.dimensions:
            if k == len(indices):
                return value
            if dimension.arity == 2 and k + 1 < len(indices) and (spare > 0 or _is_end(indices[k], dimension)):
                key, taken = (indices[k], indices[k + 1]), 2
                spare -= 1
            else:
                key, taken = indices[k], 1
            span = node.indices[k].span.to(node.indices[k + taken - 1].span)
            value = value.at(self._along(base, dimension, key, span))
            k += taken
        if k < len(indices):
            count = len(base.dimensions)
            text = f"`{base.name}` takes {count} {'index' if count == 1 else 'indices'} here, not {len(indices)}"
            raise self.reporter.fault(IndexCount(node.span, text))
        return value

    def _along(self, base: Array, dimension: Dimension, value: Value, span: Span) -> int:
        if isinstance(value, Site) and dimension.keys is None:
            value = value.number
        if isinstance(value, int) and not isinstance(value, bool) and dimension.integers:
            if not 0 <= value < dimension.extent:
                raise self._out_of_range(span, base.name, value, dimension.extent, base.span)
            return value
        if dimension.keys is not None:
            position = dimension.keys.get(key_of(value))
            if position is not None:
                return position
        if isinstance(value, int | Qubit | Site | tuple | Group) and dimension.keys is not None:
            allowed = f"this index runs over {dimension.wording}"
            raise self.reporter.fault(IndexOutOfRange(span, base.name, f"at {span.text[:40]}", allowed, base.span))
        hint = "declare it with the register in its brackets" if isinstance(value, Qubit) else ""
        raise self.reporter.fault(WrongType(span, f"an index into {dimension.wording}", describe(value), hint))


def _is_end(value: Value, dimension: Dimension) -> bool:
    """Whether an index is one end of a pair, and no pair by itself."""
    return isinstance(value, Qubit | Site | Group) and key_of(value) not in (dimension.keys or ())


def _sites(sites: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, sites[:10]))
    return shown if len(sites) <= 10 else f"{shown}, ..."
