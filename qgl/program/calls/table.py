"""Every kind of callable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qgl.program.calls.baselines import BASELINES
from qgl.program.calls.call import Kind
from qgl.program.calls.critics import CRITICS
from qgl.program.calls.data_sources import SOURCES
from qgl.program.calls.entropies import ENTROPIES
from qgl.program.calls.gradients import APPROXIMATIONS, GRADIENTS
from qgl.program.calls.kernels import KERNELS
from qgl.program.calls.objectives import OBJECTIVES
from qgl.program.calls.optimizers import OPTIMIZERS
from qgl.program.calls.reports import REPORTS
from qgl.program.calls.schedules import SCHEDULES
from qgl.program.calls.stops import STOPS, WATCH
from qgl.program.calls.strategies import STRATEGIES

KINDS: Mapping[str, Kind[Any]] = {
    kind.name: kind
    for kind in (
        SOURCES,
        OBJECTIVES,
        KERNELS,
        ENTROPIES,
        CRITICS,
        OPTIMIZERS,
        SCHEDULES,
        GRADIENTS,
        APPROXIMATIONS,
        STRATEGIES,
        STOPS,
        WATCH,
        REPORTS,
        BASELINES,
    )
}
