"""Frozen data classes that cost little to define.

`dataclass` compiles six methods for each class, half a millisecond; for the hundred classes that `qglc check` loads
that was a sixth of its time. Here all classes share them but for `__init__`, which is compiled when it is first
called, so that making an object takes as long as before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform, overload

T = TypeVar("T")


@overload
def record(kind: type[T]) -> type[T]: ...
@overload
def record(*, eq: bool = True) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(kind: type[T] | None = None, *, eq: bool = True) -> Any:
    """`@record` is `@dataclass(frozen=True, slots=True)`, without factories of defaults and `__post_init__`.

    `fields`, `replace`, `match` and pickling work as they do there; with `eq=False` an object is equal to itself only.
    """
    return (lambda found: _record(found, eq)) if kind is None else _record(kind, eq)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Record:
    """What inherits is a record without `@record`, so that two hundred kinds of fault need not say so; not in slots."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        _record(cls, eq=True, slots=False)


def _record(kind: type[T], eq: bool, slots: bool = True) -> type[T]:
    if kind.__doc__ is None:
        kind.__doc__ = f"{kind.__name__}."  # in the place of a docstring `dataclass` works out a signature
    shared = _SHARED | _EQUALITY if eq else _SHARED
    missing = {name: method for name, method in shared.items() if vars(kind).get(name) is None}
    made = dataclass(init=False, repr=False, eq=False, slots=slots)(kind)
    for name, method in missing.items():
        setattr(made, name, method)
    return made


def _init(self: Any, *values: Any, **named: Any) -> None:
    """The first call for a class: its own `__init__` takes this place."""
    kind = next(base for base in type(self).__mro__ if vars(base).get("__init__") is _init)
    made = _compiled_init(kind)
    kind.__init__ = made  # type: ignore[misc]  # it is a class whose `__init__` is asked for just now
    made(self, *values, **named)


def _compiled_init(kind: type[Any]) -> Callable[..., None]:
    """`__init__` with an argument for each field. Fields are set past `__setattr__`, which refuses to."""
    known: dict[str, Any] = {"set_field": object.__setattr__}
    positional, lines = ["self"], []
    named: list[str] = []
    for each in fields(kind):
        known[f"default_{each.name}"] = each.default
        argument = each.name if each.default is MISSING else f"{each.name}=default_{each.name}"
        (named if each.kw_only else positional).append(argument)
        lines.append(f"    set_field(self, {each.name!r}, {each.name})")
    arguments = ", ".join([*positional, *(["*", *named] if named else [])])
    text = "\n".join([f"def __init__({arguments}):", *(lines or ["    pass"])])
    exec(text, known)
    made: Callable[..., None] = known["__init__"]
    made.__qualname__ = f"{kind.__qualname__}.__init__"
    return made


_GETTERS: dict[type[Any], Callable[[Any], tuple[Any, ...]]] = {}  # of the fields that are compared


def _compared(one: Any) -> tuple[Any, ...]:
    """The values of all fields that make records equal: all but those of `field(compare=False)`."""
    getter = _GETTERS.get(type(one))
    if getter is None:
        getter = _GETTERS[type(one)] = _getter(tuple(each.name for each in fields(one) if each.compare))
    return getter(one)


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda one: tuple(getattr(one, name) for name in names)


def _eq(self: Any, other: object) -> Any:
    return _compared(self) == _compared(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: Any) -> int:
    return hash(_compared(self))


def _repr(self: Any) -> str:
    named = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(self))
    return f"{type(self).__qualname__}({named})"


def _frozen_set(self: Any, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _frozen_delete(self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _reduce(self: Any) -> tuple[Any, ...]:
    return _remade, (type(self), tuple(getattr(self, each.name) for each in fields(self)))


def _remade(kind: type[T], values: tuple[Any, ...]) -> T:
    """An object from the values of its fields, as pickles and copies make it."""
    one = object.__new__(kind)
    for each, value in zip(fields(kind), values, strict=True):  # type: ignore[arg-type]  # a record is a dataclass
        object.__setattr__(one, each.name, value)
    return one


_SHARED: dict[str, Callable[..., Any]] = {
    "__init__": _init,
    "__repr__": _repr,
    "__setattr__": _frozen_set,
    "__delattr__": _frozen_delete,
    "__reduce__": _reduce,
}
_EQUALITY: dict[str, Callable[..., Any]] = {"__eq__": _eq, "__hash__": _hash}
