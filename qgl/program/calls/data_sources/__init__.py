"""Sources of data sets, a module for each family; here is the table of all of them.

All of them are imported from here.
"""

from __future__ import annotations

from qgl.program.calls.call import Kind
from qgl.program.calls.data_sources.distributions import (
    BarsAndStripes,
    Beside,
    Cardinality,
    Diffused,
    Flipped,
    Mixture,
    Parity,
    Strings,
    Subset,
    Weights,
    Without,
)
from qgl.program.calls.data_sources.numbers import (
    PCA,
    Amplitudes,
    Blended,
    Images,
    Levels,
    NumbersCall,
    Pairs,
    Patches,
    RowsOf,
    RunWeights,
    Scaled,
    Unit,
    Windows,
)
from qgl.program.calls.data_sources.source import DataCall
from qgl.program.calls.data_sources.states import Ensemble, Gibbs, GroundState, GroundStates, State, StatesNear, Through
from qgl.program.calls.data_sources.tables import CSV, NPZ, Columns, Digits, LabelsOf, Parquet, PauliShots, TableCall

RuledCall = BarsAndStripes | Parity | Cardinality
PartCall = Subset | Without
EnsembleCall = StatesNear | Ensemble | GroundStates | Through | Amplitudes
SOURCES: Kind[DataCall] = Kind(
    "data",
    "data source",
    (
        CSV,
        Parquet,
        NPZ,
        BarsAndStripes,
        Parity,
        Cardinality,
        Digits,
        Mixture,
        Strings,
        Weights,
        State,
        PauliShots,
        StatesNear,
        Ensemble,
        GroundState,
        GroundStates,
        Through,
        Gibbs,
        Subset,
        Without,
        Beside,
        Flipped,
        Diffused,
        Images,
        LabelsOf,
        RowsOf,
        PCA,
        Scaled,
        Unit,
        Amplitudes,
        Windows,
        Patches,
        Blended,
        Levels,
        Pairs,
    ),
)
