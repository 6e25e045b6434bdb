"""Reports, a module for each family of what they tell; here is the table of all of them.

All of them are imported from here.
"""

from __future__ import annotations

from qgl.program.calls import objectives
from qgl.program.calls.call import Kind
from qgl.program.calls.reports.circuits import Choices, Success, TrotterError
from qgl.program.calls.reports.correlations import (
    CMI,
    Columns,
    CorrelationLength,
    DenoisingGap,
    Entropy,
    MarkovGap,
    MarkovLength,
)
from qgl.program.calls.reports.distances import (
    JS,
    KL,
    MMD,
    NLL,
    TV,
    Accuracy,
    Deployment,
    LocalErrors,
    Moments,
    ValidRate,
    Wasserstein,
)
from qgl.program.calls.reports.generalisation import Coverage, Exploration, Fidelity, Generalisation, Precision, Rate
from qgl.program.calls.reports.outputs import MSE, PSNR, SSIM, Frechet, OfNumbers, Similarity, Spread
from qgl.program.calls.reports.report import OfData, ReportCall
from qgl.program.calls.reports.states import Energy, Expectation, FreeEnergy, HammingDistance, MeanFidelity, Purity

QUANTUM = objectives.QUANTUM
REPORTS: Kind[ReportCall] = Kind(
    "report",
    "report",
    (
        KL,
        TV,
        JS,
        NLL,
        LocalErrors,
        MMD,
        Deployment,
        MSE,
        Frechet,
        Spread,
        SSIM,
        PSNR,
        Wasserstein,
        ValidRate,
        Accuracy,
        Moments,
        Entropy,
        Columns,
        CorrelationLength,
        MarkovLength,
        DenoisingGap,
        MarkovGap,
        HammingDistance,
        Purity,
        MeanFidelity,
        FreeEnergy,
        Energy,
        Expectation,
        Success,
        Choices,
        TrotterError,
        CMI,
        Exploration,
        Fidelity,
        Rate,
        Coverage,
        Precision,
    ),
)

LESS, MORE = 1, -1
BETTER: dict[type[ReportCall], int] = {
    **dict.fromkeys((KL, TV, JS, NLL, MMD, MSE, Frechet, Wasserstein, Moments, MarkovGap, FreeEnergy, Energy), LESS),
    LocalErrors: LESS,
    **dict.fromkeys((ValidRate, Accuracy, SSIM, PSNR, MeanFidelity, Fidelity, Rate, Coverage, Precision), MORE),
}
"""Whether less or more of a report is better; of the others it cannot be said."""
