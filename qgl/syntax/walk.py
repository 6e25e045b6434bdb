"""Going through trees: whether two mean the same, the names in one, and those that it declares."""

from __future__ import annotations

from collections.abc import Iterator

from qgl.syntax import tree


def same(one: object, other: object) -> bool:
    """Whether two nodes, or tuples of them, mean the same: equal but for their places."""
    waiting = [(one, other)]
    while waiting:
        a, b = waiting.pop()
        if type(a) is not type(b):
            return False
        if isinstance(a, tuple) and isinstance(b, tuple):
            if len(a) != len(b):
                return False
            waiting += zip(a, b, strict=True)
        elif isinstance(a, tree.Node):
            waiting += [(getattr(a, f), getattr(b, f)) for f in a.__dataclass_fields__ if f != "span"]
        elif a != b:
            return False
    return True


def names_in(node: object) -> Iterator[tree.Name]:
    """All names that stand anywhere in a node, or in the nodes of a tuple."""
    waiting = [node]
    while waiting:
        match waiting.pop():
            case tree.Name() as name:
                yield name
            case tuple() as parts:
                waiting.extend(parts)
            case tree.Node() as inner:
                waiting.extend(getattr(inner, field) for field in inner.__dataclass_fields__ if field != "span")


def uses_in(node: object) -> Iterator[tuple[tree.Name, bool]]:
    """The names of a node that may stand for what is declared elsewhere, and whether each is called: not those of
    settings and of named arguments.
    """
    waiting = [node]
    while waiting:
        match waiting.pop():
            case tree.Name() as name:
                yield name, False
            case tuple() as parts:
                waiting.extend(parts)
            case tree.Call(_, function, arguments, keywords):
                yield function, True
                waiting += [arguments, tuple(value for _, value in keywords)]
            case tree.Setting(_, _, values):
                waiting.append(values)
            case tree.Constants(_, _, bindings):
                waiting.append(bindings)
            case tree.Node() as inner:
                waiting.extend(getattr(inner, field) for field in inner.__dataclass_fields__ if field != "span")


def declared_by(node: object) -> tuple[str, ...]:
    """The names that a statement or declaration would have declared."""
    match node:
        case tree.Const(bindings=bindings):
            return tuple(name.name for name, _ in bindings)
        case tree.Measure(bit=tree.Name(name=name)):
            return (name,)
        case tree.Let() | tree.Fresh() | tree.Lattice() | tree.Register() | tree.Data() | tree.Parameter():
            return (node.name.name,)
        case tree.Routine() | tree.Hamiltonian() | tree.Output():
            return (node.name.name,)
    return ()
