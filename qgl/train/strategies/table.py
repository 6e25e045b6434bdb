"""The strategies by the names that a program calls them by; their arguments stand in `qgl.check.calls.strategies`."""

from __future__ import annotations

from collections.abc import Mapping

from qgl.check.settings.layers import SEARCH
from qgl.check.settings.stages import STAGEWISE
from qgl.train.strategies.cma import Cma
from qgl.train.strategies.em import ExpectationMaximisation
from qgl.train.strategies.gradient import Gradient
from qgl.train.strategies.layerwise_search import LayerwiseSearch
from qgl.train.strategies.strategy import Factory

STRATEGIES: Mapping[str, Factory] = {
    "cma": Cma,
    "em": ExpectationMaximisation,
    "gradient": Gradient,
    STAGEWISE: Gradient,
    SEARCH: LayerwiseSearch,
}
