"""What remote engines share: errors of services in their own words, and jobs that are several to the service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

from qgl.diagnostics.hardware import EngineFailed, NoAccess
from qgl.diagnostics.model import QglError
from qgl.hardware.engines.engine import Payload, Status

Part = TypeVar("Part")

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
        wording = first_line(error)
        if not _ACCESS.isdisjoint(_marks(error)):
            raise QglError([NoAccess(None, engine, wording, way)]) from error
        raise QglError([EngineFailed(None, engine, wording)]) from error


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


class Service(Generic[Part]):
    """A service to which a payload is several jobs, each with a tag of ours and one of its place among them.

    What a tag is on is not sent again. The name of all jobs is their names, one after another.
    """

    name: str
    way: str  # out, where there is no access
    statuses: Mapping[str, Status]

    def parts_of(self, payload: Payload) -> Sequence[Part]:
        """What is a job of its own."""
        raise NotImplementedError

    def send_part(self, part: Part, tag: str, place: int, count: int) -> str:
        """Sends one of `count` parts, and gives the name of its job."""
        raise NotImplementedError

    def tagged(self, tag: str) -> Iterator[tuple[str, int, int]]:
        """The jobs under a tag: the name of each, its place and the number of all."""
        raise NotImplementedError

    def said(self, name: str) -> tuple[str, Callable[[], str | None]]:
        """What the service says of a job in its own word, and why it failed, if it did."""
        raise NotImplementedError

    def send(self, payload: Payload, tag: str) -> str:
        """Sends what is not at the service under this tag yet; see `RemoteEngine`.

        Raises:
            QglError: QGL112x, the machine is not to be had; QGL1105, no access; QGL1103, with what the service says.
        """
        parts = self.parts_of(payload)
        with wrapped(self.name, self.way):
            there = {place: name for name, place, _ in self.tagged(tag)}
            for place, part in enumerate(parts):
                if place not in there:
                    there[place] = self.send_part(part, tag, place, len(parts))
            return " ".join(there[place] for place in range(len(parts)))

    def find(self, tag: str) -> str | None:
        """The names of all jobs under this tag; None if some never arrived. See `RemoteEngine`.

        Raises:
            QglError: as `send`.
        """
        with wrapped(self.name, self.way):
            there = {place: (name, count) for name, place, count in self.tagged(tag)}
            if not there or len(there) < max(count for _, count in there.values()):
                return None
            return " ".join(there[place][0] for place in sorted(there))

    def status(self, job: str) -> tuple[Status, str]:
        """How far the jobs are; see `RemoteEngine`.

        Raises:
            QglError: QGL1107, a job is not known; QGL1105, no access; QGL1103, with what the service says.
        """
        with wrapped(self.name, self.way):
            return overall(self._status(name) for name in job.split())

    def _status(self, name: str) -> tuple[Status, str]:
        reported, why = self.said(name)
        status = self.statuses.get(reported, "unknown")
        reason = why() if status == "failed" else None
        return status, f"{reported.lower()}: {reason}" if reason else reported.lower()


def overall(statuses: Iterable[tuple[Status, str]]) -> tuple[Status, str]:
    """How far a job is whose parts are as far as this: as far as the last, failed if one has."""
    table = list(statuses)
    wording = ", ".join(dict.fromkeys(said for _, said in table if said))
    order: tuple[Status, ...] = ("failed", "unknown", "waiting", "running", "done")
    return min((status for status, _ in table), key=order.index), wording
