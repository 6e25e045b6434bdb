"""What remote engines share: errors of services in their own words, and jobs that are several to the service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from qgl.diagnostics.hardware import EngineFailed, NoAccess
from qgl.diagnostics.model import QglError
from qgl.hardware.engine import Standing

_ACCESS = {
    *("NoCredentialsError", "PartialCredentialsError", "NoRegionError", "ProfileNotFound", "SSOError"),
    *("EndpointConnectionError", "ConnectTimeoutError", "ConnectionError", "IBMNotAuthorizedError"),
    *("AccountNotFoundError", "InvalidAccountError", "RequestsApiError", "IBMNetworkError"),
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
        if any(kind.__name__ in _ACCESS for kind in type(error).__mro__):
            raise QglError([NoAccess(None, engine, words, way)]) from error
        raise QglError([EngineFailed(None, engine, words)]) from error


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


def overall(standings: Iterable[tuple[Standing, str]]) -> tuple[Standing, str]:
    """How far a job is whose parts are as far as this: as far as the last, failed if one has."""
    table = list(standings)
    words = ", ".join(dict.fromkeys(said for _, said in table if said))
    order: tuple[Standing, ...] = ("failed", "unknown", "waiting", "running", "done")
    return min((standing for standing, _ in table), key=order.index), words
