"""The name that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable

from qgl.diagnostics.habits import SAME

LONGEST = 64  # letters of a name that is compared
MOST = 2_000  # candidates of about the same length that are compared


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate with the fewest typing errors from `name`, None if none is near; the first one wins a tie.

    An error is a letter left out, put in or exchanged, or two neighbours swapped; a wrong case counts half an error.
    One error is allowed for every three letters, and at least one for names of two letters or more. Longer names than
    anybody types are near to none, and of very many candidates the first are compared.
    """
    candidates = tuple(candidates)
    if SAME.get(name) in candidates:
        return SAME[name]
    allowed = max(1.0, len(name) / 3) if len(name) > 1 else 0.5
    best: str | None = None
    compared = 0
    if len(name) > LONGEST:
        return None
    for candidate in candidates:
        if candidate == name or abs(len(candidate) - len(name)) > allowed:
            continue
        compared += 1
        if compared > MOST:
            break
        distance = _distance(name, candidate)
        if distance < allowed or (distance == allowed and best is None):
            best, allowed = candidate, distance
    return best


def _distance(a: str, b: str) -> float:
    """Damerau-Levenshtein distance (optimal string alignment), row by row; exchanging a case costs a half."""
    above: list[float] = []
    row = [float(j) for j in range(len(b) + 1)]
    for i, x in enumerate(a, 1):
        before, above, row = above, row, [float(i)]
        for j, y in enumerate(b, 1):
            exchange = 0.0 if x == y else 0.5 if x.lower() == y.lower() else 1.0
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + exchange)
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
    return row[-1]
