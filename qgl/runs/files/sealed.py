"""Contents that carry a hash of themselves, so that damage is told wherever it lies.

Documents (manifest, report, sweep, job) have an entry `sha256` of all others; lines of JSON end in an entry `check`;
`qgl.runs.files.checkpoint` does the same for arrays; files that may end in anything (zip archives) end in a hash of all
bytes before it. `of` is what the content belongs to, such as the identity of a
run: a file of another run does not fit either. A seal shows damage and edits, and no intent: who makes a folder can
seal it.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from qgl.diagnostics.model import Diagnostic, QglError
from qgl.diagnostics.runs import DamagedRun, OldRun
from qgl.runs.files import plain

SEAL = "sha256"
STAMP_BYTES = 64
_CHECK, _DIGITS = b', "check": "', 16
CHANGED = "it is not what was written: its checksum does not fit"


def seal(content: Mapping[str, Any], of: str = "") -> str:
    """The hash of all entries but the seal itself, whatever their order."""
    bare = {name: value for name, value in content.items() if name != SEAL}
    return hashlib.sha256(f"{of}\n{json.dumps(bare, sort_keys=True)}".encode()).hexdigest()


def document(content: Mapping[str, Any], of: str = "", indent: int = 2) -> str:
    """The text of a sealed document."""
    read_back = json.loads(json.dumps(content))  # tuples and numbers as they will be read
    text = json.dumps({**read_back, SEAL: seal(read_back, of)}, indent=indent, ensure_ascii=False) + "\n"
    try:
        text.encode()
    except UnicodeEncodeError:  # of names of files that are no UTF-8
        return json.dumps(json.loads(text), indent=indent) + "\n"
    return text


def is_intact(content: Mapping[str, Any], of: str = "") -> bool:
    """Whether a document is as it was written."""
    return content.get(SEAL) == seal(content, of)


def read_document(path: Path, of: str = "") -> dict[str, Any]:
    """The entries of a sealed document, without the seal.

    Raises:
        FileNotFoundError: there is none.
        QglError: it is damaged (QGL0904).
    """
    try:
        content = json.loads(plain.read(path).decode())
    except (ValueError, RecursionError) as error:
        raise QglError([DamagedRun(None, str(path), f"it is no JSON ({error})")]) from error
    if not isinstance(content, dict) or not is_intact(content, of):
        raise QglError([DamagedRun(None, str(path), CHANGED)])
    return {name: value for name, value in content.items() if name != SEAL}


def identified(
    folder: Path,
    name: str,
    needs: str,
    now: int,
    fault: Callable[[dict[str, Any]], str],
    foreign: Callable[[str], Diagnostic],
) -> dict[str, Any]:
    """The sealed document that makes a folder a run or a sweep, of format `now`, without the seal.

    needs: an entry that the document has in all versions. fault: what is wrong with its shape. foreign: the fault of a
    folder that is none, with the reason.

    Raises:
        QglError: the folder is none (`foreign`), is damaged (QGL0904), or of a version without checksums (QGL0912).
    """
    try:
        content = json.loads(plain.read(folder / name).decode())
        if needs not in content:
            raise KeyError(needs)
        version = str(content["versions"]["qgl"]) if "versions" in content else ""
        if content["format"] > now:
            raise QglError([foreign("it was made by a later version of qgl" + f", {version}" * bool(version))])
        if content["format"] < now and SEAL not in content:
            raise QglError([OldRun(None, str(folder), version[:40] or "0.1.0 or earlier")])
        wrong = fault(content) or ("" if is_intact(content) else CHANGED)
    except FileNotFoundError as error:
        reason = f"it has no {name}" if folder.is_dir() else "there is no such folder"
        raise QglError([foreign(reason)]) from error
    except (OSError, ValueError, RecursionError) as error:
        raise QglError([foreign(f"its {name} cannot be read ({error})")]) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise QglError([foreign(f"its {name} is of no known format")]) from error
    if wrong:
        raise QglError([DamagedRun(None, str(folder / name), wrong)])
    return {entry: value for entry, value in content.items() if entry != SEAL}


def line(content: Mapping[str, Any], of: str = "") -> bytes:
    """A line of JSON with its check."""
    body = json.dumps(content, ensure_ascii=False).encode()[:-1]
    return body + _CHECK + _check(body, of) + b'"}\n'


def read_lines(path: Path, of: str = "", most: int | None = None) -> list[dict[str, Any]]:
    """The contents of a file of such lines, at `most` so many; a last one that is cut short is left out.

    Raises:
        FileNotFoundError: there is none.
        QglError: a line is damaged (QGL0904).
    """
    records = []
    for number, text in enumerate(itertools.islice(plain.lines(path), most), start=1):
        body, _, check = text.rpartition(_CHECK)
        try:
            content = json.loads(text.decode()) if check == _check(body, of) + b'"}\n' else None
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise QglError([DamagedRun(None, str(path), f"line {number} is not what was written")])
        records.append(content)
    return records


def stamp(body: bytes | memoryview, of: str) -> bytes:
    """The hash that a file of bytes ends in, `STAMP_BYTES` long."""
    digest = hashlib.sha256(of.encode() + b"\n")
    digest.update(body)
    return digest.hexdigest().encode()


def is_stamped(content: bytes, of: str) -> bool:
    """Whether a file that ends in its stamp is as it was written."""
    body = memoryview(content)[:-STAMP_BYTES]
    return content[-STAMP_BYTES:] == stamp(body, of)


def _check(body: bytes, of: str) -> bytes:
    return hashlib.sha256(of.encode() + b"\n" + body).hexdigest()[:_DIGITS].encode()
