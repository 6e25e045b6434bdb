"""Work shared between devices: every device runs the same program, and at `mapped` does its share and gathers the rest.

A program is spread by `spread`, or by a `jax.shard_map` of one's own over a mesh with the axis "work". Inside of it
`mapped` splits its rows; outside of it, it is `jax.vmap`. Kernels call it where they have a batch, and know no more of
devices than that. Nothing else is split: what lies between two calls of `mapped` is done by every device.

Gradients are taken inside of the spread program. What a row depends on is the same on all devices, so its cotangent is
the sum over devices; the gathered answer is the same on all devices, so each device takes back the cotangent of its own
share. These are the conjugate pair of Shoeybi et al., arXiv:1909.08053, section 3.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, PartitionSpec

_Spec: Callable[..., Any] = PartitionSpec
SEEDS, WORK = "seeds", "work"  # axes of a mesh
WHOLE = _Spec()  # an array that every device has
_largest_of_seeds: Callable[..., Any] = functools.partial(jax.lax.pmax, axis_name=SEEDS)
_sum_of_devices: Callable[..., Any] = functools.partial(jax.lax.psum, axis_name=WORK)
_SPLIT = "qgl rows are split"


def grid(devices: Sequence[jax.Device], seeds: int = 1) -> Mesh:
    """A mesh of `devices` over the axes "seeds" and "work": as few seeds as can be on each device, then as few devices
    as can be on the axis of seeds.
    """
    count = len(devices)
    sizes = [size for size in range(1, count + 1) if count % size == 0]
    size = min(sizes, key=lambda size: (-(-seeds // size), size))
    types = (AxisType.Auto, AxisType.Auto)
    return Mesh(np.array(devices).reshape(size, count // size), (SEEDS, WORK), axis_types=types)


def spread(function: Callable[..., Any], mesh: Mesh) -> Callable[..., Any]:
    """`function`, its rows split over the axis "work" of `mesh`. Arguments and answers are on all devices, whole.

    Call it under `jit`. Differentiate inside: `spread(jax.grad(f), mesh)`, not the other way round.
    """
    return jax.shard_map(function, mesh=mesh, in_specs=WHOLE, out_specs=WHOLE, check_vma=False)


def own_seeds(count: int) -> tuple[jax.Array, jax.Array]:
    """Places of this device's seeds among `count`, shape (share,), and which of them are real: the last devices may
    have copies.
    """
    share = -(-count // jax.lax.axis_size(SEEDS))
    places = share * jax.lax.axis_index(SEEDS) + jnp.arange(share)
    return jnp.minimum(places, count - 1), places < count


def all_seeds(tree: Any, count: int, axis: int = 0) -> Any:
    """The arrays of all seeds in order, the first `count` of them, from those of the seeds of each device."""

    def whole(array: jax.Array) -> jax.Array:
        gathered = jax.lax.all_gather(array, SEEDS, axis=axis, tiled=True)
        return jax.lax.slice_in_dim(gathered, 0, count, axis=axis)

    return jax.tree.map(whole, tree)


def longest(number: jax.Array) -> jax.Array:
    """The largest of the numbers, shape (), that devices have for their seeds."""
    largest: jax.Array = _largest_of_seeds(number)
    return largest


def sharers() -> int:
    """Number of devices that share the rows of a `mapped` called here: 1 outside of a spread program and in a row."""
    mesh = jax.sharding.get_abstract_mesh()
    return int(mesh.shape[WORK]) if WORK in mesh.manual_axes and not _is_split() else 1


def mapped(function: Callable[..., Any], *arrays: Any, batch_size: int | None = None) -> Any:
    """`jax.vmap(function)(*arrays)`, the rows split between the devices if there are several.

    arrays: pytrees of arrays with one leading axis of rows. What `function` closes over is shared by all rows; it may
        be traced and differentiated.
    batch_size: rows that one device runs at the same time; None for all of its share.

    It composes with `jit`, `vmap`, reverse-mode `grad` and loops. Within `function`, a second `mapped` is `jax.vmap`.
    """
    count, devices = len(jax.tree.leaves(arrays)[0]), sharers()
    if devices == 1 or count == 1:
        if batch_size is None or batch_size >= count:
            return jax.vmap(function)(*arrays)
        return jax.lax.map(lambda row: function(*row), arrays, batch_size=batch_size)
    share = -(-count // devices)
    together = min(batch_size or share, share)
    return shared(functools.partial(_rows, function, together), *arrays, multiple=together)


def shared(function: Callable[..., Any], *arrays: Any, multiple: int = 1) -> Any:
    """`function(*arrays)` of a function that takes many rows and answers each by itself, split as `mapped` splits.

    The number of rows of a share is a `multiple`.
    """
    count, devices = len(jax.tree.leaves(arrays)[0]), sharers()
    if devices == 1 or count == 1:
        return function(*arrays)
    share = multiple * -(-count // (multiple * devices))
    first = share * jax.lax.axis_index(WORK)
    own = jax.tree.map(lambda array: _own(_enter(_padded(array, share * devices)), first, share), arrays)
    # an axis of length 1 that nothing has, whose name tells that they are split already
    named = jax.vmap(function, in_axes=None, out_axes=None, axis_name=_SPLIT, axis_size=1)
    run, constants = jax.closure_convert(named, *own)
    answers = run(*own, *(_enter(value) for value in constants))
    return jax.tree.map(lambda answer: _gather(answer)[:count], answers)


def agreed(tree: Any) -> Any:
    """The arrays of the first of the devices that share work; without several, the arrays.

    Devices compute the same from the same, but some add up in an order of chance. What steers a loop around a call of
    `mapped` must be agreed on, or devices would wait for each other in vain.
    """
    if sharers() == 1:
        return tree
    leads = jax.lax.axis_index(WORK) == 0

    def first(array: jax.Array) -> Any:
        number = array.astype(jnp.int32) if array.dtype == bool else array
        return _sum_of_devices(jnp.where(leads, number, jnp.zeros_like(number))).astype(array.dtype)

    return jax.tree.map(first, tree)


def _rows(function: Callable[..., Any], together: int, *arrays: Any) -> Any:
    """Answers of all rows, `together` of them at a time."""
    run = jax.vmap(function)
    if together == len(jax.tree.leaves(arrays)[0]):
        return run(*arrays)
    batches = jax.tree.map(lambda array: array.reshape(-1, together, *array.shape[1:]), arrays)
    answers = jax.lax.map(lambda batch: run(*batch), batches)
    return jax.tree.map(lambda answer: answer.reshape(-1, *answer.shape[2:]), answers)


def _is_split() -> bool:
    try:
        jax.lax.axis_size(_SPLIT)
    except NameError:
        return False
    return True


def _padded(array: jax.Array, rows: int) -> jax.Array:
    """The first row again, as often as it takes."""
    array = jnp.asarray(array)
    repeats = jnp.broadcast_to(array[:1], (rows - len(array), *array.shape[1:]))
    return jnp.concatenate([array, repeats])


def _own(array: jax.Array, first: jax.Array, share: int) -> jax.Array:
    return jax.lax.dynamic_slice_in_dim(array, first, share)


def _differentiable(array: jax.Array) -> bool:
    return bool(jnp.issubdtype(array.dtype, jnp.inexact))


def _enter(array: jax.Array) -> jax.Array:
    """The array; its cotangent is the sum of those of all devices."""
    entered: jax.Array = _summed_backwards(array) if _differentiable(array) else array
    return entered


def _gather(array: jax.Array) -> jax.Array:
    """The shares of all devices in order; the cotangent of a share is its part of that of the whole."""
    gathered: jax.Array = _split_backwards(array) if _differentiable(array) else _all(array)
    return gathered


@jax.custom_vjp
def _summed_backwards(array: jax.Array) -> jax.Array:
    return array


_summed_backwards.defvjp(lambda array: (array, None), lambda _, cotangent: (_sum_of_devices(cotangent),))


def _all(array: jax.Array) -> jax.Array:
    gathered: jax.Array = jax.lax.all_gather(array, WORK, tiled=True)
    return gathered


def _back(share: int, cotangent: jax.Array) -> tuple[jax.Array]:
    return (_own(cotangent, share * jax.lax.axis_index(WORK), share),)


@jax.custom_vjp
def _split_backwards(array: jax.Array) -> jax.Array:
    return _all(array)


_split_backwards.defvjp(lambda array: (_all(array), len(array)), _back)
