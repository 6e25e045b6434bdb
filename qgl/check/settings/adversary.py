"""What trains against a critic, and with what it does not go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from qgl.check.reporter import FaultyError
from qgl.check.settings.fit import Scope, narrow_enough
from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.strategies import UnfitForCritic
from qgl.program.calls.critics import CircuitCritic
from qgl.program.calls.objectives import Adversarial as AdversarialObjective
from qgl.program.calls.optimizers import LBFGS, Adam
from qgl.program.calls.strategies import Adversarial
from qgl.program.program import CriticCircuit, Parameter, Term, TrainSettings

CRITIC_WIDTH = 20  # bits, up to which a critic looks at all strings
CIRCUIT_WIDTH = 8  # qubits, up to which a circuit is one, of whose effect all matrix elements are held


def critic_of(call: AdversarialObjective, scope: Scope) -> CriticCircuit | None:
    """The circuit that is the critic of an objective; None for another critic.

    Raises:
        FaultyError: the critic cannot look at what there is, or has a fault; reported.
    """
    data = scope.data.get(call.data)
    numbers = data is not None and data.numbers is not None
    if not isinstance(call.critic, CircuitCritic):
        fine = numbers or narrow_enough(call, scope.visible, "take `mmd` with Pauli words", scope, CRITIC_WIDTH)
        if not fine:
            raise FaultyError
        return None
    if numbers:
        fault = f"a circuit looks at states or strings, and the rows of `{call.data}` are real numbers"
        scope.report(UnfitForCritic(call.critic.span, fault, "take `mlp([20])`"))
        raise FaultyError
    if scope.visible is None or not narrow_enough(call, scope.visible, "take `mlp([20])`", scope, CIRCUIT_WIDTH):
        raise FaultyError
    if call.critic.qubit >= scope.visible:
        fault = f"there is no qubit {call.critic.qubit} among {scope.visible}"
        scope.report(UnfitForCritic(call.critic.span, fault, "the first one is `qubit = 0`"))
        raise FaultyError
    return scope.critic(call.critic, scope.visible)


def shared_with_critic(each: Parameter) -> UnfitForCritic:
    """What is wrong with a parameter that the model and a critic have."""
    fault = f"`{each.name}` moves with the model, and a critic moves against it"
    return UnfitForCritic(each.span, fault, "give the critic parameters of its own")


def with_opponent(settings: TrainSettings, terms: tuple[Term, ...]) -> TrainSettings:
    """The settings; an objective with a critic is trained against it, by Adam where the program does not say."""
    objective = _adversarial(terms)
    if not objective or settings.strategy is not None:
        return settings
    span = objective[0].span
    return replace(settings, strategy=Adversarial(Adam(span=span), span=span))


def adversary_fits(settings: TrainSettings, terms: tuple[Term, ...], report: Callable[[Diagnostic], None]) -> bool:
    """Whether a program can be trained against the critic of its objective, if it has one; faults are reported."""
    faults = list(_faults(settings, terms))
    for fault in faults:
        report(fault)
    return not faults


def _faults(settings: TrainSettings, terms: tuple[Term, ...]) -> Iterator[UnfitForCritic]:
    objective, strategy = _adversarial(terms), settings.strategy
    if isinstance(strategy, Adversarial) and terms and not objective:
        yield UnfitForCritic(
            strategy.span, "no term of the objective has a critic", "take `adversarial(data, mlp([20]))`"
        )
    if not objective:
        return
    if len(objective) > 1:
        yield UnfitForCritic(objective[1].span, "the objective has two critics", "leave one of them out")
    if strategy is not None and not isinstance(strategy, Adversarial):
        fault = f"the strategy `{strategy.name}` trains no critic"
        yield UnfitForCritic(strategy.span, fault, "take `strategy adversarial(opponent = adam(rate = 0.01))`")
    chosen = [settings.optimizer] + ([strategy.opponent] if isinstance(strategy, Adversarial) else [])
    for optimizer in chosen:
        if isinstance(optimizer, LBFGS):
            fault = "`lbfgs` looks along a line of one loss, and a critic changes the loss"
            yield UnfitForCritic(optimizer.span, fault, "choose `adam`")


def _adversarial(terms: tuple[Term, ...]) -> list[AdversarialObjective]:
    return [term.call for term in terms if isinstance(term.call, AdversarialObjective)]
