"""What remote engines share: errors of services in their own words, and jobs that are several to the service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from qgl.diagnostics.hardware import EngineFailed, NoAccess
from qgl.diagnostics.model import QglError
from qgl.hardware.engines.engine import Status

_ACCESS = {  # kinds of errors, codes of AWS and statuses that speak of the account or the way there
    *("NoCredentialsError", "PartialCredentialsError", "NoRegionError", "ProfileNotFound", "SSOError"),
    *("EndpointConnectionError", "ConnectTimeoutError", "ConnectionError", "IBMNotAuthorizedError"),
    *("AccountNotFoundError", "InvalidAccountError"),
    *("AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException", "InvalidSignatureException"),
    *(401, 403, -1),  # IBM's library says -1 where no answer came
}


@contextmanager
def wrapped(engine: str, way: str) -> Iterator[None]:
    """Raises what goes wrong inside as a fault of the engine; `way` is the way out where there is no access.

    Raises:
        QglError: QGL1105 where the service cannot be reached or knows no account, QGL1103 otherwise.
    """
    try:
        yield
    except QglError:
        raise
    except Exception as error:  # whatever the library says, in its own words
        words = first_line(error)
        if not _ACCESS.isdisjoint(_marks(error)):
            raise QglError([NoAccess(None, engine, words, way)]) from error
        raise QglError([EngineFailed(None, engine, words)]) from error


def _marks(error: Exception) -> set[str | int]:
    """What tells kinds of errors apart: classes, the code of an AWS answer, the status of an IBM one."""
    marks: set[str | int] = {kind.__name__ for kind in type(error).__mro__}
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    return marks | {mark for mark in (code, getattr(error, "status_code", None)) if isinstance(mark, str | int)}


def first_line(error: Exception) -> str:
    """The first line of an error's words, or its kind where it has none."""
    text = str(error).strip().strip("'\"")
    return text.splitlines()[0].rstrip(".") if text else type(error).__name__


def joined(names: Iterable[str]) -> str:
    """One name for several jobs of a service, in order."""
    return " ".join(names)


def parts(job: str) -> list[str]:
    """The inverse of `joined`."""
    return job.split()


def overall(statuses: Iterable[tuple[Status, str]]) -> tuple[Status, str]:
    """How far a job is whose parts are as far as this: as far as the last, failed if one has."""
    table = list(statuses)
    words = ", ".join(dict.fromkeys(said for _, said in table if said))
    order: tuple[Status, ...] = ("failed", "unknown", "waiting", "running", "done")
    return min((status for status, _ in table), key=order.index), words
