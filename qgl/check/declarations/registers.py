"""Where a register lies, and what its qubits stand for."""

from __future__ import annotations

from qgl.check.declarations.categories import LARGEST
from qgl.check.reporter import Reporter
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.check.values.lattices import Lattice
from qgl.check.values.values import Site, describe
from qgl.diagnostics.categories import WrongVariables
from qgl.diagnostics.registers import RepeatedSite, WrongRegisterSize
from qgl.diagnostics.types import WrongType
from qgl.syntax import tree


def sites_of(
    expression: tree.Expression, frame: Frame, evaluator: Evaluator, reporter: Reporter
) -> tuple[Lattice, tuple[int, ...]]:
    """The lattice of a register and its sites.

    Raises:
        FaultyError: the expression names no sites of one lattice, or one of them twice; reported.
    """
    value = evaluator.evaluate(expression, frame)
    if isinstance(value, Lattice):
        return value, tuple(range(value.sites))
    sites = (value,) if isinstance(value, Site) else value
    if not isinstance(sites, tuple) or not all(isinstance(site, Site) for site in sites):
        raise reporter.fault(WrongType(expression.span, "a lattice or sites of one", describe(value)))
    if not sites:
        raise reporter.fault(WrongRegisterSize(expression.span, "a register has at least one qubit, not 0"))
    if any(site.lattice is not sites[0].lattice for site in sites):
        raise reporter.fault(WrongType(expression.span, "sites of one lattice", "sites of several"))
    seen: set[int] = set()
    for site in sites:
        if site.number in seen:
            raise reporter.fault(RepeatedSite(expression.span, str(site)))
        seen.add(site.number)
    return sites[0].lattice, tuple(site.number for site in sites)


def categories_of(type_: tree.Type, frame: Frame, evaluator: Evaluator, reporter: Reporter) -> int:
    """The number of categories that a type `category(d)` says.

    Raises:
        FaultyError: it is another type, or d is out of range; reported.
    """
    if type_.name != "category" or len(type_.arguments) != 1 or type_.sizes:
        text = f"`{type_.span.text[:40]}` is not the type of a variable, which is `category(d)`"
        raise reporter.fault(WrongVariables(type_.span, text))
    count = evaluator.integer(type_.arguments[0], frame, "a number of categories")
    if not 2 <= count <= LARGEST:
        text = f"a variable has from 2 to {LARGEST} categories, not {count}"
        raise reporter.fault(WrongVariables(type_.arguments[0].span, text))
    return count
