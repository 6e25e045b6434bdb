"""The tensors of a network as arrays of NumPy, from what JAX made of the inputs."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from qgl.kernels.devices.host import Real
from qgl.plan.network.table import Network


def of_network(network: Network, flat: Real, kind: type) -> list[NDArray[Any]]:
    """The tensors in their order, of the type `kind`.

    flat: shape (2 numbers,), the real parts of all tables and then their imaginary parts.
    """
    values: NDArray[Any] = (flat[: len(flat) // 2] + 1j * flat[len(flat) // 2 :]).astype(kind)
    tables, at = [], 0
    for table in network.tables:
        size = table.rows * math.prod(table.shape)
        tables.append(values[at : at + size].reshape(-1, *table.shape))
        at += size
    return [tables[table][row] for table, row in zip(network.tensors.tables, network.tensors.rows, strict=True)]
