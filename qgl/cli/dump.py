"""Any value of the compiler as plain data, and plain data as an outline that people can read."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from qgl.source import Source, Span

_MOST = 64  # numbers of an array that are written out


def plain(value: Any) -> Any:
    """Nested dictionaries, lists, texts and numbers; a place is `line:column-line:column`, its file left out."""
    if isinstance(value, Span):
        end = Span(value.source, value.end, value.end)
        return f"{value.line}:{value.column}-{end.line}:{end.column}"
    if isinstance(value, Source):
        return value.name
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value) if not f.name.startswith("_")
        }
        return {"kind": type(value).__name__} | ({"is": fields.pop("kind")} if "kind" in fields else {}) | fields
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return _array(value) if hasattr(value, "shape") else str(value)


def _array(value: Any) -> Any:
    """A NumPy array or number: written out if small, else its type and shape."""
    if value.size > _MOST:
        return f"{value.dtype} array of shape {tuple(value.shape)}"
    if value.dtype.kind == "c":
        return plain([str(item) for item in value.ravel().tolist()])
    return plain(value.tolist())


def outline(value: Any, indent: str = "") -> Iterator[str]:
    """Lines that show plain data, nested by indentation; what is short stays on one line."""
    if isinstance(value, dict):
        for key, item in value.items():
            if _is_short(item):
                yield f"{indent}{key}: {_short(item)}"
            else:
                yield f"{indent}{key}:"
                yield from outline(item, indent + "  ")
    elif isinstance(value, list):
        for item in value:
            if _is_short(item):
                yield f"{indent}- {_short(item)}"
            else:
                first, *rest = outline(item, indent + "  ")
                yield f"{indent}- {first.strip()}"
                yield from rest
    else:
        yield f"{indent}{_short(value)}"


def _is_short(value: Any) -> bool:
    if isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        return not any(isinstance(item, dict | list) and item for item in items) and len(_short(value)) <= 88
    return True


def _short(value: Any) -> str:
    if isinstance(value, dict):
        kind = value.get("kind")
        rest = ", ".join(f"{key}: {_short(item)}" for key, item in value.items() if key != "kind")
        return f"{kind}({rest})" if kind else f"{{{rest}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_short, value))}]"
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
