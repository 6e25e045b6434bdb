"""The strategies by the names that a program calls them by; their arguments stand in `qgl.program.calls.strategies`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from qgl.program.calls import strategies
from qgl.train.strategies.strategy import Factory

_WHERE = {
    strategies.Adversarial.called: ("adversarial", "Adversarial"),
    strategies.CMA.called: ("evolution.cma", "Cma"),
    strategies.EM.called: ("em", "ExpectationMaximisation"),
    strategies.Gradient.called: ("gradient", "Gradient"),
    strategies.Stagewise.called: ("gradient", "Gradient"),
    strategies.LayerwiseSearch.called: ("layerwise_search", "LayerwiseSearch"),
}


class _Strategies(Mapping[str, Factory]):
    """A module is loaded when its strategy is asked for."""

    def __getitem__(self, name: str) -> Factory:
        module, kind = _WHERE[name]
        factory: Factory = getattr(import_module(f"qgl.train.strategies.{module}"), kind)
        return factory

    def __contains__(self, name: object) -> bool:
        return name in _WHERE

    def __iter__(self) -> Iterator[str]:
        return iter(_WHERE)

    def __len__(self) -> int:
        return len(_WHERE)


STRATEGIES: Mapping[str, Factory] = _Strategies()
