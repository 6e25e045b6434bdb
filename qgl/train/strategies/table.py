"""The strategies by the names that a program calls them by; their arguments stand in `qgl.program.calls.strategies`."""

from __future__ import annotations

from collections.abc import Mapping

from qgl.program.calls import strategies
from qgl.train.strategies.adversarial import Adversarial
from qgl.train.strategies.em import ExpectationMaximisation
from qgl.train.strategies.evolution.cma import Cma
from qgl.train.strategies.gradient import Gradient
from qgl.train.strategies.layerwise_search import LayerwiseSearch
from qgl.train.strategies.strategy import Factory

STRATEGIES: Mapping[str, Factory] = {
    strategies.Adversarial.called: Adversarial,
    strategies.CMA.called: Cma,
    strategies.EM.called: ExpectationMaximisation,
    strategies.Gradient.called: Gradient,
    strategies.Stagewise.called: Gradient,
    strategies.LayerwiseSearch.called: LayerwiseSearch,
}
