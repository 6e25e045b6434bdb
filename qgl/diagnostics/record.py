"""Records of typed fields that cost nothing to define.

`dataclass` compiles several methods for each class, and there are two hundred kinds of fault. These share their
methods, and type checkers see dataclasses all the same. Unlike those of `qgl.record`, they are made by inheritance, so
that a subclass may have a text (`says`) in the place of a property of its base.
"""

from __future__ import annotations

from typing import Any, ClassVar, dataclass_transform


@dataclass_transform(frozen_default=True)
class Record:
    """A subclass holds the fields that it annotates, after those of its base, and never changes.

    What is annotated as `ClassVar`, or not annotated, belongs to the class. The `__init__` of an instance raises
    `TypeError` for fields that are missing, unknown or given twice.
    """

    fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        own = (name for name, kind in cls.__annotations__.items() if not str(kind).startswith("ClassVar"))
        cls.fields = (*cls.fields, *(name for name in own if name not in cls.fields))

    def __init__(self, *values: Any, **named: Any) -> None:
        given = dict(zip(self.fields, values, strict=False))
        if len(values) > len(self.fields) or given.keys() & named.keys() or not named.keys() <= set(self.fields):
            raise TypeError(f"{type(self).__name__} takes {', '.join(self.fields)}")
        given |= named
        if missing := [name for name in self.fields if name not in given and not hasattr(type(self), name)]:
            raise TypeError(f"{type(self).__name__} needs {', '.join(missing)}")
        vars(self).update((name, given[name] if name in given else getattr(type(self), name)) for name in self.fields)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a {type(self).__name__} does not change")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"
