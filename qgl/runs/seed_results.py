"""What the seeds of a run hand out."""

from __future__ import annotations

from typing import Any, NamedTuple


class SeedResults(NamedTuple):
    """The parameters that each seed hands out, with their loss and its terms, shape (seeds,). On the host or traced.

    `score` says which seed is the best, less being better; where it is None, the loss does. `at` are then the steps at
    which the seeds had these parameters.
    """

    params: dict[str, Any]
    loss: Any
    terms: dict[str, Any]
    score: Any = None
    at: Any = None
