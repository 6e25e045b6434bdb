"""Objectives: each is one module and one case here, beside its record in `qgl.program.calls.objectives`."""

from __future__ import annotations

from qgl.objectives.adversary.losses import adversarial
from qgl.objectives.ensembles.infidelity import Infidelity as PairInfidelity
from qgl.objectives.ensembles.transport import EnsembleTransport
from qgl.objectives.kl import kl
from qgl.objectives.many_body.energy import MeanEnergy
from qgl.objectives.many_body.entropy import RegionEntropy
from qgl.objectives.many_body.free_energy import free_energy
from qgl.objectives.marginals import marginals
from qgl.objectives.markov_nll import markov_nll
from qgl.objectives.mmd import mmd
from qgl.objectives.model import Objective, Setting
from qgl.objectives.mse import mse
from qgl.objectives.nll import nll
from qgl.objectives.outputs.discrepancy import NumbersDiscrepancy
from qgl.objectives.outputs.transport import NumbersTransport
from qgl.program.calls.objectives import (
    KL,
    MMD,
    MSE,
    NLL,
    Adversarial,
    Energy,
    Entropy,
    FreeEnergy,
    Infidelity,
    Marginals,
    MarkovNLL,
    ObjectiveCall,
    Wasserstein,
)

__all__ = ["Objective", "Setting", "build"]


def build(call: ObjectiveCall, setting: Setting) -> Objective:
    """The objective that a checked call names.

    Raises:
        KeyError: no such data set; the checker lets none of these pass.
    """
    match call:
        case NLL():
            return nll(call, setting)
        case KL():
            return kl(call, setting)
        case MarkovNLL():
            return markov_nll(call, setting)
        case Marginals():
            return marginals(call, setting)
        case MSE():
            return mse(call, setting)
        case MMD() if setting.data[call.data].numbers is not None:
            return NumbersDiscrepancy.of(call, setting)
        case MMD():
            return mmd(call, setting)
        case Infidelity():
            return PairInfidelity.of(call, setting)
        case Wasserstein() if setting.data[call.data].numbers is not None:
            return NumbersTransport.of(call, setting)
        case Wasserstein():
            return EnsembleTransport.of(call, setting)
        case FreeEnergy():
            return free_energy(call)
        case Energy():
            return MeanEnergy.of(call)
        case Entropy():
            return RegionEntropy.of(call, setting)
        case Adversarial():
            return adversarial(call, setting)
        case _:
            raise ValueError(f"no objective `{call.name}`")
