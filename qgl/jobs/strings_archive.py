"""Strings of a job as an archive of NumPy's arrays that ends in a stamp, which is its comment.

The stamp is of all bytes before it, headers and times of the archive included: what unpacks to the same is told, too.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.hardware.engines.engine import Strings
from qgl.runs.files import sealed

MOST_BYTES = 4 << 30
_FORMAT: Any = np.lib.format  # which some versions of NumPy leave without types


def encode(arrays: Mapping[str, Strings], of: str) -> bytes:
    """The bytes of an archive of strings, the same for the same content, with a stamp: `of` is what they belong to."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = bytes(sealed.STAMP_BYTES)  # room for the stamp
    body = buffer.getvalue()[: -sealed.STAMP_BYTES]
    return body + sealed.stamp(body, of)


def decode(content: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of such an archive; its stamp is not looked at. No more is unpacked than its limits allow.

    Raises:
        ValueError, and others of zip files and of NumPy: it is none.
    """
    arrays: dict[str, NDArray[Any]] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.namelist():
            with archive.open(member) as file:
                data = file.read(MOST_BYTES + 1)  # to its end, where its checksum is compared
            if len(data) > MOST_BYTES:
                raise ValueError(f"{member} has more than {MOST_BYTES:,} bytes")
            arrays[member.removesuffix(".npy")] = _FORMAT.read_array(io.BytesIO(data), allow_pickle=False)
    return arrays
