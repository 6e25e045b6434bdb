"""Records are frozen data classes in all but what they cost."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, field, fields, replace

import pytest

from qgl.record import record


@record
class Point:
    x: int
    y: int = 0
    name: str = field(default="", kw_only=True)


@record
class Deep(Point):
    z: int = 3


@record
class Empty:
    """Nothing."""


@record(eq=False)
class Thing:
    values: list[int]


class Child(Point):
    """Not a record itself."""


def test_fields_come_as_in_data_classes() -> None:
    point = Deep(1, name="a")
    assert (point.x, point.y, point.z, point.name) == (1, 0, 3, "a")
    assert repr(point) == "Deep(x=1, y=0, name='a', z=3)"
    assert [each.name for each in fields(point)] == ["x", "y", "name", "z"]
    assert Point.__match_args__ == ("x", "y")
    assert replace(point, z=9) == Deep(1, 0, 9, name="a")
    match point:
        case Point(x, 0):
            assert x == 1
        case _:
            pytest.fail("it is a point")
    assert not hasattr(point, "__dict__")


def test_each_class_has_an_init_of_its_own() -> None:
    assert Child(4, 5) == Child(4, 5)
    assert Point(1, 2) == Point(x=1, y=2)
    assert Deep(1, 2, 3).z == 3
    assert Child(4, 5) != Point(4, 5)
    with pytest.raises(TypeError, match=r"Point.__init__\(\) missing 1 required positional argument: 'x'"):
        Point()  # type: ignore[call-arg]  # what is tested
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        Deep(1, w=2)  # type: ignore[call-arg]  # what is tested


def test_equality_and_hash_go_by_all_fields() -> None:
    assert Point(1, 2) == Point(1, 2) and hash(Point(1, 2)) == hash(Point(1, 2))
    assert Point(1, 2) != Point(1, 2, name="a")
    assert Point(1) != Deep(1)
    assert Empty() == Empty() and len({Empty(), Empty()}) == 1
    thing = Thing([1])
    assert thing == thing and thing != Thing([1]) and len({thing, Thing([1])}) == 2


def test_nothing_changes_a_record() -> None:
    point = Point(1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2  # type: ignore[misc]  # what is tested
    with pytest.raises(FrozenInstanceError):
        del point.x
    with pytest.raises(FrozenInstanceError):
        point.other = 2  # type: ignore[attr-defined]  # what is tested
    assert point == Point(1)


def test_copies_and_pickles() -> None:
    point = Deep(1, 2, name="a")
    assert pickle.loads(pickle.dumps(point)) == point == copy.copy(point) == copy.deepcopy(point)
    twin = copy.deepcopy(Thing([1, 2]))
    assert twin.values == [1, 2]
