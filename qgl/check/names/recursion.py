"""Layers and channels that call themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from qgl.check.names.modules import Symbol
from qgl.check.reporter import Reporter
from qgl.diagnostics.names import RecursiveRoutine
from qgl.source import Span


def report_recursion(calls: Mapping[Symbol, Mapping[Symbol, Span]], reporter: Reporter) -> None:
    """Report every cycle of `calls` (who calls whom, and where); the calls on it are not followed later."""
    done: set[Symbol] = set()
    for start in calls:
        if start in done:
            continue
        stack: list[tuple[Symbol, Iterator[Symbol]]] = [(start, iter(calls[start]))]
        path = {start: 0}  # the routines of the stack and their places in it
        while stack:
            symbol, following = stack[-1]
            callee = next(following, None)
            if callee is None:
                stack.pop()
                done.add(symbol)
                del path[symbol]
            elif callee in path:
                cycle = (*list(path)[path[callee] :], callee)
                reporter.report(RecursiveRoutine(calls[symbol][callee], tuple(each.name for each in cycle)))
                for each in cycle:
                    each.state = "failed"
            elif callee not in done:
                path[callee] = len(stack)
                stack.append((callee, iter(calls.get(callee, {}))))
